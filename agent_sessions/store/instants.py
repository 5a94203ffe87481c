"""Instants and spans as the database keeps them: whole microseconds, instants since 1970 in UTC; null where absent."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..domain.encoding import MICROSECOND, from_micros, to_micros


def to_micros_or_none(instant: datetime | None) -> int | None:
    """Microseconds since the epoch; None stays None."""
    return None if instant is None else to_micros(instant)


def from_micros_or_none(micros: int | None) -> datetime | None:
    """The aware UTC instant; None stays None."""
    return None if micros is None else from_micros(micros)


def span_to_micros(span: timedelta) -> int:
    """The length in microseconds."""
    return span // MICROSECOND


def span_from_micros(micros: int) -> timedelta:
    """The span of so many microseconds."""
    return timedelta(0, 0, micros)
