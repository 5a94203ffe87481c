"""The companion's skills that need no memory: the time, the date, and how long the session lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .notebook import in_a_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .talk import Talk


def the_time(talk: Talk, _captures: Sequence[str]) -> str:
    """The time of day."""
    now, zone = _local(talk)
    return f"It is {now:%H:%M} ({zone})."


def the_date(talk: Talk, captures: Sequence[str]) -> str:
    """The date of today, yesterday or tomorrow."""
    now, _zone = _local(talk)
    word = next((capture.lower() for capture in captures if capture.lower() in _NEAR_DAYS), "today")
    day = now + timedelta(days=_NEAR_DAYS[word])
    verb = {-1: "was", 0: "is", 1: "is"}[_NEAR_DAYS[word]]
    return f"{word.capitalize()} {verb} {day:%A}, {day.day} {day:%B %Y}."


_NEAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def _local(talk: Talk) -> tuple[datetime, str]:
    """Now in the zone the client told of in its metadata, else in UTC, and the zone's name."""
    for metadata in (talk.context.message.metadata, talk.context.session.metadata):
        name = metadata.get("timezone")
        if isinstance(name, str):
            try:
                return talk.context.now.astimezone(ZoneInfo(name)), name
            except (ValueError, OSError, KeyError):
                continue  # not a zone, or the machine has no table of zones
    return talk.context.now, "UTC"


def the_session(talk: Talk, _captures: Sequence[str]) -> str:
    """How long this session still lives, and what keeps it alive."""
    session, now = talk.context.session, talk.context.now
    ends, last = session.expires_at, session.created_at + session.timeout.max_duration
    begins = f"This session ends in {_span(session.time_remaining(now))}, at {_clock_time(ends, now)}"
    if not session.timeout.auto_renew:
        return f"{begins}. Messages do not prolong it."
    if ends >= last:
        return f"{begins}. That is as long as it may last."
    return f"{begins}. Each message gives it another {_span(session.timeout.timeout)}, until {_clock_time(last, now)}."


def the_length(talk: Talk, _captures: Sequence[str]) -> str:
    """How long the talk has lasted."""
    lasted = _span(talk.context.now - talk.context.session.created_at)
    count = len(talk.sayings)
    return f"We have been talking for {lasted}, and this is your {_ordinal(count)} message that I can see."


def _span(span: timedelta) -> str:
    minutes = round(max(span, timedelta(0)) / timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute"
    parts = [_counted(minutes // 1440, "day"), _counted(minutes // 60 % 24, "hour"), _counted(minutes % 60, "minute")]
    return in_a_row([part for part in parts if part][:2])


def _counted(number: int, what: str) -> str:
    return "" if number == 0 else f"{number} {what}{'' if number == 1 else 's'}"


def _clock_time(instant: datetime, now: datetime) -> str:
    day = "" if instant.date() == now.date() else f" on {instant.day} {instant:%B}"
    return f"{instant:%H:%M} UTC{day}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
