"""The rules for dates that name a month, a year or a numbered day: "May 4", "in 2019", "on the 3rd", "12/05/2024"."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from agent_sessions.recall.dates.days import Days, month_of, one_day, year_of
from agent_sessions.recall.dates.rules import Lean, Match, Said, nearest, rule, third_of
from agent_sessions.recall.dates.words import MONTH, MONTH_SIGNS, MONTHS, YEAR

_PREPOSITION = r"(?:(?:on|in|by|until|till|since|from|around|before|after|for|during|back in|as of) )?"
_ORDINAL = r"(?:st|nd|rd|th)"


def month_number(word: str) -> int:
    return MONTHS[word.lower()]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _each_year(said: Said, month: int, day: int) -> list[Days]:
    years = (said.day.year + step for step in (-1, 0, 1))
    return [one_day(found) for year in years if (found := _day(year, month, day))]


def _dated(said: Said, month: str, *, day: str, year: str | None) -> Days | None:
    number = month_number(month)
    if year:
        found = _day(int(year), number, int(day))
        return one_day(found) if found else None
    choices = _each_year(said, number, int(day))
    return nearest(choices, said) if choices else None


@rule(
    rf"{_PREPOSITION}(?:the )?(?P<month>{MONTH})\.? (?:the )?(?P<day>\d{{1,2}}){_ORDINAL}?(?:,? "
    rf"(?P<year>{YEAR}))?(?![\d:]|\s?(?:am|pm|years?)\b)",
    relative=False,
    signs=MONTH_SIGNS,
)
def _month_day(match: Match, said: Said) -> Days | None:
    return _dated(said, match["month"], day=match["day"], year=match["year"])


@rule(
    rf"{_PREPOSITION}(?:the )?(?P<day>\d{{1,2}}){_ORDINAL}?(?: of)? (?P<month>{MONTH})\.?(?:,? (?P<year>{YEAR}))?",
    relative=False,
    signs=MONTH_SIGNS,
)
def _day_month(match: Match, said: Said) -> Days | None:
    return _dated(said, match["month"], day=match["day"], year=match["year"])


@rule(
    rf"{_PREPOSITION}(?P<month>{MONTH})\.? (?P<first>\d{{1,2}}){_ORDINAL}?\s?(?:-|–|to|through|until)\s?(?:"
    rf"(?P<month2>{MONTH})\.? )?(?P<last>\d{{1,2}}){_ORDINAL}?(?:,? (?P<year>{YEAR}))?",
    relative=False,
    signs=MONTH_SIGNS,
)
def _span_of_days(match: Match, said: Said) -> Days | None:
    first = _dated(said, match["month"], day=match["first"], year=match["year"])
    last = _dated(said, match["month2"] or match["month"], day=match["last"], year=match["year"])
    return Days(first.first, last.last) if first and last and first.first <= last.last else None


@rule(
    rf"(?P<pre>(?:in|by|until|till|since|from|around|before|after|for|during|back in|as of|this|last|next"
    rf"|this past|this coming) )?(?P<part>(?:early|mid|late|the end of|the beginning of)[ -])?"
    rf"(?P<month>{MONTH})(?: of)?(?:,? (?P<year>{YEAR}|last year|this year|next year))?(?! ?\d|')",
    signs=MONTH_SIGNS,
    relative=False,
)
def _month(match: Match, said: Said) -> Days | None:
    if not _names_a_month(match):
        return None
    number, pre = month_number(match["month"]), (match["pre"] or "").strip().lower()
    whole = _month_in(number, match["year"], pre=pre, said=said)
    part = (match["part"] or "").lower().removeprefix("the ")
    return third_of(whole, part) if part else whole


def _names_a_month(match: Match) -> bool:
    """ "May" and "March" are verbs too, and short names are names of people: they need a sign that they are months."""
    word, led = match["month"], match["pre"] or match["part"] or match["year"]
    if led:
        return True
    if word.lower() in ("may", "march", "mar", "jan", "jun", "sep", "dec", "april", "june", "august"):
        return False
    return word[0].isupper()


def _month_in(number: int, year: str | None, *, pre: str, said: Said) -> Days:
    named = (year or "").lower()
    if named.isdigit():
        return month_of(date(int(named), number, 1))
    if named:
        shift = {"last": -1, "this": 0, "next": 1}[named.split()[0]]
        return month_of(date(said.day.year + shift, number, 1))
    months = [month_of(date(said.day.year + step, number, 1)) for step in (-2, -1, 0, 1, 2)]
    if pre in ("last", "this past"):
        return [days for days in months if days.last < said.day][-1]
    if pre in ("next", "this coming"):
        return next(days for days in months if days.first > said.day)
    if pre == "since":
        return [days for days in months if days.first <= said.day][-1]
    return nearest(months, said)


@rule(
    rf"(?:in|since|during|back in|from|around|until|till|by|before|after|of|for|as of|(?P<part>early|mid"
    rf"|late))(?: the year)?[ -](?P<year>{YEAR})",
    relative=False,
    signs="19 20",
)
def _year(match: Match, _said: Said) -> Days:
    whole = year_of(int(match["year"]))
    return third_of(whole, match["part"].lower()) if match["part"] else whole


@rule(
    r"(?:in|during|since) the (?:(?P<part>early|mid|late)[ -])?(?P<century>19|20)?['’]?(?P<decade>\d)0['’]?s",
    relative=False,
    signs="0s 0's 0’s",
)
def _decade(match: Match, _said: Said) -> Days:
    tens = int(match["decade"])
    century = int(match["century"] or (20 if tens < 3 else 19))
    whole = Days(date(century * 100 + tens * 10, 1, 1), date(century * 100 + tens * 10 + 9, 12, 31))
    return third_of(whole, match["part"].lower()) if match["part"] else whole


@rule(
    rf"{_PREPOSITION}(?P<year>{YEAR})[-/.](?P<month>\d{{1,2}})[-/.]"
    rf"(?P<day>\d{{1,2}})",
    relative=False,
    signs="19 20",
)
def _iso(match: Match, _said: Said) -> Days | None:
    found = _day(int(match["year"]), int(match["month"]), int(match["day"]))
    return one_day(found) if found else None


@rule(
    rf"{_PREPOSITION}(?P<a>\d{{1,2}})(?P<sep>[/.-])(?P<b>\d{{1,2}})(?P=sep)(?P<year>(?:19|20)?\d\d)(?![.\d])",
    relative=False,
    signs="/ . -",
)
def _numeric(match: Match, _said: Said) -> Days | None:
    """Slashes are read month first unless that cannot be; dots and dashes day first."""
    first, second, year = int(match["a"]), int(match["b"]), int(match["year"])
    year = year if year > 99 else 2000 + year if year < 70 else 1900 + year
    month_first, day_first = _day(year, first, second), _day(year, second, first)
    found = (month_first or day_first) if match["sep"] == "/" else (day_first or month_first)
    return one_day(found) if found else None


@rule(
    rf"(?:on|by|until|till|since|from|before|after) the (?P<day>\d{{1,2}}){_ORDINAL}(?: of (?P<which>this|next"
    rf"|last) month)?(?= ?(?:[.,;!?)]|$|and\b|at\b|for\b|so\b|to\b|in\b|with\b|because\b|when\b"
    rf"|but\b))",
    signs=" the ",
)
def _day_of_month(match: Match, said: Said) -> Days | None:
    shifts = {"this": (0,), "next": (1,), "last": (-1,)}.get((match["which"] or "").lower(), (-1, 0, 1))
    months = ((said.day.replace(day=1) + relativedelta(months=shift)) for shift in shifts)
    days = [one_day(found) for month in months if (found := _day(month.year, month.month, int(match["day"])))]
    return _soonest(days, said) if days else None


def _soonest(days: list[Days], said: Said) -> Days:
    """Without a lean, the numbered day of this month."""
    if said.lean is not Lean.NEITHER or len(days) < 3:
        return nearest(days, said)
    return days[1]


def joined(spans: list[tuple[int, int]], text: str) -> list[bool]:
    """For each neighbouring pair of spans, whether words make one range of them ("from May 3 to June 2")."""
    return [
        bool(re.fullmatch(r"\s?(?:-|–|to|until|till|through|and)\s?", text[a[1] : b[0]], re.IGNORECASE))
        for a, b in pairwise(spans)
    ]
