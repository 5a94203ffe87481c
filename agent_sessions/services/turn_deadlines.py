"""How long agents may take: all turns have equally long, so one timer for the first that began serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.log import Silence

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ..ports import Clock, TimerHandle
    from .turn import Turn


class TurnDeadlines:
    """Stops every turn that is still going on when the time ``allowed`` has passed since it began."""

    def __init__(self, clock: Clock, allowed: timedelta) -> None:
        self.allowed = allowed
        self._clock = clock
        self._ends: dict[Turn, datetime] = {}  # first begun, first over
        self._timer: TimerHandle | None = None

    def begin(self, turn: Turn) -> None:
        """From now on the turn's time runs."""
        self._ends[turn] = self._clock.now() + self.allowed
        if self._timer is None:
            self._arm()

    def end(self, turn: Turn) -> None:
        """It is over. The timer stays for the next one; should it find none, it is gone."""
        self._ends.pop(turn, None)

    def close(self) -> None:
        """Stop none any more."""
        self._ends.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        first = next(iter(self._ends.values()), None)
        self._timer = None if first is None else self._clock.call_at(first, self._wake)

    def _wake(self) -> None:
        now = self._clock.now()
        for turn in [turn for turn, end in self._ends.items() if end <= now]:
            del self._ends[turn]
            turn.stop(Silence.TIMED_OUT)
        self._arm()
