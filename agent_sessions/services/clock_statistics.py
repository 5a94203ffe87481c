"""What the clock did and how punctually, counted so cheaply that it is always on."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LATENESS_BOUNDS_MS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 60_000, 3_600_000)
"""Upper ends of the ranges in which lateness is counted, in milliseconds; one more range has no upper end."""


@dataclass(slots=True)
class Lateness:
    """How late things happened, counted in ranges."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BOUNDS_MS) + 1))
    total_ms: int = 0

    def add(self, late_ms: int) -> None:
        """Count one thing that happened so many milliseconds late."""
        self.counts[bisect_left(LATENESS_BOUNDS_MS, late_ms)] += 1
        self.total_ms += late_ms

    def within(self, share: float) -> int | None:
        """The upper end (ms) of the range that holds this share of all: 0.99 for p99. None: it has no upper end."""
        wanted = share * sum(self.counts)
        reached = 0
        for bound, count in zip(LATENESS_BOUNDS_MS, self.counts, strict=False):
            reached += count
            if reached >= wanted:
                return bound
        return None


@dataclass(slots=True)
class ClockStatistics:
    """Counts since the start of this process.

    ``warned`` and ``expired``: what this process fired; ``lateness``: from a deadline to the commit that says it fired.
    ``failures``: how often the store could not fire or read deadlines; each is tried again.
    ``waiting``: deadlines of the near future kept in memory; ``next_deadline``: the first of these.
    """

    warned: int = 0
    expired: int = 0
    failures: int = 0
    waiting: int = 0
    next_deadline: datetime | None = None
    lateness: Lateness = field(default_factory=Lateness)
