"""Secrets by name: options say what a secret is called, never what it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent_sessions.domain.errors import ConfigError

if TYPE_CHECKING:
    from agent_sessions.domain.agent import Character


def secret(name: str, character: Character) -> str | None:
    """The secret of this name among the character's own, else in the environment; None when there is none."""
    value = character.secrets.get(name) or os.environ.get(name)
    return str(value) if value else None


def required_secret(name: str, character: Character, *, option: str) -> str:
    """The secret of this name. Raises ConfigError that says where to put it."""
    if (value := secret(name, character)) is None:
        raise ConfigError(
            f"agent '{character.name}': option '{option}': neither the character's secrets nor the environment "
            f"have {name}"
        )
    return value
