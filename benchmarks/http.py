"""Requests: what each operation costs our server's process, beside aiohttp answering a constant in the same run.

python -m benchmarks.http [--only heartbeat create] [--rounds 5] [--listed 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from . import servers
from .load import Load, Measured, ask, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECTIONS = 48
ROUNDS = 5
SECONDS = 2
SESSIONS = 1_000
THINKING = 5_000
"""Sessions whose agent thinks for longer than the run: what is measured is taking a message, not answering it."""
LISTED = 100_000
API = "/api/messaging/sessions"
USER = "11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True)
class Operation:
    """Something clients do. ``least``: the share of the floor's speed it must reach."""

    name: str
    load: Load
    least: float


async def measure(rounds: int = ROUNDS, only: Sequence[str] = ()) -> list[str]:
    """The table of operations, as lines of Markdown. ``only``: those whose name holds one of these words."""
    with tempfile.TemporaryDirectory() as folder, servers.hello() as floor, servers.ours(Path(folder)) as server:
        operations = [one for one in await _operations(server[0]) if not only or any(word in one.name for word in only)]
        shares = await _paired(floor, server, operations, rounds=rounds)
    head = [
        "| operation | requests/s | CPU/request | share of aiohttp hello | at least | p50 | p99 |",
        "|---|---|---|---|---|---|---|",
    ]
    return head + [
        _line(operation, measured, share) for operation, (measured, share) in zip(operations, shares, strict=True)
    ]


async def measure_list(sessions: int = LISTED) -> list[str]:
    """How long a page of 100 takes among many sessions, one request after another."""
    with tempfile.TemporaryDirectory() as folder, servers.ours(Path(folder)) as (port, pid):
        agents = await _agents(port)
        await _create(port, agents["echo-agent"], sessions)
        cursors = await _cursors(port)
        pages = [f"{API}?limit=100" + (f"&after={after}" if after else "") for after in cursors]
        measured = await run(port, pid, Load("GET", pages), connections=1, seconds=3)
    took = f"p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms (at most 5 ms p50)"
    return [f"A page of 100 among {sessions:,} sessions, at {len(cursors)} places of the list: {took}."]


async def _operations(port: int) -> list[Operation]:
    agents = await _agents(port)
    agent = agents["echo-agent"]
    sessions = await _create(port, agent, SESSIONS)
    talked = sessions[:200]
    thinking = await _create(port, agents["thinking-agent"], THINKING)
    await _talk(port, talked, messages=30)
    new = orjson.dumps({"agentId": agent, "userId": USER})
    say = orjson.dumps({"content": "What is the weather like in Berlin today?"})
    ask_echo = orjson.dumps({"content": "What is the weather like in Berlin today?", "transport": "http"})
    return [
        Operation("GET session", Load("GET", _paths(sessions)), 0.60),
        Operation("heartbeat", Load("POST", _paths(sessions, "/heartbeat")), 0.55),
        Operation("create session, durable", Load("POST", [API], new), 0.25),
        Operation("GET 50 messages", Load("GET", _paths(talked, "/messages?limit=50")), 0.50),
        Operation("send, websocket transport, durable", Load("POST", _paths(thinking, "/messages"), say), 0.25),
        Operation(
            "send, http transport with echo agent, both durable",
            Load("POST", _paths(sessions, "/messages"), ask_echo),
            0.12,
        ),
    ]


async def _paired(
    floor: tuple[int, int], server: tuple[int, int], operations: list[Operation], *, rounds: int
) -> list[tuple[Measured, float]]:
    """Each operation beside the floor, in turn and several times; the median of the ratios counts."""
    results: list[list[tuple[Measured, float]]] = [[] for _ in operations]
    constant = Load("GET", ["/"])
    for _ in range(rounds):
        for operation, result in zip(operations, results, strict=True):
            base = await run(*floor, constant, connections=CONNECTIONS, seconds=SECONDS)
            measured = await run(*server, operation.load, connections=CONNECTIONS, seconds=SECONDS)
            result.append((measured, base.cpu_us / measured.cpu_us))
    return [(_middle(result), statistics.median(share for _, share in result)) for result in results]


def _middle(result: list[tuple[Measured, float]]) -> Measured:
    return sorted((measured for measured, _ in result), key=lambda measured: measured.cpu_us)[len(result) // 2]


def _line(operation: Operation, measured: Measured, share: float) -> str:
    cells = (
        operation.name,
        f"{measured.per_second:,.0f}",
        f"{measured.cpu_us:.0f} us",
        f"**{share:.2f}**",
        f"{operation.least:.2f}",
        f"{measured.p50_ms:.1f} ms",
        f"{measured.p99_ms:.1f} ms",
    )
    return f"| {' | '.join(cells)} |"


def _paths(sessions: list[str], rest: str = "") -> list[str]:
    return [f"{API}/{each}{rest}" for each in sessions]


async def _agents(port: int) -> dict[str, str]:
    """The ids of the agents by name."""
    answer = orjson.loads(await ask(port, "GET", "/api/agents"))
    return {agent["name"]: agent["id"] for agent in answer["data"]["agents"]}


async def _create(port: int, agent: str, count: int) -> list[str]:
    body = orjson.dumps({"agentId": agent, "userId": USER})
    answers = await _many(port, [API] * count, body)
    return [answer["sessionId"] for answer in answers]


async def _talk(port: int, sessions: list[str], *, messages: int) -> None:
    for number in range(messages):
        body = orjson.dumps({"content": f"This is message number {number} of mine.", "transport": "http"})
        await _many(port, _paths(sessions, "/messages"), body)


async def _many(port: int, paths: list[str], body: bytes) -> list[Any]:
    """Post this to all of these over some connections; the answers in the same order."""
    answers: list[Any] = [None] * len(paths)
    numbers = iter(range(len(paths)))

    async def worker() -> None:
        for number in numbers:
            answers[number] = orjson.loads(await ask(port, "POST", paths[number], body))

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return answers


async def _cursors(port: int) -> list[str]:
    """Places all over the list, the first among them."""
    cursors, after = [""], ""
    while True:
        page = orjson.loads(await ask(port, "GET", f"{API}?limit=1000" + (f"&after={after}" if after else "")))
        if not page["nextCursor"]:
            return cursors
        after = page["nextCursor"]
        cursors.append(after)


def main(show: Callable[[str], object] = print) -> None:
    """Print both tables."""
    options = _options()
    for line in asyncio.run(measure(options.rounds, options.only)):
        show(line)
    if not options.only:
        for line in ["", *asyncio.run(measure_list(options.listed))]:
            show(line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=(), help="operations whose name holds one of these words; no list")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each operation takes its turn")
    parser.add_argument("--listed", type=int, default=LISTED, help="sessions in the list that is paged through")
    return parser.parse_args()


if __name__ == "__main__":
    main()
