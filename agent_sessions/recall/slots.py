"""Reads a fact in the third person as a slot and its value: "User lives in Berlin" is user.residence = Berlin.

Slots are read off the words of a memory alone, so they hold for memories of any origin and need no storing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from agent_sessions.recall.likeness import stems_of


class Holds(Enum):
    """How many values a slot has at once, and whether they change in the course of a life."""

    ONE_FOR_LIFE = "one, for life"
    ONE_AT_A_TIME = "one at a time"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Slot:
    """``key`` names whose and what ("user.residence"); ``value`` is as written; a negated fact denies the value.

    ``ended`` tells that the fact says it is over ("no longer", "quit", "used to").
    """

    key: str
    value: str
    holds: Holds
    negated: bool = False
    ended: bool = False
    called: str = ""
    """What the slot is called in a question ("birthday")."""


_SUBJECT = r"(?P<who>User(?: and their [\w'-]+(?: [A-Z]\w+)?)?(?:'s (?:best |older |younger |big |little |twin |oldest |youngest |step|late )*[\w-]+(?: [A-Z]\w+)?)?)"
_ADV = r"(?:(?:now|currently|also|still|actually|just|recently|officially|really|originally|mostly|usually|no longer|never|always) )*"
_NOT = r"(?P<not>not |no longer |n't )?"
_A_KIND = r"(?:birthday|name|age|anniversary|address|email(?: address)?|phone number|phone|laptop|car|job|title|employer|blood type|height|weight|shoe size|budget|time ?zone|major|school|degree|nationality|religion|star sign|zodiac sign|native language|wedding|due date|deadline|flight|appointment|meeting|interview|exam|surgery|graduation|lease|dinner|party|train|goal|salary|rent|hometown|maiden name|nickname|bedtime|dog's name|cat's name|diet)"
_FOR_LIFE = re.compile(r"(?:birthday|name|anniversary|blood type|hometown|native language|star sign|zodiac sign|maiden name|nationality|favou?rite .*)$")
_PATTERNS: tuple[tuple[re.Pattern[str], str, Holds, bool], ...] = tuple(
    (re.compile(rf"^{_SUBJECT} (?:{pattern})", re.IGNORECASE), key, holds, ended)
    for pattern, key, holds, ended in (
        (rf"used to live (?:in|at|near) {_NOT}(?P<value>.+)", "residence", Holds.ONE_AT_A_TIME, True),
        (rf"{_ADV}(?:lives?|living|is living|(?:has|have) (?:been living|lived)|is based|are based|(?:has |have )?moved(?: back| over| here)?|(?:has )?relocated|resides?|is located|"
         rf"(?:is|are) moving) (?:back )?(?:in|to|into|at|near) (?P<value>.+)", "residence", Holds.ONE_AT_A_TIME, False),
        (rf"(?:{_ADV}doesn't|no longer|{_ADV}don't) lives? (?:in|at|near) (?P<value>.+?)(?: anymore| any more| any longer)?", "residence", Holds.ONE_AT_A_TIME, True),
        (rf"{_ADV}(?:is|are) (?:originally )?from (?P<value>.+)|{_ADV}(?:was|were) born(?: and raised)? in (?P<value2>.+)", "origin", Holds.ONE_FOR_LIFE, False),
        (rf"(?:{_ADV}doesn't|no longer|{_ADV}don't) works? (?:at|for|as) (?P<value>.+?)(?: anymore| any more| any longer)?|(?:has |{_ADV})?(?:quit|left|resigned from|"
         r"got (?:fired|laid off) from|was (?:fired|laid off) from|retired from) (?:their (?:job|position|role)(?: at| with)? )?(?P<value2>.+)", "employer", Holds.ONE_AT_A_TIME, True),
        (rf"used to work (?:at|for) (?P<value>.+)", "employer", Holds.ONE_AT_A_TIME, True),
        (rf"{_ADV}(?:works?|is working|started (?:working )?|has been working|got (?:a|an|the|their)(?: new)? (?:\w+ ){{0,2}}(?:job|position|role)|started (?:a|an|the|their)(?: new)? (?:\w+ ){{0,2}}"
         r"(?:job|position|role)|joined|is employed) ?(?:at|for|with|by) (?P<value>[A-Z].*)", "employer", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}works? as (?P<value>.+)|{_ADV}(?:is|became) (?P<value2>an? (?:[\w-]+ ){{0,3}}(?:nurse|teacher|doctor|engineer|developer|designer|lawyer|chef|pilot|driver|"
         r"student|artist|writer|accountant|manager|architect|electrician|plumber|carpenter|photographer|programmer|scientist|researcher|consultant|analyst|dentist|"
         r"therapist|barista|waiter|waitress|cashier|librarian|journalist|editor|producer|musician|mechanic|firefighter|paramedic|professor|veterinarian|vet|farmer|"
         r"translator|receptionist|salesperson|realtor|freelancer|entrepreneur))(?:\b.*)", "occupation", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}(?:was|were) born on (?P<value>.+)|{_ADV}(?:was|were) born in (?P<value2>(?:19|20)\d\d)", "birthday", Holds.ONE_FOR_LIFE, False),
        (r"(?:is|are|goes by|was) (?:called|named) (?P<value>.+)|goes by (?P<value2>.+)", "name", Holds.ONE_FOR_LIFE, False),
        (rf"{_ADV}(?:is|just turned|turned|is turning) (?P<value>\d{{1,3}})(?: years? old)?(?: now)?$", "age", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}(?:is|are|isn't|was) {_NOT}(?:\w+ly )?allergic to (?P<value>.+?)(?: too| as well)?", "allergy", Holds.MANY, False),
        (rf"{_ADV}(?:is|became|went|turned|isn't) {_NOT}(?:an? )?(?P<value>vegetarian|vegan|pescatarian|keto|paleo|gluten[- ]free)(?: (?:now|anymore|any more))?", "diet", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}(?:is|got|isn't|are) {_NOT}(?P<value>married|single|engaged|divorced|widowed|separated)\b.*", "marital status", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}(?:has|have|owns?) (?P<value>\d+|no|one|two|three|four|five|six|seven|eight|nine|ten|an?) (?P<of>cats?|dogs?|kids?|children|child|sons?|daughters?|brothers?|sisters?|siblings?)\b.*",
         "count", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}(?:is |are )?(?:stud(?:y|ies|ying)|major(?:s|ing) in) (?P<value>.+?)(?: (?:at|in) .+)?", "subject", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}drives? (?P<value>.+)", "car", Holds.ONE_AT_A_TIME, False),
        (rf"{_ADV}weighs? (?P<value>.*\d.*)", "weight", Holds.ONE_AT_A_TIME, False),
    )
)
_ATTRIBUTE = re.compile(
    rf"^(?P<who>User(?:'s [\w-]+(?: [A-Z]\w+)?)?)'s (?P<what>(?:\w+ )?{_A_KIND}|favou?rite [\w -]+?) (?P<verb>is|are|was|got|has been|starts|ends) (?P<value>.+)$", re.IGNORECASE
)
_LIKING = re.compile(
    rf"^{_SUBJECT} (?P<neg>(?:really )?(?:doesn't|does not|didn't|don't) (?:really )?|no longer |never )?(?:{_ADV})(?P<verb>likes?|loves?|enjoys?|adores?|hates?|dislikes?|can't stand|eats?|drinks?|smokes?|plays?|speaks?|uses?|owns?)(?: (?P<value>.+?))?(?P<end> anymore| any more| any longer)?$",
    re.IGNORECASE,
)
_HATING = ("hate", "dislike", "can't stand")
_TRAILING = re.compile(r"(?:,? (?:now|anymore|any more|too|as well|these days|again|currently|already|instead|originally|sometimes|right now))+$|,? (?:since|for|with|because|when|after|until|where|which|and)\b.*$", re.IGNORECASE)
_ENDED = re.compile(r"\b(?:no longer|anymore|any more|any longer|used to|quit|stopped|gave up)\b", re.IGNORECASE)


@lru_cache(maxsize=65536)
def slot_of(content: str) -> Slot:
    """The slot a fact fills. A fact that fills none of its own has an empty key."""
    return _attribute(content) or _patterned(content) or _liked(content) or Slot("", content, Holds.MANY)


def _owner(who: str) -> str:
    """ "User's best friend Tom" is "user.friend tom"; facts of the user and others are the user's."""
    kin = re.sub(r"^User(?: and their [\w'-]+(?: [A-Z]\w+)?)?(?:'s )?(?:best |older |younger |big |little |twin |oldest |youngest |late )*", "", who)
    return f"user.{kin.lower()}" if kin else "user"


