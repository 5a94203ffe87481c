"""Agents the client tests talk to, beside the echo agents: each answers in one way that clients must cope with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent_sessions.domain.errors import AgentFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.domain.agent import Context


async def thoughtful(context: Context) -> dict[str, object]:
    """A reply with everything in it."""
    return {"text": f"I heard {context.message.text}", "thought": "Heard it.", "actions": ["REPLY", "NOTE"]}


async def remembering(context: Context) -> str:
    """What was said before."""
    return " | ".join(message.text for message in context.history)


async def silent(_context: Context) -> None:
    """No answer at all."""


async def failing(_context: Context) -> str:
    """A failure fit for clients."""
    raise AgentFailed("The model refused")


async def halting(_context: Context) -> AsyncIterator[str]:
    """Half a reply, then an error whose text is nobody's business."""
    yield "Half a "
    raise RuntimeError("password=hunter2")


async def slow(_context: Context) -> str:
    """Never an answer."""
    await asyncio.Event().wait()
    return ""
