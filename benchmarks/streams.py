"""Streams: what an event costs that goes to many clients, and what a client costs that only listens."""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psutil

from . import servers
from .load import ask

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

CLIENTS = 5_000
SECONDS = 20
SETTLE = 2.0
"""Seconds between the last connection and the first event."""
API = "/api/messaging/sessions"
USER = "11111111-1111-4111-8111-111111111111"
FIXED = {"autoRenew": False}
"""Each message is one event: it renews nothing, and its agent thinks for longer than the run."""


@dataclass(frozen=True)
class Streamed:
    """What a run cost the server. ``memory_kb``: of one client that listens; ``cpu_us``: of one event to one client."""

    kind: str
    clients: int
    sessions: int
    per_second: float
    cpu_us: float
    memory_kb: float
    p50_ms: float
    p99_ms: float


async def measure(clients: int = CLIENTS, *, seconds: int = SECONDS) -> list[str]:
    """The table, as lines of Markdown."""
    _raise_limit()
    head = [
        "| clients | in | events/s | CPU/event | memory/client | late p50 | p99 |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [
        await _run(kind, clients, sessions=sessions, seconds=seconds)
        for kind in ("socket.io", "sse")
        for sessions in (1,)
    ]
    return head + [_line(row) for row in rows]


async def _run(kind: str, clients: int, *, sessions: int, seconds: int) -> Streamed:
    """One message a second in every session, each heard by its share of the clients."""
    with tempfile.TemporaryDirectory() as folder, servers.ours(Path(folder)) as (port, pid):
        server = psutil.Process(pid)
        ids = await _sessions(port, sessions)
        before = server.memory_info().rss
        listening = await _listening(kind, port, clients, ids)
        await asyncio.sleep(SETTLE)
        memory = server.memory_info().rss - before
        await _reported(listening)
        started, cpu = time.monotonic(), _cpu(server)
        await _talk(port, ids, seconds=seconds)
        await asyncio.sleep(1)
        heard, p50, p99 = await _reported(listening)
        cpu, took = _cpu(server) - cpu, time.monotonic() - started
        listening.kill()
        await listening.wait()
    if heard < clients * seconds:
        raise RuntimeError(f"{clients * seconds - heard:.0f} events of {clients * seconds} were not heard")
    return Streamed(kind, clients, sessions, heard / took, cpu / heard * 1e6, memory / clients / 1024, p50, p99)


async def _talk(port: int, sessions: list[str], *, seconds: int) -> None:
    """A message a second in every session, spread over the second."""
    begun = time.monotonic()
    for number in range(seconds * len(sessions)):
        await asyncio.sleep(max(begun + number / len(sessions) - time.monotonic(), 0))
        text = f"It is at={time.monotonic():.4f} now."
        path = f"{API}/{sessions[number % len(sessions)]}/messages"
        await ask(port, "POST", path, orjson.dumps({"content": text}))


async def _sessions(port: int, count: int) -> list[str]:
    agents = orjson.loads(await ask(port, "GET", "/api/agents"))["data"]["agents"]
    thinking = next(agent["id"] for agent in agents if agent["name"] == "thinking-agent")
    body = orjson.dumps({"agentId": thinking, "userId": USER, "timeoutConfig": FIXED})
    return [orjson.loads(await ask(port, "POST", API, body))["sessionId"] for _ in range(count)]


async def _listening(kind: str, port: int, clients: int, sessions: list[str]) -> Process:
    """The clients' process, all of them connected."""
    command = [sys.executable, "-m", "benchmarks.stream_clients", kind, str(port), str(clients), *sessions]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    if (said := await process.stdout.readline()) != b"ready\n":
        raise RuntimeError(f"the clients could not connect: {said!r}")
    return process


async def _reported(listening: Process) -> list[float]:
    """Events heard since the last time; their lateness."""
    assert listening.stdin is not None
    assert listening.stdout is not None
    listening.stdin.write(b"\n")
    said = await listening.stdout.readline()
    if said == b"lost\n":
        raise RuntimeError("the server closed a connection")
    return [float(number) for number in said.split()]


def _line(row: Streamed) -> str:
    where = "one session" if row.sessions == 1 else f"{row.sessions} sessions"
    cells = (
        f"{row.clients:,} {row.kind}",
        where,
        f"{row.per_second:,.0f}",
        f"**{row.cpu_us:.1f} us**",
        f"{row.memory_kb:.1f} kB",
        f"{row.p50_ms:.0f} ms",
        f"{row.p99_ms:.0f} ms",
    )
    return f"| {' | '.join(cells)} |"


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


def _raise_limit() -> None:
    """A file descriptor for each client, in the server too, which inherits the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(show: Callable[[str], object] = print) -> None:
    """Print the table."""
    for line in asyncio.run(measure()):
        show(line)


if __name__ == "__main__":
    main()
