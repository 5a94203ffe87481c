"""How an endpoint does, as this process sees it: how much it is given at once, and when it is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .webhook_delays import doubled

if TYPE_CHECKING:
    from datetime import datetime

AT_ONCE = 16
"""Sessions of which an endpoint is told at the same time."""
TIRED_AFTER = 5
"""Failures in a row, whatever their sessions, after which an endpoint gets one event at a time and rests between."""
FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(seconds=30)


class EndpointHealth:
    """One endpoint's."""

    def __init__(self) -> None:
        self.gone = False
        self.failures = 0
        self.under_way = 0
        self.rests_until: datetime | None = None

    def room(self, now: datetime) -> int:
        """How many sessions more it may be told of now."""
        if self.gone or (self.rests_until is not None and now < self.rests_until):
            return 0
        most = 1 if self.failures >= TIRED_AFTER else AT_ONCE
        return max(most - self.under_way, 0)

    def wakes(self, due: datetime) -> datetime | None:
        """When to look after it, which has something due; None: when something under way ends, or never."""
        if self.gone or self.under_way >= (1 if self.failures >= TIRED_AFTER else AT_ONCE):
            return None
        return due if self.rests_until is None else max(due, self.rests_until)

    def took(self) -> None:
        """It took an event."""
        self.failures, self.rests_until = 0, None

    def failed(self, now: datetime) -> None:
        """It did not."""
        self.failures += 1
        if self.failures >= TIRED_AFTER:
            self.rests_until = now + doubled(FIRST_REST, self.failures - TIRED_AFTER, most=LONGEST_REST)

    def revive(self) -> None:
        """Begin anew."""
        self.gone = False
        self.took()
