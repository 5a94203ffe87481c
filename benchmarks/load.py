"""A load: so many kept connections, each sending its next request as soon as the answer is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

NextRequest = Callable[[], bytes]
"""The bytes of the next request to send."""


@dataclass(frozen=True)
class Measured:
    """What a run cost the server. ``cpu_us``: its processor time for one request, all its threads, microseconds."""

    requests: int
    seconds: float
    cpu_us: float
    latencies_ms: list[float]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def latency(self, share: float) -> float:
        """The latency that this share of the requests did not exceed, milliseconds."""
        return sorted(self.latencies_ms)[int(share * (len(self.latencies_ms) - 1))]


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """A whole HTTP/1.1 request with a JSON body."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


async def run(port: int, pid: int, following: NextRequest, *, connections: int, seconds: float) -> Measured:
    """Put the load on the server and measure what it costs its process."""
    server = psutil.Process(pid)
    latencies: list[float] = []
    before, began = _cpu(server), time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_connection(port, following, until=until, latencies=latencies) for _ in range(connections)))
    took, cpu = time.perf_counter() - began, _cpu(server) - before
    return Measured(len(latencies), took, cpu / len(latencies) * 1e6, latencies)


async def ask(port: int, message: bytes) -> bytes:
    """One request on a connection of its own; returns the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _exchange(reader, writer, message)
    finally:
        writer.close()


async def _connection(port: int, following: NextRequest, *, until: float, latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (sent := time.perf_counter()) < until:
        await _exchange(reader, writer, following())
        latencies.append((time.perf_counter() - sent) * 1e3)
    writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> bytes:
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"the server answered {head[:200]!r}")
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    return await reader.readexactly(int(lower[start : lower.index(b"\r\n", start)]))


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return times.user + times.system
