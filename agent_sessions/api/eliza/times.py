"""Times as this wire writes them: ISO text with exactly three fraction digits and ``Z``, or epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)


def iso(instant: datetime) -> str:
    """An aware UTC instant as JavaScript's ``Date`` prints it."""
    return instant.isoformat(timespec="milliseconds")[:-6] + "Z"


def epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (instant - EPOCH) // MILLISECOND


def whole_ms(span: timedelta) -> int:
    """A span in whole milliseconds."""
    return span // MILLISECOND
