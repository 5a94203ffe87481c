"""How long to wait before what failed is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
SPREAD = 0.2
"""What failed together shall not come back together: waits differ by up to this part of themselves."""


def delay(attempts: int) -> timedelta:
    """The wait after so many failures of one event in a row: 5 s, 10 s, 20 s ... up to an hour, less up to a fifth."""
    return doubled(FIRST, attempts - 1, most=LONGEST) * random.uniform(1 - SPREAD, 1)  # noqa: S311 - guards nothing


def doubled(span: timedelta, times: int, *, most: timedelta) -> timedelta:
    """The span, twice as long so many times."""
    return min(span * (1 << min(times, 20)), most)
