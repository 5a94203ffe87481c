"""The system's time. The only place of the project that asks the operating system for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ports import Clock, TimerHandle

LONGEST_WAIT = timedelta(seconds=2)
"""No wait is longer than this without a look at the wall clock.

The event loop waits on the monotonic clock, which neither sees the wall clock being set nor (on Linux) runs while the
machine sleeps. So a changed wall clock is noticed after this time at the latest.
"""

_MICROSECONDS = [timedelta(microseconds=number) for number in range(1000)]
"""Made once: the time is asked for several times a request."""


def wall_time() -> datetime:
    """The wall clock as aware UTC, as finely as the system tells it."""
    return datetime.now(UTC)


class SystemClock:
    """The wall clock, and waking by it, also when it is set or the machine slept meanwhile.

    ``read``: where the time comes from; ``longest_wait``: see :data:`LONGEST_WAIT`.
    """

    def __init__(self, *, read: Callable[[], datetime] = wall_time, longest_wait: timedelta = LONGEST_WAIT) -> None:
        self._read = read
        self._longest_wait = longest_wait.total_seconds()

    def now(self) -> datetime:
        """The present as aware UTC in whole milliseconds, never rounded up."""
        present = self._read()
        return present - _MICROSECONDS[present.microsecond % 1000]

    def call_at(self, instant: datetime, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` in the running event loop once ``now()`` has reached ``instant``. Its result is ignored."""
        return _Timer(self, instant, callback=callback)

    async def sleep_until(self, instant: datetime) -> None:
        """Return once ``now()`` has reached ``instant``."""
        await sleep_until(self, instant)

    def wait_for(self, instant: datetime) -> float:
        """How many seconds to wait before looking at the wall clock again on the way to ``instant``, at least 0."""
        return min(max((instant - self._read()).total_seconds(), 0.0), self._longest_wait)


async def sleep_until(clock: Clock, instant: datetime) -> None:
    """Wait for an instant by means of the clock's timers."""
    reached = asyncio.Event()
    timer = clock.call_at(instant, reached.set)
    try:
        await reached.wait()
    finally:
        timer.cancel()


class _Timer:
    """One call to be made; waits in steps of at most the clock's longest wait."""

    __slots__ = ("_callback", "_clock", "_handle", "_instant", "_loop")

    def __init__(self, clock: SystemClock, instant: datetime, *, callback: Callable[[], object]) -> None:
        self._clock = clock
        self._instant = instant
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.Handle = self._wait()

    def cancel(self) -> None:
        self._handle.cancel()

    def _wait(self) -> asyncio.Handle:
        return self._loop.call_later(self._clock.wait_for(self._instant), self._wake)

    def _wake(self) -> None:
        if self._clock.now() >= self._instant:
            self._callback()
        else:
            self._handle = self._wait()
