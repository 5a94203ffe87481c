"""A session's life as an event stream with a cursor: what was missed, then what happens, each event once."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import orjson
from aiohttp import hdrs, web

from ...domain.errors import AgentSessionsError
from ...domain.log import LogEntry
from ...services.following import Cursor
from ..pulse import LongStream
from ..realtime.events import told, told_chunk
from ..streams import EVENT_STREAM, GONE, ServerStopping
from .paths import session_id
from .wire import Route, Wire

if TYPE_CHECKING:
    from ...services.following import Followed, Following
    from ..bodies import Body

CONNECTED = b": connected\n\n"
KEPT = 256
"""How many events are kept written for whoever else reads them."""


class Frames:
    """Events as bytes: one that many readers get at once is written once."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Followed, bytes]] = {}

    def of(self, event: Followed, cursor: Cursor) -> bytes:
        """The whole frame, with the cursor of a reader who has it."""
        return b"id: %b\n%b" % (str(cursor).encode(), self._rest(event))

    def _rest(self, event: Followed) -> bytes:
        kept = self._kept.get(id(event))
        if kept is not None and kept[0] is event:
            return kept[1]
        kind, members = told(event) if isinstance(event, LogEntry) else told_chunk(event)
        written = b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(members))
        self._kept[id(event)] = (event, written)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return written


class _Stream:
    """One reader's stream: where it stands, and how to come back there."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def farewell(self) -> bytes:
        """The event that tells the reader to come back with this cursor."""
        return b'event: resume\ndata: {"type":"resume","after":"%b"}\n\n' % str(self.cursor).encode()


async def follow_session(wire: Wire, request: web.Request, _body: Body) -> web.StreamResponse:
    """Follow a session from the cursor in ``Last-Event-ID`` or ``?after=``, until it ends or the client leaves."""
    following, followed = wire.services.following, session_id(request)
    after = await _place(following, request)
    await following.check(followed, after)
    response = web.StreamResponse(headers=wire.stamp.headers(request, EVENT_STREAM))
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    with suppress(*GONE):
        await response.write(CONNECTED)
        await _relay(wire, request, response, followed=followed, after=after)
    return response


async def _relay(
    wire: Wire, request: web.Request, response: web.StreamResponse, *, followed: str, after: Cursor | None
) -> None:
    """Pass on every event. When the events cannot be read any more, the reader is told where to come back."""
    place = _Stream(after or Cursor())
    stream = LongStream(request, response, farewell=place.farewell)
    events = wire.services.following.events(followed, after=after)
    try:
        async with wire.streams.waiting(request, leave_with_client=True), aclosing(events):
            with wire.pulse.of(stream):
                async for event in events:
                    place.cursor = place.cursor.past(event)
                    await stream.write(wire.frames.of(event, place.cursor))
    except AgentSessionsError:
        await stream.write(place.farewell())
    except ServerStopping:
        if stream.is_stuck:
            stream.let_go(wire.services.clock)


def last_event(request: web.Request) -> Cursor | None:
    """Where a reader says it stood when its connection broke; None: it says nothing. Raises InvalidInput."""
    given = request.headers.get("Last-Event-ID")
    return Cursor.parse(given, field="Last-Event-ID") if given else None


async def _place(following: Following, request: web.Request) -> Cursor | None:
    """Where the reader stands: what it says in reconnecting counts for more than the address. None: at the beginning.

    Raises Refused or InvalidInput.
    """
    if reached := last_event(request):
        return reached
    given = request.query.get("after", "")
    if given == "now":
        return await following.now(session_id(request))
    return Cursor.parse(given) if given else None


ROUTES: tuple[Route, ...] = (Route("GET", "/api/messaging/sessions/{session_id}/events", follow_session),)
