"""One client's connection as bytes: what waits for it, and its websocket.

The library gives each client a queue and a task that empties it, which costs more than the event itself. So while a
websocket is up and nothing waits, ready frames go straight to it. Queue and task stay for polling, for the moments of
upgrading, and for the library's own packets, which keeps everything in order.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .packets import CLOSE_FRAME, Parcel, text_frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from engineio import AsyncServer
    from engineio.packet import Packet


LAST_WORDS = 5.0
"""Seconds that a closed websocket has to take what was written to it."""
OVERHEAD = 200
"""Bytes that a packet which waits takes beside its text."""


class TooSlow(Exception):
    """More waits for the client than is kept."""


class Outgoing(asyncio.Queue["Packet | None"]):
    """What waits for one client. ``largest``: bytes that may."""

    def __init__(self, *, largest: int) -> None:
        super().__init__()
        self._largest = largest
        self._queued = 0
        self._line: Line | None = None
        self._awaited = False

    async def get(self) -> Packet | None:
        """The next packet; while the library waits for one, it is not in the midst of writing others."""
        self._awaited = True
        try:
            return await super().get()
        finally:
            self._awaited = False

    def attach(self, line: Line) -> None:
        """From now on there is a websocket, perhaps not yet upgraded to."""
        self._line = line

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken."""
        return self._queued + (self._line.backlog if self._line is not None else 0)

    @property
    def limit(self) -> int:
        """Bytes that may wait."""
        return self._largest

    def post(self, parcel: Parcel) -> None:
        """Send it now, or after what waits. Raises TooSlow, and takes it all the same."""
        line = self._line
        if line is not None and self._awaited and line.upgraded and self.empty():
            line.write(parcel.frame)
        else:
            self.put_nowait(parcel)
        if self.backlog > self._largest:
            raise TooSlow

    def _put(self, item: Packet | None) -> None:
        self._queued += _size(item)
        super()._put(item)

    def _get(self) -> Packet | None:
        item = super()._get()
        self._queued -= _size(item)
        return item

    def say_last(self, parcel: Parcel) -> None:
        """Send it although too much waits."""
        if self._line is not None and self._line.upgraded:
            self._line.write(parcel.frame)
        else:
            self.put_nowait(parcel)

    def hang_up(self) -> None:
        """End the connection without waiting for anybody."""
        if self._line is not None:
            self._line.hang_up()
        self.put_nowait(None)


def _size(packet: Packet | None) -> int:
    return OVERHEAD + (len(packet) if isinstance(packet, Parcel) else 0)


class Line:
    """A websocket, in the form the library asks for. It writes without waiting, uncompressed, and knows how much the
    client has not taken."""

    def __init__(self, handler: Callable[[Line], Awaitable[None]], server: AsyncServer) -> None:
        self._handler = handler
        self._socket: Any = handler.__self__  # type: ignore[attr-defined]  # a bound method of the library's socket
        # Compressing would make each client's frames its own, and cost more than it saves on short texts.
        self._ws = web.WebSocketResponse(max_msg_size=server.max_http_buffer_size, compress=False)
        self._transport: asyncio.Transport | None = None

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        """Serve the request until the websocket is closed."""
        request: web.Request = environ["aiohttp.request"]
        await self._ws.prepare(request)
        self._transport = request.transport
        self._socket.queue.attach(self)
        await self._handler(self)
        return self._ws

    @property
    def upgraded(self) -> bool:
        """Whether everything goes this way now."""
        return bool(self._socket.upgraded)

    @property
    def backlog(self) -> int:
        """Bytes the client has not taken."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def write(self, frame: bytes) -> None:
        """Send a whole frame; nowhere, when the client is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def hang_up(self) -> None:
        """Say goodbye, and leave the client a few seconds to take what it was sent."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(CLOSE_FRAME)
            transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS, transport.abort)

    async def send(self, message: str | bytes) -> None:
        """The library's packets."""
        self.write(text_frame(message.encode() if isinstance(message, str) else message))

    async def wait(self) -> str | bytes:
        """What the client sends next. Raises OSError when there is nothing more."""
        received = (await self._ws.receive()).data
        if not isinstance(received, str | bytes):
            raise OSError("the websocket is closed")
        return received

    async def close(self) -> None:
        """For the library: see ``hang_up``."""
        self.hang_up()
