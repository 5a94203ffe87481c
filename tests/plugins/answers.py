"""Callables as people write them for the ``python`` kind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from agent_sessions.domain.agent import Context

closed: list[str] = []
NOT_CALLABLE = 5


def plain(context: Context) -> str:
    """Says whether it runs beside the event loop."""
    return (
        f"{context.message.text} on {'main' if threading.current_thread() is threading.main_thread() else 'a thread'}"
    )


async def coroutine(context: Context) -> dict[str, Any]:
    return {"text": context.message.text.upper(), "thought": "Louder", "mood": "loud"}


async def stream(context: Context) -> AsyncIterator[str | ReplyPart]:
    try:
        for word in context.message.text.split():
            yield word
        yield ReplyPart(actions=("REPLY",))
    finally:
        closed.append(context.message.text)


def blocks(context: Context) -> Iterator[str]:
    yield from context.message.text.split()


async def nothing(_context: Context) -> None:
    return None


async def fails(_context: Context) -> str:
    raise LookupError("of mine")


async def wrong(_context: Context) -> object:
    return 5


class Parrot:
    """A callable object."""

    async def __call__(self, context: Context) -> str:
        return context.message.text

    async def say(self, context: Context) -> str:
        return f"say {context.message.text}"


parrot = Parrot()
