"""Finds the dates in what people say, and the whole days they stand for.

Days are local to the speaker's zone and come back in UTC: from 00:00:00 of the first day to 23:59:59 of the last.
Only English is read. Clock times ("at 3pm") are not: a date is at least a day long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from agent_sessions.recall.dates import calendar_rules, near_day_rules, period_rules
from agent_sessions.recall.dates.days import Days, instants, local_day, one_day
from agent_sessions.recall.dates.rules import RULES, Lean, Match, Rule, Said
from agent_sessions.recall.dates.words import may_hold_date

# Reading a rule file registers its rules; where two readings are equally long, the earlier file wins.
RULE_FILES = (near_day_rules, period_rules, calendar_rules)

__all__ = ["DateSpan", "Lean", "find_dates", "lean_of", "whole_day"]

_FUTURE = re.compile(
    r"\b(?:will|won['’]t|shall|going to|gonna|plan(?:s|ning)?|hop(?:e|ing)|upcoming|next|tomorrow|about to"
    r"|scheduled|due|deadline|"
    r"booked for|looking forward|by|until|have (?:a|an|my|the) (?:\w+ ){0,3}(?:appointment|meeting|interview"
    r"|exam|test|flight|date)|"
    r"(?:flying|leaving|travell?ing|moving|getting married|starting|visiting|meeting|seeing) )\b|['’]ll\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|wasn['’]t|weren['’]t|did|didn['’]t|had|went|(?<!ve )got|came|saw|met|took|made|bought|ate|left"
    r"|began|started|told|"
    r"said|gave|found|lost|won|ran|drove|flew|wrote|read|spent|broke|fell|sold|built|taught|became|grew|born"
    r"|ago|last|since|been|"
    r"quit|put|paid|sent|kept|felt|thought|brought|caught|held|led|heard|\w{2,}(?<!ne)(?<!fe)(?<!spe)ed)\b|"
    r"['’]ve\b(?! got)",
    re.IGNORECASE,
)
_MOVING = re.compile(r"\b(?:last|next|this|past|coming)\b", re.IGNORECASE)
_PRESENT = re.compile(r"\b(?:I['’]m|am|is|are|we['’]re|have|has|want|need|got)\b", re.IGNORECASE)
# Just before a date these make it one to come, whatever the sentence tells of the past ("I booked a flight for May 3").
_AHEAD = re.compile(
    r"\b(?:starting|beginning|due|booked(?: for)?|scheduled(?: for)?|planned(?: for)?|set for|coming up|expires|"
    r"deadline|"
    r"leaving|departing|arriving|flight)\s+(?:on |in )?$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"^since\b", re.IGNORECASE)
_UNTIL = re.compile(r"(?:until|till)\b", re.IGNORECASE)
_AFTER_SINCE = re.compile(r"\bsince\s+(?:about |around |the )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A date in a text: its first and last second in UTC, and where its words stand."""

    start: datetime
    end: datetime
    text_span: tuple[int, int]
    """Character offsets of the words, half open."""
    relative: bool
    """Whether the words ("yesterday") mean another day when read later."""


def find_dates(text: str, *, said_at: datetime, zone: tzinfo = UTC, lean: Lean | None = None) -> list[DateSpan]:
    """The dates in ``text``, in the order they stand there, none overlapping another.

    ``said_at`` is the aware instant it was said, ``zone`` where the speaker lives; ``lean`` settles words such as
    "on Friday" and is read off the text when not given.
    """
    if not may_hold_date(text):
        return []
    said = Said(local_day(said_at, zone), lean or lean_of(text))
    read = [(match, days, rule) for match, rule in _matches(text) if (days := _days(match, rule, said=said))]
    return _merged(_longest_first(read), text, zone=zone)


def lean_of(text: str) -> Lean:
    """Whether a sentence speaks of the past, of the future, or of neither."""
    future = _FUTURE.search(text)
    past = _PAST.search(text)
    if bool(future) == bool(past):
        return Lean.NEITHER if not past or not future else _first_said(past, future)
    return Lean.FUTURE if future else Lean.PAST


def _first_said(past: Match, future: Match) -> Lean:
    return Lean.PAST if past.start() < future.start() else Lean.FUTURE


def whole_day(at: datetime, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """The first and last second, in UTC, of the local day an instant falls on."""
    return instants(one_day(local_day(at, zone)), zone)


def _matches(text: str) -> list[tuple[Match, Rule]]:
    lowered = text.lower()
    tried = (rule for rule in RULES if any(sign in lowered for sign in rule.signs))
    return [(match, rule) for rule in tried for match in rule.pattern.finditer(text)]


def _days(match: Match, rule: Rule, *, said: Said) -> Days | None:
    try:
        days = rule.read(match, Said(said.day, _lean_at(match, said.lean)))
    except (OverflowError, ValueError):
        return None  # a count of years that leads out of the calendar is no date
    if days and (_SINCE.search(match[0]) or _AFTER_SINCE.search(match.string[: match.start()])):
        return Days(min(days.first, said.day), said.day)
    if days and _UNTIL.match(match[0]) and days.last > said.day:
        return Days(said.day, days.last)
    return days


def _lean_at(match: Match, lean: Lean) -> Lean:
    """The words before a date settle which way it looks; only when they tell nothing does the whole sentence."""
    before = match.string[: match.start()]
    if _AHEAD.search(before):
        return Lean.FUTURE
    if lean is Lean.PAST and _PRESENT.search(before) and lean_of(before) is Lean.NEITHER:
        return Lean.NEITHER
    return lean


Read = tuple[Match, Days, Rule]


def _longest_first(read: list[Read]) -> list[Read]:
    """Of overlapping readings the longest stands; then in the order of the text."""
    kept: list[Read] = []
    for found in sorted(read, key=lambda each: (-len(each[0][0]), each[0].start())):
        if not any(found[0].start() < other[0].end() and other[0].start() < found[0].end() for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda each: each[0].start())


def _merged(read: list[Read], text: str, *, zone: tzinfo) -> list[DateSpan]:
    """Joins "from May 3 to June 2" into one span, and "yesterday, May 3" stays two."""
    links = calendar_rules.joined([match.span() for match, _, _ in read], text)
    spans: list[DateSpan] = []
    for position, (match, days, rule) in enumerate(read):
        start, end = instants(days, zone)
        previous = spans[-1] if position and links[position - 1] and _opens_range(read[position - 1][0]) else None
        if previous and timedelta(0) < end - previous.start:
            spans[-1] = DateSpan(
                previous.start, end, (previous.text_span[0], match.end()), previous.relative or _moves(match, rule)
            )
        else:
            spans.append(DateSpan(start, end, match.span(), _moves(match, rule)))
    return spans


def _moves(match: Match, rule: Rule) -> bool:
    return rule.relative or bool(_MOVING.search(match[0]))


def _opens_range(match: Match) -> bool:
    before = match.string[max(0, match.start() - 8) : match.start()] + match[0]
    return bool(re.search(r"\b(?:from|between)\b", before, re.IGNORECASE))
