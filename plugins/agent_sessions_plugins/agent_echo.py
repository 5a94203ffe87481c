"""The agent kind ``echo``: says what was said. For trying out clients and for measuring the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart

from .options import Options, read_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from agent_sessions.domain.agent import Character, Context

WORD = re.compile(r"\S+\s*|\s+")


class EchoOptions(Options):
    """``prefix`` goes before what was said; ``words``: whether the reply comes word by word or in one piece."""

    prefix: str = "echo: "
    words: bool = False


class EchoAgent:
    """Answers with the text it was sent, and the attachments, at once."""

    uses_memory = False

    def __init__(self, options: EchoOptions) -> None:
        self._options = options

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """What was said, after the prefix; the rest of the content is as elizaOS's echo agents have it."""
        text = self._options.prefix + context.message.text
        pieces = WORD.findall(text) if self._options.words else [text]
        for piece in pieces[:-1]:
            yield ReplyPart(text=piece)
        yield ReplyPart(
            text=pieces[-1] if pieces else "",
            thought="echo thought",
            actions=("REPLY",),
            attachments=context.message.attachments,
            extra={"providers": [], "simple": True},
        )

    async def close(self) -> None:
        """Nothing is held."""


def create(character: Character, options: Mapping[str, Any]) -> EchoAgent:
    """An agent of this kind. Raises ConfigError for a wrong option."""
    return EchoAgent(read_options(EchoOptions, options, character=character))
