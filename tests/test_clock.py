"""The system's clock: whole milliseconds, never early, and not fooled by a wall clock that is set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from agent_sessions.clock import SystemClock, wall_time

MILLISECOND = timedelta(milliseconds=1)


class WallClock:
    """The real wall clock, off by ``offset``."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return wall_time() + self.offset


def test_now_is_utc_in_whole_milliseconds_and_never_ahead() -> None:
    before = wall_time()
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert before - MILLISECOND < now <= wall_time()


async def test_a_call_comes_at_its_instant_and_never_before() -> None:
    clock = SystemClock()
    for wait in range(1, 6):
        instant = clock.now() + wait * MILLISECOND
        await clock.sleep_until(instant)
        assert clock.now() >= instant


async def test_an_instant_between_two_milliseconds_is_waited_for() -> None:
    clock = SystemClock()
    instant = clock.now() + timedelta(microseconds=2500)
    await clock.sleep_until(instant)
    assert clock.now() >= instant


async def test_a_past_instant_is_called_at_once_but_not_inside_the_asking() -> None:
    clock = SystemClock()
    called = asyncio.Event()
    clock.call_at(clock.now() - timedelta(days=1), called.set)
    assert not called.is_set()
    await asyncio.wait_for(called.wait(), 5)


async def test_a_cancelled_call_never_comes() -> None:
    clock = SystemClock()
    calls: list[str] = []
    first = clock.call_at(clock.now() + MILLISECOND, lambda: calls.append("first"))
    first.cancel()
    first.cancel()
    await clock.sleep_until(clock.now() + 5 * MILLISECOND)
    assert calls == []


async def test_cancelling_a_call_that_was_put_off_works_too() -> None:
    clock = SystemClock(longest_wait=MILLISECOND)
    calls: list[str] = []
    timer = clock.call_at(clock.now() + 20 * MILLISECOND, lambda: calls.append("late"))
    await clock.sleep_until(clock.now() + 10 * MILLISECOND)
    timer.cancel()
    await clock.sleep_until(clock.now() + 20 * MILLISECOND)
    assert calls == []


async def test_a_wall_clock_set_forward_is_noticed_within_the_longest_wait() -> None:
    wall = WallClock()
    clock = SystemClock(read=wall, longest_wait=5 * MILLISECOND)
    sleeper = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(hours=1)))
    await asyncio.sleep(0)
    wall.offset = timedelta(hours=2)
    await asyncio.wait_for(sleeper, 5)


async def test_a_wall_clock_set_back_delays_the_call() -> None:
    wall = WallClock()
    clock = SystemClock(read=wall)
    instant = clock.now() + 5 * MILLISECOND
    sleeper = asyncio.create_task(clock.sleep_until(instant))
    await asyncio.sleep(0)
    wall.offset = -30 * MILLISECOND
    await asyncio.wait_for(sleeper, 5)
    assert clock.now() >= instant


async def test_a_cancelled_sleeper_leaves_no_timer() -> None:
    clock = SystemClock()
    sleeper = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(hours=1)))
    await asyncio.sleep(0)
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    assert sleeper.cancelled()
