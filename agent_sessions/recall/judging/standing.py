"""Tells whether a memory can stand alone, read long after the talk it was made from.

"User gets them from the market" and "User is working on a project" are true of something only the talk tells.
"""

from __future__ import annotations

import re

from agent_sessions.recall.dates.words import NUMBERS
from agent_sessions.recall.language.verbs import BASES, base_of
from agent_sessions.recall.language.words import EMPTY, is_adverb, listed, says_something, words_in

_BACKWARD = re.compile(
    r"\b(?:it|this|these|those|that one|them|there|he|him|she|each other|one another|(?:to|in|at|of|with|on|for|"
    r"from|about) that)\b(?! (?:morning|afternoon|evening|week|weekend|month|year|summer|spring|autumn|fall|"
    r"winter|days|season|semester))",
    re.IGNORECASE,
)
_EACH_OTHER = re.compile(r"\b(?:each other|one another)\b", re.IGNORECASE)
_NAMES_SOMETHING = re.compile(r"(?<=.)[A-Z]\w|\d")
_ENOUGH_WORDS = 6
_ALREADY_TOLD = re.compile(
    r"\b(?:(?<!make )(?<!makes )(?<!made )(?<!making )(?<!find )(?<!finds )(?<!found )(?<!took )it|them|em|"
    r"(?:this|that) one|(?:this|that)(?= (?:or|and|but|with|for|at|by|so|too)\b|$)|done so|something similar|"
    r"the same|the following|any other|(?:some|one|any)(?= (?:to|with|made|that)\b)|he|she|him|"
    r"her(?= (?:to|again|for|about|and|or)\b|$))(?! (?:morning|day|week|month|year))\b"
)
# "did for it", "since we last spoke", "have a lot to learn", "made a mistake": what the other has just heard of
_TO_THE_OTHER = re.compile(
    r"^(?:(?:did|does|has done|had done) (?:so|for|with|it|that|in)|last (?:spoke|talk\w*|chat\w*|met|wrote)|"
    r"(?:came|got|is going|is heading) home|(?:is|has been) allergic$|"
    r"(?:kept|keeps|is crossing|is going to (?:head to |go to )?bed) ?(?:pushing|going|trying|their fingers)?$|"
    r"(?:\w+ )?made a mistake|(?:\w+ ){1,3}a lot to (?:learn|do|think about))\b"
)
_TALKED_OF = re.compile(
    r"\bthey (?:\w+ )?(?:talked|spoke|told|talking|speaking) about\b|"
    r"\b(?:says?|said|thinks?|thought) (?:that )?(?:that's|it's|it|that|this)\b"
)
_VAGUE = listed("vague")
_PASSING = re.compile(
    rf"^is (?:(?:\w+ly|just|still|now) )*(?:(?:{'|'.join(sorted(listed('passing')))})\b|"
    rf"(?:at|in|on) (?:the|a) (?:{'|'.join(sorted(listed('passing_places')))})(?: (?:right )?now)?$)"
)


def needs_its_talk(content: str) -> bool:
    """Whether a memory says nothing, or nothing any more, to somebody who does not know what was said around it."""
    told = content.partition(" ")[2]
    said = _TO_THE_OTHER.match(told) or _PASSING.match(told)
    return bool(said or _TALKED_OF.search(told)) or _is_vague(told) or _opens_pointing(told) or _points_back(told)


def _points_back(told: str) -> bool:
    """Whether it leans on something said before and names nothing that could be found again."""
    if _EACH_OTHER.search(told) and not _NAMES_SOMETHING.search(told):
        return True
    if not _BACKWARD.search(told) or _NAMES_SOMETHING.search(re.sub(r"\bUser\b", "", told)):
        return False
    return len({word.lower() for word in words_in(told)} - EMPTY) < _ENOUGH_WORDS


def _is_vague(told: str) -> bool:
    """ "is working on a new project": nothing but verbs and words that fit everything."""
    words = [word.lower() for word in words_in(told)]
    return bool(words) and words[-1] in _VAGUE and all(_says_little(word) for word in words)


def _says_little(word: str) -> bool:
    return word in _VAGUE or word in EMPTY or word in NUMBERS or is_adverb(word) or base_of(word) in BASES


def _opens_pointing(told: str) -> bool:
    """ "used to play it at school": what "it" is was not said before it."""
    match = _ALREADY_TOLD.search(told)
    if not match:
        return False
    before = words_in(told[: match.start()])
    return not says_something([word for at, word in enumerate(before) if _may_name(word, before[:at])])


def _may_name(word: str, before: list[str]) -> bool:
    """Whether a word can be what a later "it" means: no verb, no number."""
    if word[0].isupper():
        return True
    verb = base_of(word) in BASES or word.endswith("ing") or before[-1:] == ["to"]
    return not verb and not word.isdigit() and word != "whether"
