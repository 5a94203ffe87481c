"""Instants and spans as the database keeps them: whole microseconds, instants since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Microseconds since the epoch."""
    return (instant - EPOCH) // MICROSECOND


def to_micros_or_none(instant: datetime | None) -> int | None:
    """As :func:`to_micros`; None stays None."""
    return None if instant is None else to_micros(instant)


def from_micros(micros: int) -> datetime:
    """The aware UTC instant."""
    return EPOCH + timedelta(0, 0, micros)


def from_micros_or_none(micros: int | None) -> datetime | None:
    """As :func:`from_micros`; None stays None."""
    return None if micros is None else from_micros(micros)


def span_to_micros(span: timedelta) -> int:
    """The length in microseconds."""
    return span // MICROSECOND


def span_from_micros(micros: int) -> timedelta:
    """The span of so many microseconds."""
    return timedelta(0, 0, micros)
