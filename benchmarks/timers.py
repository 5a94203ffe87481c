"""A million live sessions: how long a restart takes, what the clock costs, and how late warnings and expiries are.

    python -m benchmarks.timers [--sessions 1000000] [--rate 10000] [--seconds 10]

Of all sessions ``rate * seconds`` fall due after the restart, evenly spread: first each is warned, then each expires.
Lateness is from the deadline to the commit that says so, on a real SQLite file with synchronous=FULL.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from agent_sessions.cli.running import spare_the_collector
from agent_sessions.clock import SystemClock, wall_time
from agent_sessions.domain.log import Expired, Warned
from agent_sessions.domain.session import Session, opened
from agent_sessions.domain.timeouts import TimeoutConfig
from agent_sessions.services.timeouts import TimeoutManager
from agent_sessions.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent_sessions.domain.log import LogEntry
    from agent_sessions.ports import Clock, Store

BUILT_AT = datetime(2026, 1, 1, tzinfo=UTC)
FAR = TimeoutConfig(timedelta(hours=6), True, timedelta(hours=12), timedelta(minutes=5))
FIRST_DUE = timedelta(minutes=10)
"""From the making of the sessions to the first warning; the run begins shortly before."""
LEAD = timedelta(seconds=3)
MILLISECOND = timedelta(milliseconds=1)


class ShiftedClock(SystemClock):
    """The system's clock as if it had been ``start`` just now."""

    def __init__(self, start: datetime) -> None:
        offset = start - wall_time()
        super().__init__(read=lambda: wall_time() + offset)


class Lateness:
    """Of every warning and expiry, how late its commit was, in milliseconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.warned: list[float] = []
        self.expired: list[float] = []

    def __call__(self, session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            if isinstance(entry.fact, Warned):
                due = session.expires_at - session.timeout.warning_threshold
                self.warned.append((self._clock.now() - due) / MILLISECOND)
            elif isinstance(entry.fact, Expired):
                self.expired.append((self._clock.now() - entry.fact.expired_at) / MILLISECOND)


def session(number: int, *, due: timedelta | None, window: timedelta) -> Session:
    """A session that is warned ``due`` after the first one, and expires a window later; None: in hours."""
    config = FAR if due is None else TimeoutConfig(FIRST_DUE + window + due, True, timedelta(hours=12), window)
    return Session(
        id=f"00000000-0000-4000-8000-{number:012}",
        channel_id=f"00000000-0000-4000-9000-{number:012}",
        agent_id="11111111-1111-4111-8111-111111111111",
        user_id="22222222-2222-4222-8222-222222222222",
        created_at=BUILT_AT,
        last_activity=BUILT_AT,
        expires_at=BUILT_AT + config.timeout,
        timeout=config,
        last_at=BUILT_AT,
    )


async def build(url: str, *, sessions: int, rate: int, window: timedelta) -> None:
    """Make the database."""
    store = open_store(url, clock=ShiftedClock(BUILT_AT))
    await store.open()
    falling_due = rate * int(window.total_seconds())
    for start in range(0, sessions, 5000):
        made = (
            session(n, due=(n * 1000 // rate) * MILLISECOND if n < falling_due else None, window=window)
            for n in range(start, min(start + 5000, sessions))
        )
        await asyncio.gather(*(store.create(opened(one)) for one in made))
    await store.close()


async def watch_commits_cost(store: Store, clock: Clock) -> float:
    """Microseconds that a commit of a renewal costs the timeout manager."""
    manager = TimeoutManager(store, clock)
    await manager.start()
    await asyncio.sleep(0.5)
    renewed, rounds = session(1, due=None, window=timedelta(0)), 200_000
    began = time.perf_counter()
    for _ in range(rounds):
        manager._committed(renewed, ())
    cost = (time.perf_counter() - began) / rounds
    await manager.stop()
    return cost * 1e6


def resident() -> int:
    """Bytes of memory this process holds."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def percentiles(values: list[float]) -> str:
    """p50, p99 and the worst, in milliseconds."""
    ordered = sorted(values)
    return " / ".join(f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.0f}" for share in (0.5, 0.99, 1))


def row(what: str, value: str) -> None:
    """One line of the table."""
    print(f"| {what} | {value} |", flush=True)


async def run(url: str, *, sessions: int, rate: int, window: timedelta) -> None:
    """Restart on the database and let everything fall due."""
    memory_before = resident()
    clock = ShiftedClock(BUILT_AT + FIRST_DUE - LEAD)
    began = time.perf_counter()
    store = open_store(url, clock=clock)
    await store.open()
    await store.counts(now=clock.now(), remember=timedelta(hours=24))
    row("restart to first answer", f"{time.perf_counter() - began:.2f} s")
    lateness = Lateness(clock)
    store.on_commit(lateness)
    spare_the_collector()  # as the server does
    memory_open = resident()
    manager = TimeoutManager(store, clock)
    await manager.start()
    await asyncio.sleep(LEAD.total_seconds() - 1)
    waiting = manager.statistics.waiting
    growth = resident() - memory_open
    row(
        "memory of the deadlines ahead",
        f"{growth / 1e6:.1f} MB, {waiting:,} in memory, {growth / sessions:.1f} B/session",
    )
    cpu = time.process_time()
    await clock.sleep_until(BUILT_AT + FIRST_DUE + 2 * window + timedelta(seconds=2))
    cpu = time.process_time() - cpu
    fired = len(lateness.warned) + len(lateness.expired)
    row("fired", f"{len(lateness.warned):,} warnings, {len(lateness.expired):,} expiries at {rate:,} a second")
    row("warnings late, p50 / p99 / max", f"{percentiles(lateness.warned)} ms")
    row("expiries late, p50 / p99 / max", f"{percentiles(lateness.expired)} ms")
    row("CPU per firing", f"{cpu / fired * 1e6:.0f} us")
    row("memory of the process above an empty one", f"{(resident() - memory_before) / sessions:.0f} B/session")
    await manager.stop()
    row("cost of a renewal's commit to the manager", f"{await watch_commits_cost(store, clock):.2f} us")
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=10_000, help="firings a second")
    parser.add_argument("--seconds", type=int, default=10, help="of warnings, then of expiries")
    parser.add_argument("--database", help="keep the database in this file and use it again", type=Path)
    asked = parser.parse_args()
    window = timedelta(seconds=asked.seconds)
    with tempfile.TemporaryDirectory() as folder:
        file = asked.database or Path(folder) / "timers.db"
        url = f"sqlite:///{file}"
        began = time.perf_counter()
        if not file.exists():
            asyncio.run(build(url, sessions=asked.sessions, rate=asked.rate, window=window))
            os.sync()  # what the making left unwritten would hold up the first commits of the run
        row("what", f"{asked.sessions:,} live sessions")
        row("---", "---")
        row("making them, one durable request each", f"{time.perf_counter() - began:.0f} s")
        asyncio.run(run(url, sessions=asked.sessions, rate=asked.rate, window=window))


if __name__ == "__main__":
    main()
