"""Tells a fact from what is said in passing: gives the reason a clause makes no memory, or None when it makes one.

The reasons are short words counted in the result of a run: "question", "hypothetical", "addressed", "talk" (thinking
and speaking aloud), "moment" (a mood or state that passes), "unknown verb" (a slip of
the keys, most often), "empty" (points at something said before), "others".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent_sessions.recall.judging.predicates import verdict_on
from agent_sessions.recall.language.words import EMPTY, IDLE_HEADS, OPINIONS, listed, says_something, words_in
from agent_sessions.recall.sentences.subjects import Subject, Who

if TYPE_CHECKING:
    from agent_sessions.recall.sentences.clauses import Clause

__all__ = ["before_subject", "of_subject"]

_MODAL = re.compile(
    r"\b(?:would|wouldn't|could|might|may|maybe|perhaps|possibly|should|shouldn't|wish|if only|unless|hopefully|"
    r"hypothetically|as if|'d (?:love|like|rather|be|prefer|have to|say|want))\b",
    re.IGNORECASE,
)
_MONTH_MAY = re.compile(r"\bMay\b|\bmay \d|in may\b")
_ADDRESSED = re.compile(r"\b(?:you|your|you're|you've|you'll|yours|yourself)\b", re.IGNORECASE)
_REQUEST = re.compile(
    r"^(?:please|let's|let|tell|give|show|write|make|create|find|suggest|recommend|explain|help|translate|"
    r"imagine|act|pretend|remind|list|"
    r"describe|generate|summari[sz]e|add|remove|change|fix|use|try|thanks|thank)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:hi|hey|hello|yo|good (?:morning|evening|afternoon|night)|thanks|thank you|bye|goodbye|see you|ok|okay|"
    r"yes|no|yeah|yep|nope|sure|"
    r"cool|great|nice|wow|haha|lol|congrats|congratulations|sounds good|got it|right|exactly|awesome|perfect|oh|"
    r"ah|hmm)\b[\w\s,']{0,25}$",
    re.IGNORECASE,
)


_LINKING = listed("linking")
_POINTING = listed("pointing")


def before_subject(clause: Clause) -> str | None:
    """Why a clause makes no memory whoever it is about."""
    if clause.asks:
        return "question"
    if _GREETING.match(clause.text):
        return "greeting"
    if clause.supposed or (_MODAL.search(clause.text) and not _only_the_month(clause.text)):
        return "hypothetical"
    if _ADDRESSED.search(clause.text):
        return "addressed"
    if _REQUEST.match(clause.text):
        return "request"
    return None


def _only_the_month(text: str) -> bool:
    found = [match[0].lower() for match in _MODAL.finditer(text)]
    return set(found) == {"may"} and bool(_MONTH_MAY.search(text))


def of_subject(subject: Subject, *, dated: bool, technical: bool) -> str | None:
    """Why a clause about this subject makes no memory. ``technical``: the message is about code."""
    if subject.who is Who.THEIRS:
        return _of_theirs(subject)
    return verdict_on(subject.rest, dated=dated, technical=technical)


def _of_theirs(subject: Subject) -> str | None:
    owned = subject.name.removeprefix("User's ").lower()
    head = owned.split(" ")
    if owned in IDLE_HEADS or head[0] in IDLE_HEADS or head[-1] in IDLE_HEADS:
        return "talk"
    words = [word.lower() for word in words_in(subject.rest.split(",")[0])]
    if len(words) < 2:
        return "empty"
    told = [word for word in words[1:] if word not in EMPTY]
    if words[0] not in _LINKING:
        return "empty" if set(words[1:]) <= _POINTING else None
    if not told and not subject.rest[-1:].isdigit():
        return "empty"
    if words[0] in ("is", "are", "was", "were", "am", "can", "will", "seem", "seems") and set(told) <= OPINIONS:
        return "moment"
    return None if says_something(words_in(subject.rest)) else "empty"
