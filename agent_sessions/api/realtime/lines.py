"""One client's connection as bytes: what waits for it while it polls, and its websocket.

The library gives each websocket a queue, a task that empties it and a task for each wait, which costs more than the
events themselves. Here a websocket has none of them: what is sent to it is written at once, as ready frames.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web
from engineio.exceptions import EngineIOError
from engineio.packet import NOOP, Packet

from .packets import CLOSE_FRAME, Parcel, text_frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from engineio import AsyncServer
    from engineio.async_socket import AsyncSocket

LAST_WORDS = 5.0
"""Seconds that a closed websocket has to take what was written to it."""
UPGRADE_WITHIN = 10.0
"""Seconds that a client which polls has to prove that its websocket works."""
OVERHEAD = 200
"""Bytes that a packet which waits takes beside its text."""
PROBE, PROBED, UPGRADE = "2probe", b"3probe", "5"
"""What is said on a websocket before it takes over from polling."""


class TooSlow(Exception):
    """More waits for the client than is kept."""


class Outgoing(asyncio.Queue["Packet | None"]):
    """What is sent to one client: written to its websocket, or kept until it polls. ``limit``: bytes that may wait."""

    def __init__(self, *, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self._queued = 0
        self._line: Line | None = None

    @property
    def backlog(self) -> int:
        """Bytes that the client has not taken."""
        return self._queued if self._line is None else self._line.backlog

    def put_nowait(self, packet: Packet | None) -> None:
        """Send a packet; None, in the library's way, ends a poll."""
        if self._line is None:
            super().put_nowait(packet)
        elif packet is not None:
            self._line.send(packet)

    async def put(self, packet: Packet | None) -> None:
        """The same, for the library."""
        self.put_nowait(packet)

    def post(self, parcel: Parcel) -> None:
        """Send an event. Raises TooSlow when too much waits, this included."""
        self.put_nowait(parcel)
        if self.backlog > self.limit:
            raise TooSlow

    def attach(self, line: Line) -> None:
        """From now on everything goes this way, and first what waits."""
        self._line = line
        while not self.empty():
            if (packet := self.get_nowait()) is not None:
                line.send(packet)

    def hang_up(self) -> None:
        """End the connection without waiting for anybody."""
        if self._line is not None:
            self._line.hang_up()
        else:
            self.put_nowait(None)

    def _put(self, item: Packet | None) -> None:
        self._queued += _size(item)
        super()._put(item)

    def _get(self) -> Packet | None:
        item = super()._get()
        self._queued -= _size(item)
        return item


def _size(packet: Packet | None) -> int:
    return OVERHEAD + (len(packet) if isinstance(packet, Parcel) else 0)


class Line:
    """A websocket. It writes without waiting, and knows how much the client has not taken.

    The library makes it with its own method to serve a websocket, of which we need but whose it is.
    """

    def __init__(self, serve: Callable[[Line], Awaitable[None]], server: AsyncServer) -> None:
        self._socket: AsyncSocket = serve.__self__  # type: ignore[attr-defined]  # it is a bound method
        # Compressing would make each client's frames its own, and cost more than it saves on short texts.
        self._ws = web.WebSocketResponse(max_msg_size=server.max_http_buffer_size, compress=False)
        self._transport: asyncio.Transport | None = None

    async def __call__(self, environ: Mapping[str, Any]) -> web.WebSocketResponse:
        """Serve the request until the websocket is closed."""
        request: web.Request = environ["aiohttp.request"]
        await self._ws.prepare(request)
        self._transport = request.transport
        if await self._takes_over():
            outgoing: Outgoing = self._socket.queue
            outgoing.attach(self)
            await self._listen()
        return self._ws

    @property
    def backlog(self) -> int:
        """Bytes the client has not taken."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def send(self, packet: Packet) -> None:
        """Write a packet; nowhere, when the client is gone."""
        self._write(packet.frame if isinstance(packet, Parcel) else text_frame(_bytes(packet.encode())))

    def hang_up(self) -> None:
        """Say goodbye, and leave the client a few seconds to take what it was sent."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(CLOSE_FRAME)
            transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS, transport.abort)

    async def _takes_over(self) -> bool:
        """Whether the client speaks here from now on: it does at once, or when it has left off polling."""
        socket = self._socket
        if socket.connected and not await self._proves_itself():
            return False
        socket.connected = socket.upgraded = True
        return True

    async def _proves_itself(self) -> bool:
        """The client's try whether websockets work, while it still polls."""
        self._socket.upgrading = True
        try:
            async with asyncio.timeout(UPGRADE_WITHIN):
                if await self._next() != PROBE:
                    return False
                self._write(text_frame(PROBED))
                await self._socket.queue.put(Packet(NOOP))  # ends the poll that waits
                return await self._next() == UPGRADE
        except TimeoutError:
            return False
        finally:
            self._socket.upgrading = False

    async def _listen(self) -> None:
        """Take in what the client says, one packet after another."""
        try:
            while (said := await self._next()) is not None and not self._socket.closed:
                await self._socket.receive(Packet(encoded_packet=said))
        except (EngineIOError, ValueError, RecursionError):
            self.hang_up()  # whoever speaks so has lost the thread
        finally:
            await self._socket.close(wait=False, abort=True, reason=self._socket.server.reason.TRANSPORT_CLOSE)

    async def _next(self) -> str | bytes | None:
        said = (await self._ws.receive()).data
        return said if isinstance(said, str | bytes) and said else None

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
