"""python-socketio, fitted in: our queues and websockets, our packets, and who is let in.

Where it reaches into the library (everything that begins with an underscore), it does so because the library offers no
other way; the tests with real clients say when that changes.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import engineio
import socketio
from aiohttp import StreamReader, hdrs
from engineio.payload import Payload

from .lines import Line, Outgoing
from .packets import SocketPacket

if TYPE_CHECKING:
    from aiohttp import web

    from ...ports import Clock
    from .options import SocketOptions

ROOT = "/"
"""The only namespace."""

MOST_PACKETS = 1_000
"""Packets that a polling client may send in one request. The library takes 16, and loses the rest of what a client sent
that had more to say at once."""

Entered: TypeAlias = Callable[[str], Awaitable[None]]
"""Told the id of a client that was let in."""

_silent = logging.getLogger("agent_sessions.socket_io")
_silent.setLevel(logging.CRITICAL + 1)  # the library logs what clients send; what goes wrong here, we log ourselves


class Engine(engineio.AsyncServer):
    """The transports: polling, websockets, and the way from one to the other."""

    def __init__(self, *, largest_backlog: int, **options: Any) -> None:
        super().__init__(**options)
        self._largest_backlog = largest_backlog
        self._async = {**self._async, "websocket": Line, "translate_request": _environ}
        Payload.max_decode_packets = max(Payload.max_decode_packets, MOST_PACKETS)

    def create_queue(self) -> Outgoing:
        """Where what is sent to one client waits."""
        return Outgoing(limit=self._largest_backlog)


class SocketServer(socketio.AsyncServer):
    """Clients and their events. ``on_entered`` is told of each client when it knows that it is in.

    A connection that does not ask to come in, or was refused, is closed after a while.
    """

    def __init__(self, options: SocketOptions, *, clock: Clock, on_entered: Entered) -> None:
        self._largest_backlog = options.largest_backlog
        super().__init__(
            async_mode="aiohttp",
            serializer=SocketPacket,
            logger=_silent,
            engineio_logger=_silent,
            async_handlers=False,  # one client's events are taken in their order, and no more than it is given time for
            cors_allowed_origins=partial(_is_welcome, frozenset(options.cors_origins)),
            http_compression=False,
            ping_interval=options.ping_interval.total_seconds(),
            ping_timeout=options.ping_timeout.total_seconds(),
            max_http_buffer_size=options.largest_packet,
        )
        self._clock = clock
        self._connect_within = options.connect_within
        self._on_entered = on_entered

    def hang_up(self) -> None:
        """End every connection; nobody is waited for."""
        for socket in list(self.eio.sockets.values()):
            socket.queue.hang_up()

    def _engineio_server_class(self) -> Callable[..., Engine]:
        return partial(Engine, largest_backlog=self._largest_backlog)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self._clock.call_at(self._clock.now() + self._connect_within, partial(self._drop_stranger, eio_sid))

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        if (socket := self.eio.sockets.get(eio_sid)) is not None:
            socket.queue.hang_up()  # else a poll that waits would be left to wait until the next ping is overdue

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, ROOT)
        if (namespace or ROOT) == ROOT and self.manager.is_connected(sid, ROOT):
            assert sid is not None
            await self._on_entered(sid)

    def _drop_stranger(self, eio_sid: str) -> None:
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None and self.manager.sid_from_eio_sid(eio_sid, ROOT) is None:
            socket.queue.hang_up()


def _is_welcome(origins: frozenset[str], origin: str, _environ: Mapping[str, Any]) -> bool:
    """Whether pages of this origin may connect, by the rule of the REST wires."""
    return not origins or "*" in origins or origin in origins


_READ_BY_ENGINE = (hdrs.ORIGIN, hdrs.UPGRADE, hdrs.CONNECTION, hdrs.HOST, hdrs.ACCESS_CONTROL_REQUEST_HEADERS)


def _environ(request: web.Request) -> dict[str, Any]:
    """Of a request what the library reads; its own copy of everything would stay as long as the connection does."""
    environ = {
        "wsgi.input": _Whole(request.content),
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "CONTENT_LENGTH": request.headers.get(hdrs.CONTENT_LENGTH, "0"),
        "aiohttp.request": request,
    }
    for name in _READ_BY_ENGINE:
        if (value := request.headers.get(name)) is not None:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


class _Whole:
    """A body that is read to its end. The library asks once, and aiohttp answers with what has arrived."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content

    async def read(self, size: int) -> bytes:
        """So many bytes, fewer only when the client sent fewer."""
        pieces = []
        while size and (piece := await self._content.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
