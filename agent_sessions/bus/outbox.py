"""Events waiting to be sent to other processes: bounded, in order, many in one frame."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog

from .frames import Frame, encode

if TYPE_CHECKING:
    from ..ports import Event

log = structlog.get_logger(__name__)

OUTBOX = 10_000
"""Events kept while they cannot be sent."""
FRAME = 500
"""Events sent in one frame at most."""


class Outbox:
    """Takes events at once and gives them out in frames. When it is full it drops all, and the next frame says so."""

    def __init__(self, sender: str, *, limit: int) -> None:
        self._sender = sender
        self._limit = limit
        self._events: deque[Event] = deque()
        self._number = 0
        self._lossy = False
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, event: Event) -> None:
        """Keep the event until it is sent."""
        if len(self._events) >= self._limit:
            log.warning("events_dropped", count=len(self._events))
            self._events.clear()
            self._lossy = True
        self._events.append(event)
        if not self._filled.is_set():
            self._filled.set()
            self._empty.clear()

    async def next_frame(self) -> Frame:
        """Wait for events and take the first of them."""
        await self._filled.wait()
        lines = [line for event in self._taken() if (line := self._encoded(event)) is not None]
        self._number += 1
        frame = Frame(self._sender, self._number, self._lossy, lines)
        self._lossy = False
        return frame

    def done(self) -> None:
        """The last frame was sent."""
        if not self._events:
            self._filled.clear()
            self._empty.set()

    async def sent(self) -> None:
        """Return when nothing waits to be sent."""
        await self._empty.wait()

    def _taken(self) -> list[Event]:
        return [self._events.popleft() for _ in range(min(len(self._events), FRAME))]

    def _encoded(self, event: Event) -> bytes | None:
        try:
            return encode(event)
        except TypeError:
            log.exception("event_not_sent", session_id=event.session_id)
            self._lossy = True
            return None
