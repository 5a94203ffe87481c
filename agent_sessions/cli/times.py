"""Instants and spans of time as people read them."""

from datetime import UTC, datetime
from math import ceil


def span(milliseconds: float) -> str:
    """``4:05`` (minutes and seconds, begun ones included), from an hour on ``1:04:05``. Never negative."""
    seconds = max(ceil(milliseconds / 1000), 0)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def moment(iso: str) -> str:
    """``2026-03-02 12:00:05``, in UTC and to the second, of an instant in ISO form."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def length(minutes: float) -> str:
    """``30 min``, ``1.5 min``; whole hours from two on as ``12 h``."""
    return f"{minutes / 60:g} h" if minutes >= 120 and minutes % 60 == 0 else f"{minutes:g} min"
