"""The agent kind ``companion``: somebody to talk to with no model, no key and no network.

In the spirit of the classic ELIZA: it matches what is said against a script, asks back, and remembers what it was told
in the session and what is recalled of earlier ones. The same conversation with the same memories always gets the same
reply. What it says is in ``companion/script.yaml``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart

from .companion.script import own_script
from .companion.speaker import answer
from .options import Options, read_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from agent_sessions.domain.agent import Character, Context

    from .companion.script import Script

WORD = re.compile(r"\s*\S+")


class CompanionAgent:
    """Answers from a script and from what was said in the session."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """A reply, word by word."""
        for word in WORD.findall(answer(context, self._script)):
            yield ReplyPart(text=word)

    async def close(self) -> None:
        """Nothing is held."""


def create(character: Character, options: Mapping[str, Any]) -> CompanionAgent:
    """An agent of this kind. It has no options; ConfigError names any that is given."""
    read_options(Options, options, character=character)
    return CompanionAgent(own_script())
