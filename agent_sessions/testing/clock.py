"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import sleep_until

if TYPE_CHECKING:
    from ..ports import TimerHandle

PASSES = 25
"""How often the event loop goes round before it counts as settled: a wake-up passes through a row of tasks."""

PATIENCE = timedelta(seconds=30)
"""How long (in real time) work that a timer began may take before the test is told that it hangs."""


class FakeClock:
    """A :class:`~agent_sessions.ports.Clock` whose time moves only by :meth:`advance`.

    ``start`` is an aware UTC instant of whole milliseconds::

        clock = FakeClock()
        server = create(clock=clock)
        await clock.advance(timedelta(minutes=25))    # every warning, expiry ... on the way has happened

    A timer whose callback returns an awaitable is done when that is: ``advance`` waits for it before time moves on, so
    that work which leaves the event loop (a database commit) is done at its exact instant too.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = start
        self._timers: list[_Timer] = []
        self._made = 0
        self._unfinished: list[Awaitable[object]] = []

    def now(self) -> datetime:
        """The instant the clock stands at."""
        return self._now

    def call_at(self, instant: datetime, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` when the clock comes to ``instant``; in the loop's next round when it already has."""
        timer = _Timer(instant, self._made, callback=callback)
        self._made += 1
        if instant <= self._now:
            asyncio.get_running_loop().call_soon(self._call, timer)
        else:
            heapq.heappush(self._timers, timer)
        return timer

    async def sleep_until(self, instant: datetime) -> None:
        """Return when the clock comes to ``instant``."""
        await sleep_until(self, instant)

    async def advance(self, span: timedelta) -> None:
        """Move on by ``span``, stopping at the exact instant of each timer on the way, also of those set meanwhile.

        Returns when everything that fell due is done. One test task at a time may do this.
        """
        await self.advance_to(self._now + span)

    async def advance_to(self, instant: datetime) -> None:
        """Move on to ``instant`` like :meth:`advance`. Raises ValueError when it lies in the past."""
        if instant < self._now:
            raise ValueError(f"the clock stands at {self._now} and cannot go back to {instant}")
        await self.settle()
        while self._timers and self._timers[0].instant <= instant:
            timer = heapq.heappop(self._timers)
            self._now = max(self._now, timer.instant)
            self._call(timer)
            await self.settle()
        self._now = instant
        await self.settle()

    async def settle(self) -> None:
        """Let the event loop go round until what is due is done, without moving the clock."""
        await _go_round()
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while self._unfinished:
                await self._unfinished.pop()
                await _go_round()

    def step(self, span: timedelta) -> None:
        """Set the clock forward or back at once, as when somebody sets a wall clock. This itself fires nothing."""
        self._now += span

    @property
    def timers(self) -> int:
        """How many calls and sleepers wait for a later instant."""
        return sum(not timer.cancelled for timer in self._timers)

    def _call(self, timer: _Timer) -> None:
        if timer.cancelled:
            return
        result = timer.callback()
        if isinstance(result, Awaitable):
            self._unfinished.append(result)


async def _go_round() -> None:
    for _ in range(PASSES):
        await asyncio.sleep(0)


class _Timer:
    """A call at an instant; of the same instant the one asked for first comes first."""

    __slots__ = ("callback", "cancelled", "instant", "made")

    def __init__(self, instant: datetime, made: int, *, callback: Callable[[], object]) -> None:
        self.instant = instant
        self.made = made
        self.callback = callback
        self.cancelled = False

    def __lt__(self, other: _Timer) -> bool:
        return (self.instant, self.made) < (other.instant, other.made)

    def cancel(self) -> None:
        self.cancelled = True
