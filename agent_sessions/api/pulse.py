"""Signs of life on long event streams, with one timer for all of them, and an end for those that nobody reads.

A client that keeps its connection but takes nothing would hold what is written for it for ever. It is noticed after a
few beats, told where to come back, and let go.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from .streams import PING, ClientLeft

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from aiohttp import web

    from ..ports import Clock, TimerHandle

logger = structlog.get_logger(__name__)

BEATS = 4
"""For so many beats on end a reader may take nothing. One is not enough: what a slow reader takes shows up here only
when it has emptied a good part of the system's own buffers."""
GRACE = timedelta(seconds=5)
"""How long a connection that is let go may take to pass on what was written to it before."""


class LongStream:
    """A stream that has begun. ``farewell``: makes the event that tells its reader where to come back.

    Raises ClientLeft when there is no reader any more.
    """

    def __init__(self, request: web.Request, response: web.StreamResponse, *, farewell: Callable[[], bytes]) -> None:
        if request.transport is None:
            raise ClientLeft
        self.closed = False
        self._transport: asyncio.Transport = request.transport
        self._request = request
        self._response = response
        self._farewell = farewell
        self._chunked = response.headers.get("Transfer-Encoding") == "chunked"
        self._written = self._beaten = 0
        self._taken = -1
        self._idle_beats = 0

    @property
    def is_stuck(self) -> bool:
        """Whether the reader has yet to take something."""
        return self._transport.get_write_buffer_size() > 0

    async def write(self, frame: bytes) -> None:
        """Send an event; waits while the client is slow to take what was sent before."""
        self._written += len(frame)
        await self._response.write(frame)

    def beat(self) -> bool:
        """Send a comment if nothing was sent since the last beat; whether the reader takes what it is sent."""
        waiting = self._transport.get_write_buffer_size()
        taken, before = self._written - waiting, self._taken
        self._taken = taken
        self._idle_beats = self._idle_beats + 1 if waiting and taken == before else 0
        if waiting:
            return self._idle_beats < BEATS
        if self._written == self._beaten and not self._transport.is_closing():
            self._send(PING)
        self._beaten = self._written
        return True

    def let_go(self, clock: Clock) -> None:
        """Tell the reader where to come back, and close the connection whether or not it takes that in."""
        self._send(self._farewell())
        self._transport.close()
        clock.call_at(clock.now() + GRACE, self._abort)

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._transport.abort()

    def _send(self, frame: bytes) -> None:
        """Write at once, beside whoever waits in :meth:`write`: an event is always written in one piece."""
        self._transport.write(b"%x\r\n%b\r\n" % (len(frame), frame) if self._chunked else frame)


class Pulse:
    """Beats for every stream once in ``interval``."""

    def __init__(self, clock: Clock, *, interval: timedelta) -> None:
        self._clock = clock
        self._interval = interval
        self._due: deque[tuple[datetime, LongStream]] = deque()
        self._timer: TimerHandle | None = None

    @contextmanager
    def of(self, stream: LongStream) -> Iterator[None]:
        """Beat for this stream while in here."""
        self._plan(stream)
        self._set_timer()
        try:
            yield
        finally:
            stream.closed = True

    def _plan(self, stream: LongStream) -> None:
        """Put it last: the interval is the same for all, so they stay in order."""
        self._due.append((self._clock.now() + self._interval, stream))

    def _set_timer(self) -> None:
        if self._timer is None and self._due:
            self._timer = self._clock.call_at(self._due[0][0], self._beat)

    def _beat(self) -> None:
        self._timer = None
        now = self._clock.now()
        while self._due and (self._due[0][1].closed or self._due[0][0] <= now):
            _, stream = self._due.popleft()
            if stream.closed:
                continue
            if stream.beat():
                self._plan(stream)
            else:
                logger.info("stream_let_go")
                stream.let_go(self._clock)
        self._set_timer()
