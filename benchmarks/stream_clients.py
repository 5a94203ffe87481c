"""Many clients that only listen, as cheaply as Python can: ``python -m benchmarks.stream_clients KIND PORT COUNT IDS``.

A process of its own, so that what it costs is not the server's. Says ``ready`` when all are connected. At every line of
its standard input it says how many events came since the last one, and how late: the median and the 99th percentile,
in milliseconds. Texts that are sent hold ``at=`` and the monotonic time of sending.
"""

from __future__ import annotations

import asyncio
import re
import resource
import statistics
import sys
import time

AT = re.compile(rb"at=([\d.]+)")
ABREAST = 100
"""Connections made at a time."""


class Listener(asyncio.Protocol):
    """A connection on which events come."""

    lateness: list[float] = []  # noqa: RUF012 - of all listeners

    def __init__(self, session_id: str, port: int) -> None:
        self.session_id = session_id
        self.port = port
        self.ready = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request().encode())

    def connection_lost(self, _reason: Exception | None) -> None:
        """Nobody is to be disconnected."""
        if not self.ready.done():
            self.ready.set_exception(RuntimeError("the server closed a connection"))
        else:
            print("lost", flush=True)

    def request(self) -> str:
        """The head of the request."""
        raise NotImplementedError

    def note(self, text: bytes) -> None:
        """Count the events in here."""
        now = time.monotonic()
        self.lateness.extend(now - float(at) for at in AT.findall(text))

    def be_ready(self) -> None:
        """From now on events come."""
        if not self.ready.done():
            self.ready.set_result(None)


class ServerSentEvents(Listener):
    """A stream of server-sent events."""

    def request(self) -> str:
        return (
            f"GET /api/messaging/sessions/{self.session_id}/events?after=now HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.port}\r\nAccept: text/event-stream\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """The first comment, then events."""
        if b": connected" in data:
            self.be_ready()
        self.note(data)


class SocketIo(Listener):
    """A websocket that speaks as much Socket.IO as it needs."""

    buffer = b""

    def request(self) -> str:
        return (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """The handshake, then frames."""
        self.buffer += data
        if self.buffer.startswith(b"HTTP/1.1"):
            _, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.buffer = rest
        while (text := self._next_frame()) is not None:
            self._take(text)

    def _next_frame(self) -> bytes | None:
        data = self.buffer
        if len(data) < 4:
            return None if len(data) < 3 or data[1] != 1 else self._cut(2, 1)
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        return self._cut(start, size) if len(data) >= start + size else None

    def _cut(self, start: int, size: int) -> bytes:
        text, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
        return text

    def _take(self, text: bytes) -> None:
        if text == b"2":
            self._say("3")
        elif text.startswith(b"0"):
            self._say("40")
        elif text.startswith(b'42["connection_established"'):
            self._say(f'42["join",{{"roomId":"{self.session_id}","after":"1"}}]')
        elif text.startswith(b'42["room_joined"'):
            self.be_ready()
        elif text.startswith(b'42["messageBroadcast"'):
            self.note(text)

    def _say(self, text: str) -> None:
        size = len(text)
        head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + text.encode())


KINDS = {"sse": ServerSentEvents, "socket.io": SocketIo}


async def listen(kind: str, port: int, sessions: list[str], *, count: int) -> None:
    """Connect so many clients, in turn to each of the sessions, and report when asked."""
    loop = asyncio.get_running_loop()
    numbers = iter(range(count))

    async def connect() -> None:
        for number in numbers:
            session_id = sessions[number % len(sessions)]
            _, listener = await loop.create_connection(lambda it=session_id: KINDS[kind](it, port), "127.0.0.1", port)
            await listener.ready

    await asyncio.gather(*(connect() for _ in range(ABREAST)))
    print("ready", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        late, Listener.lateness = Listener.lateness, []
        SocketIo.lateness = ServerSentEvents.lateness = Listener.lateness
        ordered = sorted(late) or [0.0]
        middle, most = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
        print(len(late), round(middle * 1000, 1), round(most * 1000, 1), flush=True)


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(listen(sys.argv[1], int(sys.argv[2]), sys.argv[4:], count=int(sys.argv[3])))
