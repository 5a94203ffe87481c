"""The clock that tests move by hand."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from agent_sessions.testing import FakeClock

SECOND = timedelta(seconds=1)


async def test_time_moves_only_by_advance() -> None:
    clock = FakeClock()
    start = clock.now()
    await asyncio.sleep(0.002)
    assert clock.now() == start
    await clock.advance(90 * SECOND)
    assert clock.now() == start + 90 * SECOND


async def test_timers_fire_in_order_at_their_exact_instants() -> None:
    clock = FakeClock()
    start = clock.now()
    fired: list[tuple[str, datetime]] = []
    for name, seconds in [("c", 3), ("a", 1), ("a2", 1), ("b", 2), ("never", 10)]:
        clock.call_at(start + seconds * SECOND, lambda name=name: fired.append((name, clock.now())))  # type: ignore[misc]
    await clock.advance(5 * SECOND)
    assert fired == [
        ("a", start + SECOND),
        ("a2", start + SECOND),
        ("b", start + 2 * SECOND),
        ("c", start + 3 * SECOND),
    ]
    assert clock.timers == 1


async def test_what_a_timer_sets_on_the_way_fires_too() -> None:
    clock = FakeClock()
    ticks: list[datetime] = []

    def tick() -> None:
        ticks.append(clock.now())
        clock.call_at(clock.now() + SECOND, tick)

    tick()
    await clock.advance(60 * SECOND)
    assert len(ticks) == 61


async def test_sleepers_wake_at_their_instant() -> None:
    clock = FakeClock()
    woken: list[datetime] = []

    async def sleeper() -> None:
        for _ in range(3):
            await clock.sleep_until(clock.now() + SECOND)
            woken.append(clock.now())

    start = clock.now()
    task = asyncio.create_task(sleeper())
    await clock.advance(10 * SECOND)
    await task
    assert woken == [start + SECOND, start + 2 * SECOND, start + 3 * SECOND]


async def test_work_outside_the_loop_is_done_before_time_moves_on() -> None:
    clock = FakeClock()
    done: list[datetime] = []

    async def work() -> None:
        await asyncio.to_thread(lambda: None)
        done.append(clock.now())

    start = clock.now()
    clock.call_at(start + SECOND, lambda: asyncio.create_task(work()))
    await clock.advance(60 * SECOND)
    assert done == [start + SECOND]


async def test_a_past_instant_is_called_in_the_next_round() -> None:
    clock = FakeClock()
    calls: list[str] = []
    clock.call_at(clock.now(), lambda: calls.append("now"))
    assert calls == []
    await clock.settle()
    assert calls == ["now"]


async def test_cancelled_timers_and_sleepers_are_forgotten() -> None:
    clock = FakeClock()
    calls: list[str] = []
    timer = clock.call_at(clock.now() + SECOND, lambda: calls.append("called"))
    sleeper = asyncio.create_task(clock.sleep_until(clock.now() + SECOND))
    await clock.settle()
    assert clock.timers == 2
    timer.cancel()
    sleeper.cancel()
    await clock.advance(2 * SECOND)
    assert calls == []
    assert clock.timers == 0


async def test_the_past_cannot_be_advanced_to() -> None:
    clock = FakeClock()
    with pytest.raises(ValueError, match="cannot go back"):
        await clock.advance(-SECOND)
