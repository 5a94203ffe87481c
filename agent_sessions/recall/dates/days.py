"""Arithmetic of whole days: weeks, months, weekends, and how a range of local days becomes two instants.

Knows nothing of words; weeks begin on Monday (ISO 8601).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from dateutil.relativedelta import relativedelta


class Days(NamedTuple):
    """An inclusive range of local calendar days."""

    first: date
    last: date

    def shifted(self, days: int) -> Days:
        step = timedelta(days=days)
        return Days(self.first + step, self.last + step)


def one_day(day: date) -> Days:
    return Days(day, day)


def week_of(day: date) -> Days:
    monday = day - timedelta(days=day.weekday())
    return Days(monday, monday + timedelta(days=6))


def weekend_of(day: date) -> Days:
    monday = week_of(day).first
    return Days(monday + timedelta(days=5), monday + timedelta(days=6))


def month_of(day: date) -> Days:
    first = day.replace(day=1)
    return Days(first, first + relativedelta(months=1, days=-1))


def year_of(year: int) -> Days:
    return Days(date(year, 1, 1), date(year, 12, 31))


def season_of(year: int, name: str) -> Days:
    """Meteorological seasons of the northern half of the world; winter is named after the year it begins in."""
    month = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}[name]
    first = date(year, month, 1)
    return Days(first, first + relativedelta(months=3, days=-1))


def weekday_before(day: date, weekday: int) -> date:
    """The latest such weekday strictly before ``day`` (Monday is 0)."""
    return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)


def weekday_from(day: date, weekday: int) -> date:
    """The first such weekday on or after ``day``."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def local_day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


def instants(days: Days, zone: tzinfo) -> tuple[datetime, datetime]:
    """First second of the first day and last second of the last one, both in UTC."""
    start = datetime.combine(days.first, time(0, 0, 0), zone)
    end = datetime.combine(days.last, time(23, 59, 59), zone)
    return start.astimezone(UTC), end.astimezone(UTC)
