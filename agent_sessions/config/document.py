"""A YAML document whose values know the line they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ..domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Document:
    """Values by dotted path (``server.port``, ``agents.0.name``), sections and lists included."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def has(self, path: str) -> bool:
        """Whether the document says something at this place."""
        return path in self.values

    def get(self, path: str) -> Any:
        """What it says there. Raises KeyError."""
        return self.values[path]

    def line(self, path: str) -> int:
        """The line this place begins on, from 1."""
        return self.lines[path]

    def paths(self) -> Iterator[str]:
        """Every place, sections before what they hold."""
        return iter(self.values)


def read_document(file: Path) -> Document:
    """The document in a file; an empty file is an empty document. Raises ConfigError that names file and line."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration file {file} cannot be read: {error}") from error
    loader = yaml.SafeLoader(text)
    loader.name = str(file)
    try:
        root = loader.get_single_node()
        return _Reading(loader, file).document(root)
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: not valid YAML: {error}") from error
    finally:
        loader.dispose()


class _Reading:
    """Walks a YAML tree and notes value and line of each place."""

    def __init__(self, loader: yaml.SafeLoader, file: Path) -> None:
        self._loader = loader
        self._file = file
        self._values: dict[str, Any] = {}
        self._lines: dict[str, int] = {}

    def document(self, root: yaml.Node | None) -> Document:
        if isinstance(root, yaml.MappingNode):
            self._note_members(root, "")
        elif root is not None and self._loader.construct_document(root) is not None:
            raise ConfigError(f"{self._file}:1: must hold settings as 'section:' and below it '  name: value'")
        return Document(self._values, self._lines)

    def _note(self, node: yaml.Node, path: str, line: int) -> None:
        self._values[path] = self._loader.construct_object(node, deep=True)
        self._lines[path] = line
        if isinstance(node, yaml.MappingNode):
            self._note_members(node, f"{path}.")
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._note(item, f"{path}.{index}", item.start_mark.line + 1)

    def _note_members(self, node: yaml.MappingNode, prefix: str) -> None:
        for key, value in node.value:
            path = f"{prefix}{key.value}"
            line = key.start_mark.line + 1
            if path in self._values:
                raise ConfigError(f"{self._file}:{line}: {path} is already set on line {self._lines[path]}")
            self._note(value, path, line)
