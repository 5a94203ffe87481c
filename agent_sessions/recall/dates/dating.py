"""When the event of a clause was, and the clause without the words that would be wrong tomorrow ("yesterday")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from agent_sessions.recall.dates.finding import DateSpan, find_dates, whole_day

# After these a date cannot be left out: "my flight is ...", "it starts ...", "since ...".
_NEEDS_DATE = re.compile(
    r"(?:\b(?:is|are|was|were|be|been|coming up|start(?:s|ed|ing)?|begin(?:s|ning)?|began|end(?:s|ed|ing)?|due|"
    r"until|till|"
    r"by|since|from|for|to|before|after|"
    r"around|of|and|the|a|'s|falls|happened|happens|expires|runs)|'s)\s*(?:on |in )?$",
    re.IGNORECASE,
)
_LEADS = re.compile(r"^(?P<lead>since|until|till|by|before|after|around|for|from)\b", re.IGNORECASE)
_UNTIL_NOW = re.compile(r"\bfor the (?:past|last) (?:[\w ]+ )?(?:day|week|month|year)s?$", re.IGNORECASE)
_SOME_YEARS, _SOME_MONTHS = 729, 61
"""Days; a time as long is told by the year, or by the month, in which it began."""
_MONDAY, _SATURDAY = 0, 5
_HABIT = re.compile(r"\b(?:every|each)\s*$", re.IGNORECASE)
_EDGES = re.compile(r"^[\s,]+|[\s,]+$")


@dataclass(frozen=True, slots=True)
class Dated:
    """A clause and the whole days (as UTC instants) of its event; ``stated`` tells whether it named them."""

    text: str
    start: datetime
    end: datetime
    stated: bool


def dated(text: str, *, said_at: datetime, zone: tzinfo) -> Dated:
    """Without a date of its own, a clause is of the day it was said."""
    spans = find_dates(text, said_at=said_at, zone=zone)
    spans = [span for span in spans if not _HABIT.search(text[: span.text_span[0]])]
    if not spans:
        return Dated(text, *whole_day(said_at, zone), stated=False)
    event = _event_of(spans)
    return Dated(_timeless(text, spans, zone=zone), event.start, event.end, stated=True)


def _event_of(spans: list[DateSpan]) -> DateSpan:
    """Of several dates the first, or a narrower one that lies within it ("on the 3rd, last month")."""
    chosen = spans[0]
    for span in spans[1:]:
        if chosen.start <= span.start and span.end <= chosen.end:
            chosen = span
    return chosen


def _timeless(text: str, spans: list[DateSpan], *, zone: tzinfo) -> str:
    for span in reversed([span for span in spans if span.relative]):
        begin, end = span.text_span
        before, words, after = text[:begin], text[begin:end], text[end:]
        if _NEEDS_DATE.search(before) or _LEADS.match(words) or (not before.strip() and not after.strip()):
            text = f"{before}{absolute(span, words, before=before, zone=zone)}{after}"
        else:
            text = f"{before.rstrip(' ,')} {after.lstrip(' ,')}" if before.strip() else after.lstrip(" ,")
    return re.sub(r"\s+", " ", _EDGES.sub("", text))


def absolute(span: DateSpan, words: str, *, before: str, zone: tzinfo) -> str:
    """The days of a span as words that stay true: "on May 24, 2024", "in May 2024", "since 2023"."""
    first, last = span.start.astimezone(zone), span.end.astimezone(zone)
    lead = _LEADS.match(words)
    preposition = lead["lead"].lower() if lead else ""
    if _UNTIL_NOW.search(f"{before}{words}"):
        return f"since {_span_start(first, last)}"
    if preposition == "since" or re.search(r"\bsince\s*$", before, re.IGNORECASE):
        return f"{preposition} {_day(first)}".strip()
    single = first.date() == last.date()
    named = _named_range(first, last)
    if preposition in ("until", "till"):
        return f"{preposition} {_day(last)}"
    if preposition or re.search(
        r"\b(?:on|in|by|until|till|since|for|to|of|and|before|after|around|the)\s*$", before, re.IGNORECASE
    ):
        return f"{preposition} {named}".strip()
    return (
        f"on {named}"
        if single or "weekend" in named
        else f"in {named}"
        if named[-4:].isdigit() and " to " not in named
        else f"from {named}"
    )


def _named_range(first: datetime, last: datetime) -> str:
    if first.date() == last.date():
        return _day(first)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        if (first.month, last.month) == (1, 12) and first.year == last.year:
            return str(first.year)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%B} {first.year}"
    days = (last.date() - first.date()).days + 1
    if days == 7 and first.weekday() == _MONDAY:
        return f"the week of {_day(first)}"
    if days == 2 and first.weekday() == _SATURDAY:
        return f"the weekend of {_day(first)}"
    return f"{_day(first)} to {_day(last)}"


def _span_start(first: datetime, last: datetime) -> str:
    """As exact as the length of the time allows: the year of ten years, the month of ten months."""
    days = (last - first).days
    return str(first.year) if days > _SOME_YEARS else f"{first:%B} {first.year}" if days > _SOME_MONTHS else _day(first)


def _day(at: datetime) -> str:
    return f"{at:%B} {at.day}, {at.year}"
