"""An agent as it is written in config.yaml: a character in elizaOS's form, and how it answers."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..domain.character import character_from
from ..domain.errors import InvalidInput
from .memory import AgentMemory

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_KEYS = ("kind", "options", "character", "memory")
"""What an entry holds besides the members of a character."""
_KEPT_BY_ELIZAOS = frozenset({"enabled", "status", "createdAt", "updatedAt"})
"""What elizaOS adds to a character it exports as an agent; it says nothing about who the agent is."""


class AgentEntry(BaseModel):
    """One of ``agents:``. ``kind`` names the plugin that answers and ``options`` are for it; ``memory`` is what differs
    for its users from the section ``memory:``; the rest is the character.

    ``character`` is the path of an elizaOS character file (JSON), whose members apply where this entry has none.
    Further members of the character form (``style``, ``topics`` ...) are taken by their elizaOS names.
    """

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    name: str
    kind: str = "companion"
    options: dict[str, Any] = Field(default_factory=dict)
    memory: AgentMemory = AgentMemory()
    character: str | None = None
    bio: str | list[str] = Field(default_factory=list)
    system: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _with_character_file(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(path := given.get("character"), str):
            return given
        return {**read_character(Path(path)), **given}

    @model_validator(mode="after")
    def _is_a_character(self) -> Self:
        for key in self.model_extra or ():
            if meant := difflib.get_close_matches(key, OWN_KEYS, n=1, cutoff=0.75):
                raise ValueError(f"unknown key {key}; did you mean {meant[0]}?")
        try:
            character_from(self.document)
        except InvalidInput as error:
            raise ValueError(f"{error.field} {error.rule}") from error
        return self

    @property
    def id(self) -> str:
        """A UUID: as it was given, else as elizaOS derives it from the name."""
        return character_from(self.document).id

    @property
    def document(self) -> Mapping[str, Any]:
        """The character as it was given, in elizaOS's form."""
        return {"bio": [], **self.model_dump(exclude_unset=True, exclude=set(OWN_KEYS))}


def read_character(path: Path) -> dict[str, Any]:
    """The members of an elizaOS character file. Raises ValueError that says what is wrong with the file."""
    try:
        content = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"character file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"character file {path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"character file {path} must hold a JSON object")
    return {key: value for key, value in content.items() if key not in _KEPT_BY_ELIZAOS}
