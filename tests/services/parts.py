"""An agent's part that waits for the test, and how a turn came out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.log import LogEntry, ReplyMissing

from .stage import soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from agent_sessions.domain.agent import Context
    from agent_sessions.services.conversation import Exchange


class Gate:
    """An agent's part that waits for the test before it says the rest; notes who is inside and who was stopped."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.entered: list[str] = []
        self.stopped: list[str] = []
        self.inside = asyncio.Event()

    async def play(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        self.entered.append(context.message.text)
        self.inside.set()
        yield ReplyPart(text="I think ")
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.stopped.append(context.message.text)
            raise
        yield ReplyPart(text=f"about {context.message.text}")


async def outcome(exchange: Exchange) -> LogEntry:
    entry: LogEntry = await soon(exchange.turn.outcome())
    return entry


async def missing(exchange: Exchange) -> ReplyMissing:
    fact = (await outcome(exchange)).fact
    assert isinstance(fact, ReplyMissing)
    return fact


async def broken(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    """Half a reply, then an error whose text is nobody's business."""
    yield ReplyPart(text="Half a sen")
    raise RuntimeError("password=hunter2 in /srv/secret.py")
