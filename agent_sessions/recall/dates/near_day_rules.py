"""The rules for days near the one it was said: "yesterday", "two weeks ago", "last Tuesday", "for ten years"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agent_sessions.recall.dates.days import (
    Days,
    month_of,
    one_day,
    week_of,
    weekday_before,
    weekday_from,
    weekend_of,
    year_of,
)
from agent_sessions.recall.dates.rules import Lean, Match, Said, rule, step_of
from agent_sessions.recall.dates.words import COUNT, SHORT_WEEKDAY, UNIT, WEEKDAY, WEEKDAYS, number_of


def _as_wide_as(unit: str, day: date) -> Days:
    """A day said by days or weeks is that day; one said by months or years is that month or year."""
    unit = unit.lower().rstrip("s")
    if unit == "weekend":
        return weekend_of(day)
    if unit == "month":
        return month_of(day)
    return year_of(day.year) if unit in ("year", "yr", "decade") else one_day(day)


@rule(
    rf"(?:about |around |almost |nearly |roughly |like |over |maybe )?(?P<n>{COUNT}) (?P<unit>{UNIT}) (?:ago"
    rf"|back)(?: today)?",
    signs="ago back",
)
def _ago(match: Match, said: Said) -> Days:
    count, unit = number_of(match["n"]), match["unit"]
    if match["n"].lower() in ("a few", "few", "several") and unit.lower().startswith("day"):
        return Days(said.day - timedelta(days=count + 1), said.day - timedelta(days=2))
    return _as_wide_as(unit, said.day - step_of(count, unit))


@rule(
    rf"in (?:about |around |like )?(?P<n>{COUNT}) (?P<unit>{UNIT})(?:['’]s?)?(?: time)?|(?P<m>{COUNT}) "
    rf"(?P<unit2>{UNIT}) from (?:now|today)",
    signs="in from",
)
def _ahead(match: Match, said: Said) -> Days | None:
    if said.lean is Lean.PAST:
        return None
    count, unit = number_of(match["n"] or match["m"]), match["unit"] or match["unit2"]
    return _as_wide_as(unit, said.day + step_of(count, unit))


@rule(
    rf"(?:(?:for|over|in|during|within) )?the (?:past|last) (?P<n>{COUNT} )?(?P<unit>{UNIT})|(?:past|last) "
    rf"(?P<m>{COUNT}) (?P<unit2>{UNIT})",
    signs="past last",
)
def _up_to_now(match: Match, said: Said) -> Days | None:
    count, unit = match["n"] or match["m"], match["unit"] or match["unit2"]
    return Days(said.day - step_of(number_of(count.strip()) if count else 1, unit), said.day)


@rule(
    rf"for (?:about |around |almost |nearly |over |more than |like |the )?(?P<n>{COUNT})(?: and a half)? "
    rf"(?P<unit>days?|weeks?|months?|years?|decades?)(?: now)?",
    signs="for",
    relative=False,
)
def _lasting(match: Match, said: Said) -> Days | None:
    """Only what has lasted until now ("I have lived here for two years") tells a date."""
    if not re.search(
        r"\b(?:have|has|haven['’]t|hasn['’]t)\b|['’]ve\b|\bbeen\b", match.string[: match.start()], re.IGNORECASE
    ):
        return None
    return Days(said.day - step_of(number_of(match["n"]), match["unit"]), said.day)


@rule(r"(?:earlier |later )?today|tonight|this (?:morning|afternoon|evening)", signs="today tonight this")
def _today(_match: Match, said: Said) -> Days:
    return one_day(said.day)


@rule(
    r"(?P<before>(?:the )?day before )?yesterday(?: (?:morning|afternoon|evening|night))?|last night"
    r"|the other night",
    signs="night yesterday",
)
def _yesterday(match: Match, said: Said) -> Days:
    return one_day(said.day - timedelta(days=2 if match["before"] else 1))


@rule(
    r"(?P<after>(?:the )?day after )?tomorrow(?: (?:morning|afternoon|evening|night))?|tmrw"
    r"|tmr",
    signs="tomorrow tmr",
)
def _tomorrow(match: Match, said: Said) -> Days:
    return one_day(said.day + timedelta(days=2 if match["after"] else 1))


@rule(
    r"(?:just |very |more )?recently|lately|the other day|over the past few days"
    r"|these past few days",
    signs="recently lately the",
)
def _vaguely_recent(_match: Match, said: Said) -> Days:
    return Days(said.day - timedelta(days=7), said.day)


_PART_OF_DAY = r"(?: (?:morning|afternoon|evening|night))?"


@rule(
    rf"(?:on |by |until |till )?(?P<which>this past|this coming|last|past|this|next|coming|the following) "
    rf"(?P<day>{WEEKDAY}|{SHORT_WEEKDAY})\b{_PART_OF_DAY}",
    signs="last past this next coming following",
)
def _certain_weekday(match: Match, said: Said) -> Days:
    """ "Next Friday" is the Friday of next week; "this Friday" the one of this week."""
    which, weekday = match["which"].lower(), WEEKDAYS[match["day"].lower()]
    if which in ("last", "past", "this past"):
        return one_day(weekday_before(said.day, weekday))
    if which == "next":
        return one_day(week_of(said.day + timedelta(days=7)).first + timedelta(days=weekday))
    if which == "this":
        return one_day(week_of(said.day).first + timedelta(days=weekday))
    return one_day(weekday_from(said.day + timedelta(days=1), weekday))


@rule(
    rf"(?:on )?(?P<day>{WEEKDAY}){_PART_OF_DAY} (?:of )?(?P<which>last|this|next) week|(?P<which2>last|this"
    rf"|next) week(?: on)? (?P<day2>{WEEKDAY}){_PART_OF_DAY}",
    signs="week",
)
def _weekday_of_week(match: Match, said: Said) -> Days:
    which, weekday = (match["which"] or match["which2"]).lower(), (match["day"] or match["day2"]).lower()
    week = week_of(said.day).shifted({"last": -7, "this": 0, "next": 7}[which])
    return one_day(week.first + timedelta(days=WEEKDAYS[weekday]))


@rule(
    rf"(?:(?P<on>on|by|until|till|since|before|after|from|for|come) )?(?P<day>{WEEKDAY}|(?<=on "
    rf"|by ){SHORT_WEEKDAY}|(?<!\w)(?-i:Tues?|Wed|Thurs?"
    rf"|Fri))\b{_PART_OF_DAY}",
    signs="day tue wed thu fri sat sun mon",
)
def _weekday(match: Match, said: Said) -> Days | None:
    if re.search(
        r"\b(?:every|each|black|good|alternate|most|any)\s+(?:single "
        r"|other )?$",
        match.string[: match.start()],
        re.IGNORECASE,
    ):
        return None
    weekday = WEEKDAYS[match["day"].lower()]
    if said.lean is Lean.PAST or (match["on"] or "").lower() == "since":
        return one_day(weekday_before(said.day, weekday))
    return one_day(weekday_from(said.day + timedelta(days=said.lean is Lean.FUTURE), weekday))
