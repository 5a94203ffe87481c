"""Spans of time as people read them."""

from math import ceil


def span(milliseconds: float) -> str:
    """``4:05`` (minutes and seconds, begun ones included), from an hour on ``1:04:05``. Never negative."""
    seconds = max(ceil(milliseconds / 1000), 0)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