def _tidy(value: str) -> str:
    return _TRAILING.sub("", value).strip(" .,!")


def _attribute(content: str) -> Slot | None:
    match = _ATTRIBUTE.match(content)
    if not match:
        return None
    what = match["what"].lower().replace("favourite", "favorite")
    value = re.sub(r"^(?:(?:re)?scheduled|moved|booked|set|pushed|on|at|in|to|for|called|named)\s+(?:back )?(?:on |to |for )?", "", match["value"])
    holds = Holds.ONE_FOR_LIFE if _FOR_LIFE.search(what) else Holds.ONE_AT_A_TIME
    return Slot(f"{_owner(match['who'])}.{what}", _tidy(value), holds, called=what)


def _patterned(content: str) -> Slot | None:
    for pattern, key, holds, ended in _PATTERNS:
        match = pattern.fullmatch(content)
        if not match:
            continue
        groups = match.groupdict()
        value = _tidy(groups.get("value") or groups.get("value2") or "")
        counted = (groups.get("of") or "").rstrip("s").replace("children", "child").replace("kid", "child")
        ended = ended or bool(_ENDED.search(content))
        negated = bool((groups.get("not") or "").strip()) or "isn't" in content
        full = f"{_owner(match['who'])}.{key}" + (f".{counted}" if counted else "")
        return Slot(full, value, holds, negated=negated, ended=ended, called=f"number of {counted}s" if counted else key)
    return None


def _liked(content: str) -> Slot | None:
    """Each thing liked, eaten or played is a slot of its own, of which the only question is: yes or no."""
    match = _LIKING.match(content)
    if not match:
        return None
    verb = re.sub(r"s$", "", match["verb"].lower()) if match["verb"] != "can't stand" else "can't stand"
    taste = verb in ("like", "love", "enjoy", "adore", *_HATING)
    negated = bool(match["neg"]) != (verb in _HATING)
    value = _tidy(match["value"] or "")
    key = f"{_owner(match['who'])}.{'likes' if taste else verb}.{' '.join(sorted(stems_of(value)))}"
    return Slot(key, "no" if negated else "yes", Holds.ONE_AT_A_TIME, negated=negated, ended=bool(match["end"]) or "no longer" in content, called=f"{'likes' if taste else verb} {value}".strip())
