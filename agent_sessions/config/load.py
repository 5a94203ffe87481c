"""Reads settings: defaults, then config.yaml, then the environment, then the command line; the later wins.

Each value is known with its origin, and every mistake is told with the setting, the place it stands in, and the rule.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from ..domain.errors import ConfigError
from .declare import Setting, settings_of
from .document import Document, read_document
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

DEFAULT_FILE = Path("config.yaml")
FILE_VARIABLE = "AGENT_SESSIONS_CONFIG"
"""Environment variable with the path of the configuration file."""
OWN_PREFIX = "AGENT_SESSIONS_"
CLOSE = 0.75
"""How like a known name an unknown one must be (0 to 1) to be taken for it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each that is not a default came from (by its path)."""

    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None

    def origin(self, path: str) -> str:
        """Where the value of this setting came from, in words."""
        return self.origins.get(path, "default")


def load(
    file: Path | None = None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, tuple[object, str]] | None = None,
) -> Loaded:
    """Read all settings.

    ``file``: None means what ``AGENT_SESSIONS_CONFIG`` names, or ./config.yaml where there is one. ``overrides``: what
    the command line says, by the setting's path, each with the option that said it. Raises ConfigError.
    """
    path = _chosen_file(file, environ)
    values = _Values()
    if path is not None:
        values.add_document(read_document(path), path)
    for setting in settings_of(Settings):
        values.add_variable(setting, environ)
    values.mistakes.extend(_unknown_variables(environ))
    for name, (value, option) in (overrides or {}).items():
        values.put(name, value, f"command line {option}")
    return Loaded(_validated(values), values.origins, path)


class _Values:
    """What was given so far, nested as the model wants it, with origins by path."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.document: Document | None = None
        self.file: Path | None = None
        self.mistakes: list[str] = []

    def put(self, path: str, value: object, origin: str) -> None:
        *sections, name = path.split(".")
        place = self.tree
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
        self.origins[path] = origin

    def add_document(self, document: Document, file: Path) -> None:
        self.document, self.file = document, file
        self.mistakes.extend(_misplaced(document, file))
        for setting in settings_of(Settings):
            if document.has(setting.path):
                value = document.get(setting.path)
                if setting.path == "agents":
                    value = _beside(file, value)
                self.put(setting.path, value, f"{file}:{document.line(setting.path)}")

    def add_variable(self, setting: Setting, environ: Mapping[str, str]) -> None:
        for name in setting.declaration.env:
            text = environ.get(name)
            if text is not None and text.strip():
                self.put(setting.path, _from_text(setting, name, text), f"environment {name}")
                return


def _chosen_file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    if file is None and (named := environ.get(FILE_VARIABLE)):
        file = Path(named)
    if file is None:
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None
    if not file.is_file():
        raise ConfigError(f"configuration file {file} {'is not a file' if file.exists() else 'does not exist'}")
    return file


def _from_text(setting: Setting, name: str, text: str) -> object:
    """What a variable's text stands for: by the setting's own reading, as YAML where it is nested, else as it is."""
    if setting.declaration.read is not None:
        return setting.declaration.read(text)
    if not setting.declaration.nested:
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{setting.path} (environment {name}): not YAML or JSON: {error}") from error


def _beside(file: Path, agents: object) -> object:
    """Character files are named relative to the configuration file that names them."""
    if not isinstance(agents, list):
        return agents
    return [
        {**agent, "character": str(file.parent / agent["character"])}
        if isinstance(agent, dict) and isinstance(agent.get("character"), str)
        else agent
        for agent in agents
    ]


def _misplaced(document: Document, file: Path) -> Iterator[str]:
    """What the document says in places where no setting is; of each such place, not of what lies within it."""
    known = {setting.path for setting in settings_of(Settings)}
    sections = {path.rpartition(".")[0] for path in known} - {""}
    told: set[str] = set()
    for path in document.paths():
        section = path in sections
        if path.rpartition(".")[0] in told:
            told.add(path)
        elif section and not isinstance(document.get(path), dict | None):
            told.add(path)
            yield f"{file}:{document.line(path)}: {path} must be a section, with 'name: value' lines in it"
        elif not section and _setting_of(path) not in known:
            told.add(path)
            yield f"{file}:{document.line(path)}: unknown setting {path}{_meant(path, known | sections)}"


def _setting_of(path: str) -> str:
    """The setting a place belongs to; values may hold places of their own (``agents.0.name``). Else the path itself."""
    known = {setting.path for setting in settings_of(Settings)}
    parts = path.split(".")
    outer = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next((place for place in outer if place in known), path)


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables with this program's prefix that no setting has."""
    known = {name for setting in settings_of(Settings) for name in setting.declaration.env} | {FILE_VARIABLE}
    own = {name.removeprefix(OWN_PREFIX): name for name in known}
    for name in sorted(environ):
        if name.startswith(OWN_PREFIX) and name not in known:
            # Without the prefix, which all of them share and which would make any two names alike.
            close = difflib.get_close_matches(name.removeprefix(OWN_PREFIX), own, n=1, cutoff=CLOSE)
            yield f"environment: unknown setting {name}{_asked(own[close[0]] if close else None)}"


def _meant(name: str, known: set[str]) -> str:
    """``; did you mean X?``, by the whole name, else by its last part alone, or nothing."""
    last = {path.rpartition(".")[2]: path for path in known}
    close = difflib.get_close_matches(name, known, n=1, cutoff=CLOSE)
    tail = difflib.get_close_matches(name.rpartition(".")[2], last, n=1, cutoff=CLOSE)
    return _asked(close[0] if close else last[tail[0]] if tail else None)


def _asked(guess: str | None) -> str:
    return f"; did you mean {guess}?" if guess else ""


def _validated(values: _Values) -> Settings:
    try:
        settings = Settings.model_validate(values.tree)
    except ValidationError as error:
        raise ConfigError("\n".join([*values.mistakes, *_explained(error, values)])) from error
    if values.mistakes:
        raise ConfigError("\n".join(values.mistakes))
    return settings


def _explained(error: ValidationError, values: _Values) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        path, origin = _place(detail["loc"], values)
        told = f"{path} ({origin})" if origin else path
        rule = _rule(detail)
        yield f"{told}: {rule}" if told else rule


def _place(loc: tuple[int | str, ...], values: _Values) -> tuple[str, str]:
    """The setting a mistake is in, as people write it (``agents[1].name``), and the most exact origin known."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    dotted = ".".join(str(part) for part in loc)
    while dotted and dotted not in values.origins and not (values.document and values.document.has(dotted)):
        dotted = dotted.rpartition(".")[0]
    origin = values.origins.get(_setting_of(dotted), "")
    if values.document and origin.startswith(f"{values.file}:"):
        origin = f"{values.file}:{values.document.line(dotted)}"
    return path, origin


def _rule(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:] if message[1:2].islower() else message
