"""Events inside one process."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ..ports import FellBehind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..ports import Event

BUFFER = 1_000
"""How many events are kept for a reader that is busy."""


class LocalBus:
    """Hands each event to the readers of its session and to the readers of all.

    ``buffer``: how many events are kept for one reader. A reader that is further behind loses them all at once, so that
    it costs no memory, and is told with :class:`~agent_sessions.ports.FellBehind`. Used from one event loop.
    """

    def __init__(self, *, buffer: int = BUFFER) -> None:
        self._buffer = buffer
        self._of_session: dict[str, dict[Reader, None]] = {}
        self._of_all: dict[Reader, None] = {}
        self._closed = False

    def publish(self, event: Event) -> None:
        """Give the event to its readers. Never blocks nor raises; with no reader it costs next to nothing."""
        readers = self._of_session.get(event.session_id)
        if readers:
            for reader in tuple(readers):
                reader.offer(event)
        if self._of_all:
            for reader in tuple(self._of_all):
                reader.offer(event)

    def subscribe(self, session_id: str | None = None) -> Reader:
        """A reader of one session's events, or of all. It gets what is published while inside its ``async with``."""
        return Reader(self, session_id, limit=self._buffer)

    async def open(self) -> None:
        """Nothing to connect to; a bus that was closed can be used again."""
        self._closed = False

    async def close(self) -> None:
        """End every subscription; a reader still gets what was published before."""
        self._closed = True
        for reader in self._readers():
            reader.end()

    def wanted(self, session_id: str) -> bool:
        """Whether anybody in this process would get an event of this session."""
        return bool(self._of_all) or session_id in self._of_session

    def tell_of_gap(self) -> None:
        """Events were lost on the way here: every reader has to read the log."""
        for reader in self._readers():
            reader.lose()

    def add(self, reader: Reader) -> None:
        """From now on the reader gets events."""
        if self._closed:
            reader.end()
        elif reader.session_id is None:
            self._of_all[reader] = None
        else:
            self._of_session.setdefault(reader.session_id, {})[reader] = None

    def remove(self, reader: Reader) -> None:
        """From now on it gets none; harmless when it never did."""
        if reader.session_id is None:
            self._of_all.pop(reader, None)
        elif (readers := self._of_session.get(reader.session_id)) is not None:
            readers.pop(reader, None)
            if not readers:
                del self._of_session[reader.session_id]

    def _readers(self) -> list[Reader]:
        return [*self._of_all, *(reader for readers in self._of_session.values() for reader in readers)]


class Reader:
    """One subscription: a bounded buffer that one task reads."""

    __slots__ = ("_bus", "_ended", "_events", "_limit", "_lost", "_news", "session_id")

    def __init__(self, bus: LocalBus, session_id: str | None, *, limit: int) -> None:
        self.session_id = session_id
        self._bus = bus
        self._limit = limit
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()
        self._lost = False
        self._ended = False

    async def __aenter__(self) -> Reader:
        self._bus.add(self)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._bus.remove(self)
        self._events.clear()
        self.end()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        """The next event. Raises FellBehind when events were lost; ends when the bus was closed."""
        while not self._events:
            if self._lost:
                raise FellBehind
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._events.popleft()

    def offer(self, event: Event) -> None:
        """Keep the event until it is read, or lose everything when too much is kept already."""
        if len(self._events) >= self._limit:
            self.lose()
        else:
            self._events.append(event)
            self._news.set()

    def lose(self) -> None:
        """Drop what is kept and take no more: the reader has to read the log."""
        self._bus.remove(self)
        self._events.clear()
        self._lost = True
        self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._news.set()
