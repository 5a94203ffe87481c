"""The rules for spans with a name: weeks, weekends, months, years, seasons and feasts ("last Christmas")."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from dateutil.easter import easter

from agent_sessions.recall.dates.days import (
    Days,
    month_of,
    one_day,
    season_of,
    week_of,
    weekday_from,
    weekend_of,
    year_of,
)
from agent_sessions.recall.dates.rules import Lean, Match, Said, nearest, rule, step_of, third_of
from agent_sessions.recall.dates.words import SEASON, YEAR

if TYPE_CHECKING:
    from collections.abc import Callable


@rule(
    r"(?:(?:over|at|on|for|during) )?(?:the )?(?P<which>this past|this coming|last|past|this|next|coming) "
    r"(?P<what>weekend|week|month|year)(?P<double> (?:before last|after next))?",
    signs="last past this next coming",
)
def _certain_period(match: Match, said: Said) -> Days:
    which, what = match["which"].lower(), match["what"].lower()
    back = which in ("last", "past", "this past")
    count = 0 if which == "this" else -1 if back else 1
    return _period(what, count * (2 if match["double"] else 1), said)


@rule(r"the (?P<what>weekend|week|month|year) (?P<which>before last|after next)", signs="before after")
def _period_before_last(match: Match, said: Said) -> Days:
    return _period(match["what"].lower(), -2 if match["which"].lower() == "before last" else 2, said)


def _period(what: str, count: int, said: Said) -> Days:
    day = said.day + step_of(count, "week" if what == "weekend" else what)
    if what == "year":
        return year_of(day.year)
    return {"weekend": weekend_of, "week": week_of, "month": month_of}[what](day)


@rule(r"(?:over|at|on|during|for) the weekend|the weekend", signs="weekend")
def _the_weekend(_match: Match, said: Said) -> Days:
    if said.lean is Lean.PAST and said.day.weekday() < 5:
        return _period("weekend", -1, said)
    return weekend_of(said.day)


@rule(
    r"(?:at |by |in |towards? |from )?(?:the )?(?P<part>early|earlier|beginning of|start of|mid|middle of|late"
    r"|later|end of) (?P<which>this |next |last |the )?(?P<what>week|month"
    r"|year)",
    signs="early earl begin start mid late end",
)
def _part_of_period(match: Match, said: Said) -> Days:
    count = {"next": 1, "last": -1}.get((match["which"] or "").strip().lower(), 0)
    whole = _period(match["what"].lower(), count, said)
    part = match["part"].lower()
    if part == "earlier":
        return Days(whole.first, max(whole.first, said.day))
    if part == "later":
        return Days(min(whole.last, said.day), whole.last)
    return third_of(whole, part)


@rule(
    rf"(?:(?:in|during|since|over|by|until|back in) )?(?:the )?(?P<which>last|this past|this|next|coming)"
    rf"(?: coming)? (?P<season>{SEASON})",
    signs="spring summer autumn fall winter",
)
def _certain_season(match: Match, said: Said) -> Days:
    seasons = [season_of(said.day.year + step, match["season"].lower()) for step in (-2, -1, 0, 1)]
    which = match["which"].lower()
    if which in ("last", "this past"):
        return [days for days in seasons if days.last < said.day][-1]
    if which == "this":
        return season_of(said.day.year, match["season"].lower())
    return next(days for days in seasons if days.first > said.day)


@rule(
    rf"(?:in |since |over |by |during )?(?:the )?(?P<season>{SEASON}) (?:of )?"
    rf"(?P<year>{YEAR})",
    relative=False,
    signs="spring summer autumn fall winter",
)
def _season_of_year(match: Match, _said: Said) -> Days:
    return season_of(int(match["year"]), match["season"].lower())


@rule(
    r"(?:in|over|during) (?:the )?(?P<season>summer|winter|spring|autumn"
    r"|fall)",
    signs="spring summer autumn fall winter",
)
def _season(match: Match, said: Said) -> Days | None:
    """Said of habits too ("I ski in winter"), so only a sentence that leans makes it a date."""
    if said.lean is Lean.NEITHER:
        return None
    return nearest([season_of(said.day.year + step, match["season"].lower()) for step in (-1, 0, 1)], said)


_FEASTS: dict[str, Callable[[int], date]] = {
    "christmas eve": lambda year: date(year, 12, 24),
    "christmas": lambda year: date(year, 12, 25),
    "xmas": lambda year: date(year, 12, 25),
    "boxing day": lambda year: date(year, 12, 26),
    "new year eve": lambda year: date(year, 12, 31),
    "new year": lambda year: date(year, 1, 1),
    "halloween": lambda year: date(year, 10, 31),
    "valentine": lambda year: date(year, 2, 14),
    "easter": easter,
    "thanksgiving": lambda year: weekday_from(date(year, 11, 22), 3),
}


@rule(
    r"(?:(?:on|at|for|over|by|since|around) )?(?:(?P<which>last|this|this past|next) )?(?P<feast>christmas"
    r"(?: eve| day)?|xmas|boxing day|new year['’]?s?(?: eve| day)?|halloween|valentine['’]?s(?: day)?|easter"
    r"(?: sunday)?|thanksgiving)(?: (?P<year>(?:19|20)\d\d))?",
    relative=False,
    signs="mas boxing new halloween valent easter thanks",
)
def _feast(match: Match, said: Said) -> Days | None:
    name = re.sub(r"['’]?s\b(?<!mas)(?<!xmas)", "", match["feast"].lower()).strip()
    on = _FEASTS[name if name in _FEASTS else name.removesuffix(" day").removesuffix(" sunday")]
    if match["year"]:
        return one_day(on(int(match["year"])))
    years = [one_day(on(said.day.year + step)) for step in (-1, 0, 1)]
    which = (match["which"] or "").lower()
    if which in ("last", "this past"):
        return [days for days in years if days.first < said.day][-1]
    if which == "next" or (which == "this" and said.lean is not Lean.PAST):
        return next(days for days in years if days.first >= said.day)
    return None if said.lean is Lean.NEITHER else nearest(years, said)
