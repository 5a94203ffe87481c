"""Times as this wire writes them: ISO text with exactly three fraction digits and ``Z``, or epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
WITH_FRACTION = len('"2026-01-01T12:00:00.000000Z"')


def iso(instant: datetime) -> str:
    """An aware UTC instant as JavaScript's ``Date`` prints it. (orjson writes times three times faster than Python.)"""
    written = orjson.dumps(instant, option=orjson.OPT_UTC_Z).decode()
    return f"{written[1:24]}Z" if len(written) == WITH_FRACTION else f"{written[1:20]}.000Z"


def epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (instant - EPOCH) // MILLISECOND


def whole_ms(span: timedelta) -> int:
    """A span in whole milliseconds."""
    return span // MILLISECOND
