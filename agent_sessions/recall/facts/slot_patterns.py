"""The patterns by which facts in the third person are read as slots ("User lives in ...", "User's dog is called ...").

Each is matched after the subject. ``(?P<value>`` takes the value, ``(?P<of>`` what is counted, ``(?P<not>`` a denial.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Holds(Enum):
    """How many values a slot has at once, and whether they change in the course of a life."""

    ONE_FOR_LIFE = "one, for life"
    ONE_AT_A_TIME = "one at a time"
    MANY = "many"


class SlotPattern(NamedTuple):
    """``ended``: the pattern itself tells that it is over ("used to live in")."""

    pattern: re.Pattern[str]
    key: str
    holds: Holds
    ended: bool


_RANK = r"(?:best |older |younger |big |little |twin |oldest |youngest |step|late )*"
SUBJECT = (
    r"(?P<who>User(?: and their [\w'-]+(?: [A-Z]\w+)?)?"
    rf"(?:'s {_RANK}[\w-]+(?: [A-Z]\w+)?)?)"
)
ADVERBS = (
    r"(?:(?:now|currently|also|still|actually|just|recently|officially|really|originally|mostly|usually|"
    r"no longer|never|"
    r"always) )*"
)
_NOT = r"(?P<not>not |no longer |n't )?"
_ANYMORE = r"(?: anymore| any more| any longer)?"
_DENIED = rf"(?:{ADVERBS}doesn't|no longer|{ADVERBS}don't)"
_POST = r"(?: new)? (?:\w+ ){0,2}(?:job|position|role)"
_TRADES = (
    r"(?:nurse|teacher|doctor|engineer|developer|designer|lawyer|chef|pilot|driver|student|artist|writer|"
    r"accountant|manager|"
    r"architect|electrician|plumber|carpenter|photographer|programmer|scientist|researcher|consultant|analyst|"
    r"dentist|therapist|"
    r"barista|waiter|waitress|cashier|librarian|journalist|editor|producer|musician|mechanic|firefighter|"
    r"paramedic|professor|"
    r"veterinarian|vet|farmer|translator|receptionist|salesperson|realtor|freelancer|entrepreneur)"
)
_NUMBER = r"(?:\d+|no|one|two|three|four|five|six|seven|eight|nine|ten|an?)"
_COUNTED = r"(?:cats?|dogs?|kids?|children|child|sons?|daughters?|brothers?|sisters?|siblings?)"
_DIETS = r"(?:vegetarian|vegan|pescatarian|keto|paleo|gluten[- ]free)"


def _pattern(text: str, key: str, *, holds: Holds = Holds.ONE_AT_A_TIME, ended: bool = False) -> SlotPattern:
    return SlotPattern(re.compile(rf"^{SUBJECT} (?:{text})", re.IGNORECASE), key, holds, ended)


PATTERNS = (
    _pattern(r"used to live (?:in|at|near) (?P<value>.+)", "residence", ended=True),
    _pattern(
        rf"{ADVERBS}(?:lives?|living|is living|(?:has|have) (?:been living|lived)|is based|are based|resides?|"
        rf"is located|"
        r"(?:has |have )?moved(?: back| over| here)?|(?:has )?relocated|(?:is|are) moving) (?:back )?"
        r"(?:in|to|into|at|near) (?P<value>.+)",
        "residence",
    ),
    _pattern(rf"{_DENIED} lives? (?:in|at|near) (?P<value>.+?){_ANYMORE}", "residence", ended=True),
    _pattern(
        rf"{ADVERBS}(?:is|are) (?:originally )?from (?P<value>.+)|{ADVERBS}(?:was|"
        rf"were) born(?: and raised)? in (?P<value2>[A-Z].+)",
        "origin",
        holds=Holds.ONE_FOR_LIFE,
    ),
    _pattern(
        rf"{_DENIED} works? (?:at|for|as) (?P<value>.+?){_ANYMORE}|(?:has |{ADVERBS})?(?:quit|left|resigned from|"
        r"got (?:fired|laid off) from|was (?:fired|laid off) from|retired from) "
        r"(?:their (?:job|position|role)(?: at| with)? )?(?P<value2>.+)",
        "employer",
        ended=True,
    ),
    _pattern(r"used to work (?:at|for) (?P<value>.+)", "employer", ended=True),
    _pattern(
        rf"{ADVERBS}(?:works?|is working|started (?:working )?|has been working|got (?:a|an|the|their){_POST}|"
        rf"started (?:a|an|the|their){_POST}|joined|is employed) ?(?:at|for|with|by) (?P<value>[A-Z].*)",
        "employer",
    ),
    _pattern(
        rf"{ADVERBS}works? as (?P<value>.+)|{ADVERBS}(?:is|"
        rf"became) (?P<value2>an? (?:[\w-]+ ){{0,3}}{_TRADES})(?:\b.*)",
        "occupation",
    ),
    _pattern(
        rf"{ADVERBS}(?:was|were) born on (?P<value>.+)|{ADVERBS}(?:was|were) born in (?P<value2>(?:19|20)\d\d)",
        "birthday",
        holds=Holds.ONE_FOR_LIFE,
    ),
    _pattern(
        r"(?:is|are|goes by|was) (?:called|named) (?P<value>.+)|goes by (?P<value2>.+)",
        "name",
        holds=Holds.ONE_FOR_LIFE,
    ),
    _pattern(rf"{ADVERBS}(?:is|just turned|turned|is turning) (?P<value>\d{{1,3}})(?: years? old)?(?: now)?$", "age"),
    _pattern(
        rf"{ADVERBS}(?:is|are|isn't|was) {_NOT}(?:\w+ly )?allergic to (?P<value>.+?)(?: too| as well)?",
        "allergy",
        holds=Holds.MANY,
    ),
    _pattern(
        rf"{ADVERBS}(?:is|became|went|turned|isn't) {_NOT}(?:an? )?(?P<value>{_DIETS})(?: (?:now|anymore|any more))?",
        "diet",
    ),
    _pattern(
        rf"{ADVERBS}(?:is|got|isn't|are) {_NOT}(?P<value>married|single|engaged|divorced|widowed|separated)\b.*",
        "marital status",
    ),
    _pattern(rf"{ADVERBS}(?:has|have|owns?) (?P<value>{_NUMBER}) (?P<of>{_COUNTED})\b.*", "count"),
    _pattern(
        rf"{ADVERBS}(?:is |are )?(?:stud(?:y|ies|ying)|major(?:s|ing) in) (?P<value>.+?)(?: (?:at|in) .+)?", "subject"
    ),
    _pattern(rf"{ADVERBS}drives? (?P<value>an? .+|[A-Z0-9].*)", "car"),
    _pattern(rf"{ADVERBS}weighs? (?P<value>.*\d.*)", "weight"),
)

_ATTRIBUTES = (
    r"(?:birthday|name|age|anniversary|address|email(?: address)?|phone number|phone|laptop|car|job|title|"
    r"employer|blood type|"
    r"height|weight|shoe size|budget|time ?zone|major|school|degree|nationality|religion|star sign|zodiac sign|"
    r"native language|"
    r"wedding|due date|deadline|flight|appointment|meeting|interview|exam|surgery|graduation|lease|dinner|party|"
    r"train|goal|"
    r"salary|rent|hometown|maiden name|nickname|bedtime|diet)"
)
ATTRIBUTE = re.compile(
    rf"^(?P<who>User(?:'s [\w-]+(?: [A-Z]\w+)?)?)'s (?P<what>(?:\w+ )?{_ATTRIBUTES}|favou?rite [\w -]+?) "
    r"(?P<verb>is|are|was|got|has been|starts|ends) (?P<value>.+)$",
    re.IGNORECASE,
)
FOR_LIFE = re.compile(
    r"(?:birthday|name|anniversary|blood type|hometown|native language|star sign|zodiac sign|maiden name|nationality|"
    r"favou?rite .*)$"
)
"""Attributes that do not change: two values contradict each other."""
LIKING = re.compile(
    rf"^{SUBJECT} (?P<neg>(?:really )?(?:doesn't|does not|didn't|don't) (?:really )?|no longer |never )?{ADVERBS}"
    r"(?P<verb>likes?|loves?|enjoys?|adores?|hates?|dislikes?|can't stand|eats?|drinks?|smokes?|plays?|speaks?|"
    r"uses?|owns?)"
    r"(?: (?P<value>.+?))?(?P<end> anymore| any more| any longer)?$",
    re.IGNORECASE,
)
HATING = ("hate", "dislike", "can't stand")
