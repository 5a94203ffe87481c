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
        self._open: dict[asyncio.Timeout, web.Request | None] = {}
        self._stopping = False
        self._patrol: TimerHandle | None = None

    @asynccontextmanager
    async def waiting(self, request: web.Request, *, leave_with_client: bool) -> AsyncIterator[None]:
        """Wait in here, until ServerStopping, or (only with ``leave_with_client``) ClientLeft, is raised."""
        try:
            async with asyncio.timeout(0 if self._stopping else None) as scope:
                self._open[scope] = request if leave_with_client else None
                if leave_with_client and self._patrol is None:
                    self._walk()
                try:
                    yield
                finally:
                    del self._open[scope]
        except TimeoutError:
            if not scope.expired():
                raise
            raise (ServerStopping if self._stopping else ClientLeft) from None

    async def close(self, _app: object = None) -> None:
        """End every wait, and those to come."""
        self._stopping = True
        if self._patrol is not None:
            self._patrol.cancel()
        for scope in self._open:
            _end(scope)

    def _walk(self) -> None:
        for scope, request in self._open.items():
            if request is not None and _is_gone(request):
                _end(scope)
        again = self._open and not self._stopping
        self._patrol = self._clock.call_at(self._clock.now() + PATROL, self._walk) if again else None


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _end(scope: asyncio.Timeout) -> None:
    if not scope.expired():
        scope.reschedule(0)


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
