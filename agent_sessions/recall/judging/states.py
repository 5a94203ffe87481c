"""Judges "I am ...": lasting traits, roles, places and what is going on make memories; moods and politeness do not."""

from __future__ import annotations

import re

from agent_sessions.recall.judging.told import DEICTIC, SOLID, Told, without_adverbs
from agent_sessions.recall.language.verbs import is_past
from agent_sessions.recall.language.words import (
    EMPTY,
    HAVING_NOTHING,
    LASTING,
    LASTING_WITH,
    OF_THE_MOMENT,
    ONGOING_TALK,
    TASK_VERBS,
    listed,
    says_something,
    words_in,
)

_MOODS, _IDLE_MOODS = listed("moods"), listed("idle_moods")
_PLACES_AND_ROLES = (
    "a",
    "an",
    "one",
    "the",
    "my",
    "from",
    "to",
    "into",
    "in",
    "at",
    "on",
    "based",
    "away",
    "with",
    "no",
)
_OF_A_TRAIT = ("at", "of", "in", "for", "about", "to", "with", "on")
_OF_A_MOOD = ("about", "with", "for", "at", "in", "of", "by", "to", "after", "because")
_OF_AN_EVENT = ("by", "to", "in", "at", "from", "with", "as")
_TASTE_UNSAID = re.compile(r"(?:a|the) (?:\w+ ){0,2}(?:fan|lover|believer|latter|former|mix)\b(?! of)", re.IGNORECASE)
_HUNTED = re.compile(
    r"^(?:for|at) (?:a |an |my |the )?(?:\w+ ){0,2}(?:job|jobs|apartment|flat|house|home|place to live|roommate|"
    r"flatmate|"
    r"school|internship|position|condo|work|nanny|therapist|buying|moving|renting|getting)\b",
    re.IGNORECASE,
)


def of_being(told: Told) -> str | None:
    after = without_adverbs(told.after)
    if not after:
        return "empty"
    first = after[0].lower()
    if OF_THE_MOMENT.match(" ".join(after)):
        return "moment"
    if first.endswith("ing") and len(first) > 4:
        return of_ongoing(told.of(first, after[1:]))
    if _TASTE_UNSAID.match(" ".join(after)):
        return "empty"
    if first in _PLACES_AND_ROLES or first[0].isdigit():
        return None if says_something(after[1:]) or first[0].isdigit() else "empty"
    if first in LASTING_WITH:
        return _of_trait(first, after)
    if (
        first in LASTING
        or "-".join(after[:2]).lower() in LASTING
        or first.split("-")[0] in LASTING
        or _is_name(after, told)
    ):
        return None
    return _of_mood(first, after[1:], dated=told.dated)


def _of_trait(first: str, after: list[str]) -> str | None:
    """ "good at chess", "interested in trains": traits only by what follows them."""
    if first in ("single", "tall", "straight"):
        return None
    rest = after[2:]
    told = len(after) > 2 and after[1].lower() in _OF_A_TRAIT and says_something(rest)
    return None if told and not DEICTIC.match(" ".join(rest)) else "moment"


def _is_name(after: list[str], told: Told) -> bool:
    """ "I'm Kate", "I'm Muslim"."""
    alone = len(after) <= 2 or told.after[-1] == after[-1]
    return after[0][0].isupper() and alone and after[0].lower() not in EMPTY


def _of_mood(mood: str, after: list[str], *, dated: bool) -> str | None:
    """ "I'm excited about my trip to Japan" tells of the trip; "I'm excited" tells nothing that lasts."""
    if mood in _IDLE_MOODS or not after:
        return "moment"
    text, joint = " ".join(after), after[0].lower()
    theirs = dated or re.search(r"\b(?:my|our)\b", text)
    if theirs and joint in _OF_A_MOOD and len(after) > 3 and SOLID.search(text):
        return None
    happened = is_past(mood) and mood not in _MOODS and joint in _OF_AN_EVENT
    return None if happened and says_something(after[1:]) else "moment"


def of_ongoing(told: Told) -> str | None:
    """What the user says to be doing; ``told.verb`` ends in "ing"."""
    if ONGOING_TALK.match(" ".join([told.verb, *told.after])):
        return "talk"
    if told.verb == "looking":
        forward = told.after[:2] == ["forward", "to"] and SOLID.search(told.text)
        return None if forward or _HUNTED.match(told.text) else "request"
    if told.verb in ("trying", "planning", "going", "thinking", "starting", "learning", "considering"):
        return of_intent(told)
    if told.verb == "having":
        nothing = HAVING_NOTHING.intersection(map(str.lower, [*told.after[:3], *told.after[-1:]]))
        return "moment" if nothing else None
    if told.verb in ("getting", "doing", "using") and told.technical:
        return "moment"
    return None if says_something(told.after) and not DEICTIC.match(told.text) else "empty"


def of_intent(told: Told) -> str | None:
    """ "trying to", "going to", "planning to", "thinking of": what is aimed at decides."""
    led = told.after[:1] and told.after[0].lower() in ("to", "on", "of", "about")
    aim = " ".join(told.after[1:] if led else told.after)
    if told.verb == "thinking" and told.after[:1] not in (["of"], ["about"]):
        return "talk"
    if TASK_VERBS.match(aim) or DEICTIC.match(aim) or not says_something(words_in(aim)):
        return "talk"
    return "talk" if told.technical and told.verb in ("trying", "thinking", "going") else None
