"""An agent as it is written in config.yaml: a character in elizaOS's form, and how it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT_BY_ELIZAOS = frozenset({"enabled", "status", "createdAt", "updatedAt"})
"""What elizaOS adds to a character it exports as an agent; it says nothing about who the agent is."""


class AgentEntry(BaseModel):
    """One of ``agents:``. ``kind`` names the plugin that answers, ``options`` belong to it; the rest is the character.

    ``character`` is the path of an elizaOS character file (JSON), whose members apply where this entry has none.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )

    kind: str = "companion"
    options: dict[str, Any] = Field(default_factory=dict)
    character: str | None = None

    id: str | None = None
    name: str = Field(min_length=1)
    username: str | None = None
    system: str | None = None
    bio: str | list[str] = Field(default_factory=list)
    style: dict[str, list[str]] = Field(default_factory=dict)
    topics: list[str] = Field(default_factory=list)
    adjectives: list[str] = Field(default_factory=list)
    message_examples: list[list[dict[str, Any]]] = Field(default_factory=list)
    post_examples: list[str] = Field(default_factory=list)
    knowledge: list[str | dict[str, Any]] = Field(default_factory=list)
    plugins: list[str] = Field(default_factory=list)
    templates: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _with_character_file(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(path := given.get("character"), str):
            return given
        return {**read_character(Path(path)), **given}

    @model_validator(mode="after")
    def _has_own_words(self) -> Self:
        if not self.name.strip():
            raise ValueError("name must not be blank")
        return self

    @property
    def document(self) -> Mapping[str, Any]:
        """The character as it was given, in elizaOS's form."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude={"kind", "options", "character"})


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
