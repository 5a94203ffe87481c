"""The words dates are made of, and what number each stands for."""

from __future__ import annotations

import re

from agent_sessions.recall.language.lexicon_files import words_of

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tues tue",
            "wednesday wed",
            "thursday thurs thur thu",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
NUMBERS = {
    word: number
    for number, words in {
        1: "a an one another",
        2: "two couple",
        3: "three few",
        4: "four several",
        5: "five",
        6: "six",
        7: "seven",
        8: "eight",
        9: "nine",
        10: "ten",
        11: "eleven",
        12: "twelve",
        15: "fifteen",
        20: "twenty",
        30: "thirty",
    }.items()
    for word in words.split()
}

WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
SHORT_WEEKDAY = r"(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
SEASON = r"(?:spring|summer|autumn|fall|winter)"
COUNT = (
    r"(?:\d{1,3}|(?:a |the )?couple(?: of)?|a few|few|several|another|an?|one|two|three|four|five|six|seven"
    r"|eight|nine|ten"
    r"|eleven|twelve|fifteen|twenty|thirty)"
)
UNIT = r"(?:minute|min|hour|hr|day|night|week|fortnight|weekend|month|year|yr|decade)s?"
YEAR = r"(?:19|20)\d\d"

_SIGNS = words_of("date_signs")
_WORDS_OF_DATES = _SIGNS | frozenset(WEEKDAYS) | frozenset(MONTHS) - {"may"}
_WORD = re.compile(r"[a-z]+|\d")


def may_hold_date(text: str) -> bool:
    """Whether there is a word or a digit of the kind dates are made of; most sentences have none and are let go."""
    words = _WORD.findall(text.lower())
    return not _WORDS_OF_DATES.isdisjoint(words) or any(map(str.isdigit, words)) or "may" in words


def number_of(words: str) -> int:
    """The number a COUNT stands for; "a few" is taken as three, "several" as four."""
    if words.isdigit():
        return int(words)
    named = [NUMBERS[word] for word in words.lower().split() if word in NUMBERS]
    return max(named)


MONTH_SIGNS = "jan feb mar apr may jun jul aug sep oct nov dec"
