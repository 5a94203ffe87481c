"""Spans of time as people read them."""


def span(milliseconds: float) -> str:
    """``4:05`` (minutes and seconds), from an hour on ``1:04:05``. Never negative."""
    seconds = max(int(milliseconds // 1000), 0)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
