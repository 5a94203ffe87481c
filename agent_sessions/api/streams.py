"""Requests that wait or stream: kept alive, told when their client has left, and ended when the server stops."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import ClientConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from ..ports import Clock, TimerHandle

PATROL = timedelta(milliseconds=500)
"""How often it is looked whether clients are still there. aiohttp tells only those who write."""


class ClientLeft(Exception):
    """The client closed the connection; nobody hears the answer."""


class ServerStopping(Exception):
    """The server stops and waits no longer."""


GONE = (ClientLeft, ClientConnectionError, ConnectionError)
"""How we learn that nobody reads the stream any more."""

PING = b": ping\n\n"
EVENT_STREAM = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
}
"""The headers of a stream of server-sent events."""


class OpenStreams:
    """All requests that wait, with one timer for all of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[Waiting, web.Request | None] = {}
        self._stopping = False
        self._patrol: TimerHandle | None = None

    def waiting(self, request: web.Request, *, leave_with_client: bool) -> Waiting:
        """Wait in here, until ServerStopping, or (only with ``leave_with_client``) ClientLeft, is raised."""
        return Waiting(self, request if leave_with_client else None)

    def add(self, waiting: Waiting, request: web.Request | None) -> None:
        """One more waits; ``request``: whose client it leaves with. Raises ServerStopping."""
        if self._stopping:
            raise ServerStopping
        self._open[waiting] = request
        if request is not None and self._patrol is None:
            self._walk()

    def remove(self, waiting: Waiting) -> None:
        """It waits no longer."""
        self._open.pop(waiting, None)

    async def close(self, _app: object = None) -> None:
        """End every wait, and those to come."""
        self._stopping = True
        if self._patrol is not None:
            self._patrol.cancel()
        for waiting in self._open:
            waiting.end(ServerStopping())

    def _walk(self) -> None:
        for waiting, request in self._open.items():
            if request is not None and _is_gone(request):
                waiting.end(ClientLeft())
        again = self._open and not self._stopping
        self._patrol = self._clock.call_at(self._clock.now() + PATROL, self._walk) if again else None


class Waiting:
    """A block that can be ended from outside: it is left with the exception that says why, as ``asyncio.timeout`` is
    left with TimeoutError."""

    def __init__(self, streams: OpenStreams, request: web.Request | None) -> None:
        self._streams = streams
        self._request = request
        self._why: Exception | None = None
        self._task: asyncio.Task[object]
        self._cancellations: int

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancellations = task, task.cancelling()
        self._streams.add(self, self._request)

    async def __aexit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._streams.remove(self)
        if self._why is None:
            return
        others = self._task.uncancel() > self._cancellations
        if kind is asyncio.CancelledError and not others:
            raise self._why from None

    def end(self, why: Exception) -> None:
        """Have the block left, once."""
        if self._why is None:
            self._why = why
            self._task.cancel()


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


@asynccontextmanager
async def pinging(response: web.StreamResponse, *, clock: Clock, interval: timedelta) -> AsyncIterator[None]:
    """Write a comment every ``interval``, so that nothing between us and the client takes the stream for dead."""

    async def ping() -> None:
        with suppress(*GONE):
            while True:
                await clock.sleep_until(clock.now() + interval)
                await response.write(PING)

    task = asyncio.create_task(ping(), name="sse_ping")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
