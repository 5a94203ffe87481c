"""What keeps the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class TimerHandle(Protocol):
    """A call that was asked for and can be called off."""

    def cancel(self) -> None:
        """Call it off; harmless when it already happened."""


class Clock(Protocol):
    """The time, and waking at a time."""

    def now(self) -> datetime:
        """The present as aware UTC in whole milliseconds."""

    def call_at(self, instant: datetime, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` in the event loop at ``instant`` (as soon as possible when it has passed), never before."""

    async def sleep_until(self, instant: datetime) -> None:
        """Return at ``instant``, never before."""
