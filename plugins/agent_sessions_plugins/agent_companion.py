"""The agent kind ``companion``: somebody to talk to with no model, no key and no network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart

from .options import Options, read_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from agent_sessions.domain.agent import Character, Context

WORD = re.compile(r"\S+\s*|\s+")


class CompanionAgent:
    """Answers from what was said."""

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """A reply, word by word."""
        for word in WORD.findall(f'You said "{context.message.text.strip()}". Tell me more.'):
            yield ReplyPart(text=word)

    async def close(self) -> None:
        """Nothing is held."""


def create(character: Character, options: Mapping[str, Any]) -> CompanionAgent:
    """An agent of this kind. It has no options."""
    read_options(Options, options, character=character)
    return CompanionAgent()
