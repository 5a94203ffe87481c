"""Warnings and expiries happen exactly, once, and whatever happens meanwhile. On a real SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from agent_sessions.domain import session as rules
from agent_sessions.domain.log import Created, Ended, Expired, Fact, Warned
from agent_sessions.domain.session import Session, State
from agent_sessions.domain.timeouts import TimeoutConfig, expiry
from agent_sessions.services.timeouts import TimeoutManager
from agent_sessions.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent_sessions.ports import Store
    from agent_sessions.testing import FakeClock

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)


@asynccontextmanager
async def opened(folder: Path, clock: FakeClock, *, busy_timeout: timedelta = SECOND) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{folder / 'sessions.db'}", clock=clock, busy_timeout=busy_timeout)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def running(store: Store, clock: FakeClock, *, read_at_most: int = 50_000) -> AsyncIterator[TimeoutManager]:
    manager = TimeoutManager(store, clock, read_at_most=read_at_most)
    await manager.start()
    await clock.settle()
    try:
        yield manager
    finally:
        await manager.stop()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    async with opened(tmp_path, clock) as store:
        yield store


@pytest.fixture
async def manager(store: Store, clock: FakeClock) -> AsyncIterator[TimeoutManager]:
    async with running(store, clock) as manager:
        yield manager


async def begin(
    store: Store,
    clock: FakeClock,
    session_id: str = "s",
    *,
    life: timedelta = 30 * MINUTE,
    warning: timedelta = 5 * MINUTE,
) -> Session:
    """A new session that activity renews."""
    now = clock.now()
    config = TimeoutConfig(life, auto_renew=True, max_duration=timedelta(days=30), warning_threshold=warning)
    session = Session(
        id=session_id,
        channel_id=f"{session_id}-channel",
        agent_id="agent",
        user_id="user",
        created_at=now,
        last_activity=now,
        expires_at=expiry(config, created_at=now, last_activity=now),
        timeout=config,
        last_at=now,
    )
    return await store.create(rules.opened(session))


async def fired(store: Store, session_id: str = "s") -> list[tuple[datetime, Fact]]:
    """What the clock did to the session, and when."""
    rows = await store.log(session_id, limit=1000)
    return [(row.at, row.fact) for row in rows if isinstance(row.fact, Warned | Expired)]


async def test_a_session_is_warned_and_expires_at_its_exact_instants(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    start = clock.now()
    session = await begin(store, clock)
    await clock.advance(25 * MINUTE - MILLISECOND)
    assert await fired(store) == []
    await clock.advance(MILLISECOND)
    assert await fired(store) == [(start + 25 * MINUTE, Warned(session.expires_at, 0))]
    await clock.advance(5 * MINUTE)
    assert (await fired(store))[1:] == [(start + 30 * MINUTE, Expired(session.expires_at, 0))]
    assert (await store.get("s")).state is State.EXPIRED
    await clock.advance(timedelta(days=2))
    assert len(await fired(store)) == 2
    assert (manager.statistics.warned, manager.statistics.expired) == (1, 1)


async def test_a_deadline_within_the_horizon_is_met_too(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    start = clock.now()
    await begin(store, clock, "first", life=10 * SECOND, warning=3 * SECOND)
    await clock.advance(SECOND)
    await begin(store, clock, "sooner", life=4 * SECOND, warning=1 * SECOND)
    assert manager.statistics.next_deadline == start + 4 * SECOND
    await clock.advance(MINUTE)
    assert [at - start for at, _ in await fired(store, "sooner")] == [4 * SECOND, 5 * SECOND]
    assert [at - start for at, _ in await fired(store, "first")] == [7 * SECOND, 10 * SECOND]


async def test_a_renewal_puts_warning_and_end_off(store: Store, clock: FakeClock, manager: TimeoutManager) -> None:
    start = clock.now()
    await begin(store, clock)
    for _ in range(10):
        await clock.advance(24 * MINUTE + 59 * SECOND)
        await store.change("s", partial(rules.renewed, now=clock.now()), behind=True)
    assert await fired(store) == []
    last = clock.now()
    await clock.advance(timedelta(hours=1))
    assert [at for at, _ in await fired(store)] == [last + 25 * MINUTE, last + 30 * MINUTE]
    assert last - start == 10 * (24 * MINUTE + 59 * SECOND)


async def test_a_session_renewed_after_its_warning_is_warned_again(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    start = clock.now()
    await begin(store, clock)
    await clock.advance(27 * MINUTE)
    await store.change("s", partial(rules.renewed, now=clock.now()))
    await clock.advance(timedelta(hours=1))
    assert [(at - start, type(fact)) for at, fact in await fired(store)] == [
        (25 * MINUTE, Warned),
        (52 * MINUTE, Warned),
        (57 * MINUTE, Expired),
    ]


async def test_a_shortened_session_is_fired_at_its_new_deadline(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    start = clock.now()
    session = await begin(store, clock)
    await clock.advance(2 * SECOND)
    shorter = TimeoutConfig(20 * SECOND, auto_renew=True, max_duration=MINUTE, warning_threshold=5 * SECOND)
    await store.change(session.id, lambda known: rules.reconfigured(known, shorter, now=clock.now()))
    await clock.advance(MINUTE)
    assert [at - start for at, _ in await fired(store)] == [15 * SECOND, 20 * SECOND]


async def test_a_session_reconfigured_into_the_past_ends_at_once(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    session = await begin(store, clock)
    await clock.advance(10 * MINUTE)
    shorter = TimeoutConfig(MINUTE, auto_renew=True, max_duration=MINUTE, warning_threshold=5 * SECOND)
    await store.change(session.id, lambda known: rules.reconfigured(known, shorter, now=clock.now()))
    await clock.advance(timedelta(0))
    assert [fact for _, fact in await fired(store)] == [Expired(session.created_at + MINUTE, 9 * 60 * 1000)]


async def test_an_ended_session_is_left_alone(store: Store, clock: FakeClock, manager: TimeoutManager) -> None:
    await begin(store, clock)
    await store.change("s", partial(rules.ended, now=clock.now()))
    await clock.advance(timedelta(days=1))
    assert [type(row.fact) for row in await store.log("s", limit=10)] == [Created, Ended]


async def test_what_fell_due_while_nobody_ran_fires_at_the_start_and_says_how_late(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with opened(tmp_path, clock) as store:
        await begin(store, clock, "over")
        await begin(store, clock, "near", life=65 * MINUTE, warning=10 * MINUTE)
        await begin(store, clock, "fine", life=180 * MINUTE)
    await clock.advance(timedelta(hours=1))
    async with opened(tmp_path, clock) as store, running(store, clock):
        assert [type(fact) for _, fact in await fired(store, "over")] == [Expired]
        assert [getattr(fact, "late_ms", None) for _, fact in await fired(store, "over")] == [30 * 60 * 1000]
        assert [getattr(fact, "late_ms", None) for _, fact in await fired(store, "near")] == [5 * 60 * 1000]
        assert await fired(store, "fine") == []
        await clock.advance(5 * MINUTE)
        assert [getattr(fact, "late_ms", None) for _, fact in await fired(store, "near")] == [5 * 60 * 1000, 0]


async def test_two_managers_on_one_database_fire_once(store: Store, clock: FakeClock, manager: TimeoutManager) -> None:
    async with running(store, clock) as other:
        for number in range(50):
            await begin(store, clock, f"s{number}", life=(number % 7 + 1) * MINUTE, warning=30 * SECOND)
        await clock.advance(10 * MINUTE)
        for number in range(50):
            assert [type(fact) for _, fact in await fired(store, f"s{number}")] == [Warned, Expired]
        assert manager.statistics.expired == other.statistics.expired == 50  # both hear of every commit


async def test_thousands_at_one_instant_all_fire_at_it(store: Store, clock: FakeClock) -> None:
    start = clock.now()
    await asyncio.gather(*(begin(store, clock, f"s{n:04}", life=2 * MINUTE, warning=MINUTE) for n in range(5000)))
    async with running(store, clock, read_at_most=2000) as manager:
        await clock.advance(MINUTE)
        assert manager.statistics.warned == 5000
        await clock.advance(MINUTE)
        assert manager.statistics.expired == 5000
        assert manager.statistics.waiting == 0
    assert [at - start for at, _ in await fired(store, "s4999")] == [MINUTE, 2 * MINUTE]


async def test_a_backlog_larger_than_one_reading_is_worked_off(tmp_path: Path, clock: FakeClock) -> None:
    async with opened(tmp_path, clock) as store:
        await asyncio.gather(*(begin(store, clock, f"s{n}") for n in range(5000)))
        clock.step(timedelta(hours=1))
        async with running(store, clock, read_at_most=2000) as manager:
            await clock.settle()
            assert manager.statistics.expired == 5000


async def test_many_sessions_with_random_lives_are_each_exact(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    random = Random(7)
    start = clock.now()
    lives = {f"s{n}": random.randint(1, 900) * SECOND for n in range(300)}
    for session_id, life in lives.items():
        await begin(store, clock, session_id, life=life, warning=min(life, 20 * SECOND))
    await clock.advance(16 * MINUTE)
    for session_id, life in lives.items():
        rows = await fired(store, session_id)
        assert [getattr(fact, "late_ms", None) for _, fact in rows] == [0, 0]
        assert rows[-1][0] == start + life
    assert manager.statistics.lateness.within(1.0) == 1


async def test_a_clock_that_is_set_forward_fires_late_and_says_so(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    session = await begin(store, clock)
    clock.step(timedelta(hours=2))
    await clock.advance(timedelta(0))
    assert [fact for _, fact in await fired(store)] == [Expired(session.expires_at, 90 * 60 * 1000)]


async def test_a_locked_database_delays_firings_and_loses_none(tmp_path: Path, clock: FakeClock) -> None:
    async with opened(tmp_path, clock, busy_timeout=10 * MILLISECOND) as store, running(store, clock) as manager:
        for number in range(20):
            await begin(store, clock, f"s{number}")
        with sqlite3.connect(tmp_path / "sessions.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            await clock.advance(25 * MINUTE + SECOND)
            assert manager.statistics.warned == 0
            assert manager.statistics.failures > 20
            other.execute("ROLLBACK")
        other.close()
        await clock.advance(5 * SECOND)
        assert manager.statistics.warned == 20
        rows = await fired(store, "s0")
        assert 0 < getattr(rows[0][1], "late_ms", 0) <= 6000
        await clock.advance(5 * MINUTE)
        assert [fact for _, fact in await fired(store, "s19")][1:] == [Expired((await store.get("s19")).expires_at, 0)]


async def test_a_session_that_cannot_be_read_harms_no_other(tmp_path: Path, clock: FakeClock) -> None:
    async with opened(tmp_path, clock) as store:
        await begin(store, clock, "broken")
        await begin(store, clock, "sound")
    with sqlite3.connect(tmp_path / "sessions.db") as file:
        file.execute("UPDATE sessions SET metadata = 'no json' WHERE id = 'broken'")
    file.close()
    with capture_logs() as logs:
        async with opened(tmp_path, clock) as store, running(store, clock) as manager:
            await clock.advance(30 * MINUTE)
            assert [getattr(fact, "late_ms", None) for _, fact in await fired(store, "sound")] == [0, 0]
            assert manager.statistics.failures > 1
    assert {entry["session_id"] for entry in logs if entry["event"] == "timeout_put_off"} == {"broken"}


async def test_stopping_leaves_nothing_behind(store: Store, clock: FakeClock) -> None:
    tasks, timers = asyncio.all_tasks(), clock.timers
    manager = TimeoutManager(store, clock)
    await manager.start()
    await begin(store, clock, life=MINUTE, warning=SECOND)
    await clock.advance(10 * SECOND)
    await manager.stop()
    await clock.settle()
    assert asyncio.all_tasks() == tasks
    assert clock.timers == timers
    await begin(store, clock, "later", life=MINUTE, warning=SECOND)
    await clock.advance(timedelta(hours=1))
    assert await fired(store, "later") == []


async def test_stopping_in_the_middle_of_firings_lets_them_finish_and_starting_again_does_the_rest(
    store: Store, clock: FakeClock
) -> None:
    await asyncio.gather(*(begin(store, clock, f"s{n}") for n in range(1000)))
    clock.step(timedelta(hours=1))
    manager = TimeoutManager(store, clock, batch=100)
    await manager.start()
    first = asyncio.Event()
    store.on_commit(lambda session, entries: first.set())
    await first.wait()
    await manager.stop()
    some = manager.statistics.expired
    assert 0 < some < 1000
    await manager.start()
    await clock.advance(SECOND)
    assert manager.statistics.expired == 1000
    await manager.stop()


async def test_an_idle_manager_waits_with_a_single_timer(
    store: Store, clock: FakeClock, manager: TimeoutManager
) -> None:
    for number in range(20):
        await begin(store, clock, f"s{number}", life=(number + 3) * MINUTE)
    await clock.settle()
    assert clock.timers == 1
