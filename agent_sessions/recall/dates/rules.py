"""The rules dates are read by: a pattern of words, and the days it stands for, given the day it was said.

Each rule is a pattern and a function of one match and the day it was said. A rule answers None when its words turn
out to be no date ("the 3rd time", "may I"). What is said ambiguously is settled by the lean of the sentence: a sentence
about the past takes "on Friday" as the Friday before, one about the future as the Friday to come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from dateutil.relativedelta import relativedelta

from agent_sessions.recall.dates.days import Days


class Lean(Enum):
    """Which way from the day it was said a sentence looks."""

    PAST = "past"
    FUTURE = "future"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Said:
    """When words were said, and which way they look."""

    day: date
    lean: Lean


Match = re.Match[str]
Reader = Callable[[Match, Said], Days | None]


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    signs: tuple[str, ...]
    read: Reader
    relative: bool
    """Whether the words mean another day when read on another day."""


RULES: list[Rule] = []


def rule(pattern: str, *, signs: str, relative: bool = True) -> Callable[[Reader], Reader]:
    """Registers a rule. ``signs`` are pieces of lower-case text, parted by spaces, one of which a text must hold
    for the rule to be tried at all: looking for them costs a tenth of trying the pattern."""

    def keep(read: Reader) -> Reader:
        # ASCII: else "ſ" and "ı" pass for "s" and "i", and the words found are in no table.
        compiled = re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE | re.ASCII)
        RULES.append(Rule(compiled, tuple(signs.split()), read, relative))
        return read

    return keep


def step_of(count: int, unit: str) -> relativedelta:
    unit = unit.lower().rstrip("s")
    if unit in ("minute", "min", "hour", "hr"):
        return relativedelta()
    days = {"day": 1, "night": 1, "week": 7, "weekend": 7, "fortnight": 14}
    if unit in days:
        return relativedelta(days=count * days[unit])
    if unit == "month":
        return relativedelta(months=count)
    return relativedelta(years=count * (10 if unit == "decade" else 1))


def nearest(candidates: list[Days], said: Said) -> Days:
    """Of the same day in several years, the one the sentence means."""
    past = [days for days in candidates if days.first <= said.day]
    future = [days for days in candidates if days.last >= said.day]
    if said.lean is Lean.PAST and past:
        return past[-1]
    if said.lean is Lean.FUTURE and future:
        return future[0]
    return min(candidates, key=lambda days: abs((days.first - said.day).days))


def third_of(whole: Days, part: str) -> Days:
    """The first, middle or last third of a range of days."""
    length = (whole.last - whole.first).days + 1
    third = max(1, length // 3)
    if part.startswith(("early", "beginning", "start")):
        return Days(whole.first, whole.first + timedelta(days=third - 1))
    if part.startswith("mid"):
        return Days(whole.first + timedelta(days=third), whole.last - timedelta(days=third))
    return Days(whole.last - timedelta(days=third - 1), whole.last)
