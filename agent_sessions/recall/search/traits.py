"""What a text shows besides its terms: whether it asks, whether it speaks of time. Read once, when indexed."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?。！？]*")
_CLOCK_WORDS = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|recently|since|weekends?|weeks?|months?|years?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|january|february|march|april|june|july|august|september|october|november|december|in may"
    r"|(?:last|next|this) (?:night|morning|afternoon|evening|summer|winter|spring|fall|autumn)"
    r"|(?:19|20)\d\d|\d+(?:st|nd|rd|th)|\d+ ?(?:am|pm))\b",
    re.IGNORECASE,
)
_STANDING_WISH = re.compile(
    r"\b(?:always|never|from now on|whenever|every time|when(?:ever)? i ask|i(?:'d| would)? (?:much )?prefer|"
    r"i(?:'d| would) rather"
    r"|my preference|prefer(?:s|red)? to|i like (?:it|things|my|to have)|i (?:don't|do not) (?:like|want)|"
    r"i want you to"
    r"|please (?:always|never|keep|avoid)|make sure (?:you|to)|remember (?:that|to)|keep in mind)\b",
    re.IGNORECASE,
)
# Cheap to look for; where there is none of them, the patterns have nothing to find.
_TIME_SIGNS = (
    "day", "night", "tomorrow", "ago", "recently", "since", "week", "month", "year", "uary", "march", "april", "june",
    "july", "august", "ber", "in may", "morning", "noon", "evening", "summer", "winter", "spring", "fall", "autumn",
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_WISH_SIGNS = (
    "always", "never", "from now on", "when", "every time", "prefer", "rather", "i like", "don't", "do not", "want you",
    "please", "make sure", "remember", "keep in mind",
)  # fmt: skip
_ASKING_STEPS = 7
_SPEAKS_OF_TIME = 8
_WISHES = 16


def read_traits(text: str) -> int:
    """Packed into a byte: the share of sentences that ask, in sevenths, whether a time is spoken of, and
    whether something is wished for beyond the moment."""
    lowered = text.lower()
    dated = any(sign in lowered for sign in _TIME_SIGNS) or _DIGIT.search(text)
    wished = any(sign in lowered for sign in _WISH_SIGNS)
    time = _SPEAKS_OF_TIME if dated and _CLOCK_WORDS.search(text) else 0
    wish = _WISHES if wished and _STANDING_WISH.search(text) else 0
    return asking_sevenths(text) | time | wish


def asking_sevenths(text: str) -> int:
    if "?" not in text and "？" not in text:
        return 0
    sentences = [sentence.rstrip() for sentence in _SENTENCE.findall(text) if sentence.strip()]
    asking = sum(sentence.endswith(("?", "？")) for sentence in sentences)
    return int(_ASKING_STEPS * asking / max(1, len(sentences)) + 0.5)


def asks(traits: int) -> float:
    """0 where nothing is asked, 1 where all of it asks."""
    return (traits & _ASKING_STEPS) / _ASKING_STEPS


def speaks_of_time(traits: int) -> bool:
    return bool(traits & _SPEAKS_OF_TIME)


def wishes(traits: int) -> bool:
    """Whether a lasting wish or preference is spoken: "always ...", "I prefer ..."."""
    return bool(traits & _WISHES)
