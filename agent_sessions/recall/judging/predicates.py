"""Judges what a user says of themself by its verb: which "I ..." tell a fact, and which are talk.

Finds the verb and hands the clause to its judge; the judges of being and of intending live in files of their own.
"""

from __future__ import annotations

import re

from agent_sessions.recall.judging.intentions import (
    of_can,
    of_cannot,
    of_duty,
    of_need,
    of_not_wanting,
    of_want,
    of_will,
)
from agent_sessions.recall.judging.states import of_being
from agent_sessions.recall.judging.told import DEICTIC, SOLID, Judge, Told, without_adverbs
from agent_sessions.recall.language.verbs import BASES, base_of, is_past
from agent_sessions.recall.language.words import (
    ALONE,
    HAVING_NOTHING,
    MENTAL,
    MENTAL_WITH_OBJECT,
    listed,
    says_something,
    words_in,
)

_NEGATIONS, _TROUBLESHOOTING, _BECOMING = listed("negations"), listed("troubleshooting"), listed("becoming")
_HABITS, _IDLE_DENIED = listed("habits"), listed("idle_denied")
_ALONE_WITH = listed("alone_with")
_ARTICLES = ("a", "an", "the", "some", "any", "my")
_GOING_SOMEWHERE = re.compile(
    r"(?:\w+ )?(?:to|on|for|through|with|into|by|home|abroad|\w+ing|\w+-free|vegan|vegetarian)\b"
)
# "like I got a new life": no liking
_LIKE_SAID = re.compile(r"(?:I|they|he|she|we|my \w+ (?:is|was))\b")
_MAY_POINT = re.compile(r"(?:that|the|how|to|what)\b", re.IGNORECASE)


def verdict_on(rest: str, *, dated: bool, technical: bool) -> str | None:
    """The reason "I <rest>" makes no memory, or None."""
    words = words_in(rest)
    core = without_adverbs(words)
    if not core:
        return "empty"
    if " ".join(core).lower() in _ALONE_WITH:
        return None
    first = core[0].lower()
    negated = any(word.lower() in _NEGATIONS for word in words[:3])
    judge, after = _judge_for(first, core[1:])
    return judge(Told(base_of(first), after, dated, technical, negated, is_past(first)))


def _judge_for(verb: str, after: list[str]) -> tuple[Judge, list[str]]:
    """Which judge hears the verb, and the words it is told."""
    if verb in ("do", "did", "don't", "didn't", "doesn't") and after:
        return _of_doing, after
    judge = _JUDGES.get(verb)
    return (judge, without_adverbs(after)) if judge else (_of_verb, after)


def _of_doing(told: Told) -> str | None:
    """ "don't eat meat" is judged by "eat", "do yoga" by itself."""
    after = without_adverbs(told.after)
    if not after:
        return "empty"
    verb = after[0].lower()
    if not told.negated and verb not in BASES:
        pointing = DEICTIC.match(" ".join(after)) or _LIKE_SAID.match(" ".join(after))
        return None if says_something(after) and not pointing and not told.technical else "talk"
    if told.negated and verb in _IDLE_DENIED:
        return of_not_wanting(told.of(verb, after[1:]))
    judge, rest = _judge_for(verb, after[1:])
    return judge(told.of(base_of(verb), rest, past=told.past))


def _of_having(told: Told) -> str | None:
    """ "have a dog", "have been to Rome", "have to take insulin": three verbs in one."""
    after = without_adverbs(told.after)
    first = after[0].lower() if after else ""
    if first in ("", "yet") or (first.endswith("ing") and base_of(first) in BASES):
        return "empty"
    if first == "to":
        return of_duty(told.of("have", after[1:]))
    if first == "been":
        return of_being(told.of("be", after[1:]))
    if first == "got":
        return _of_having(told.of("have", after[1:])) if after[1:] else "empty"
    if is_past(first) and first != "used":
        return _of_verb(told.of(base_of(first), after[1:], past=True))
    return _of_owning([word.lower() for word in after if word.lower() not in _ARTICLES])


def _of_owning(owned: list[str]) -> str | None:
    if (
        not owned
        or owned[0] in HAVING_NOTHING
        or owned[1:2] in (["question"], ["questions"], ["idea"], ["feeling"], ["time"])
    ):
        return "empty"
    return None if says_something(owned) or owned[0].isdigit() else "empty"


def _of_used_to(told: Told) -> str | None:
    if told.after[:1] != ["to"]:
        return _of_verb(told)
    if len(told.after) < 2 or told.after[1].lower() not in BASES:
        return "empty"
    return None if says_something(told.after[2:]) or told.after[1].lower() in ALONE else "empty"


def _of_liking(told: Told) -> str | None:
    after = without_adverbs(told.after)
    text = " ".join(after)
    if (
        not after
        or DEICTIC.match(text)
        or _LIKE_SAID.match(text)
        or (after[0].lower() == "the" and not SOLID.search(text))
    ):
        return "empty"
    told_of = after[2:] or after[1:] if after[0].lower() in ("to", "a") else after
    return None if says_something(told_of) else "empty"


def _of_verb(told: Told) -> str | None:
    """Any other verb tells a fact when something solid follows it."""
    if told.verb in MENTAL and told.verb not in MENTAL_WITH_OBJECT:
        return "talk"
    if told.technical and told.verb in _TROUBLESHOOTING:
        return "talk"
    if told.verb in ALONE and not told.after:
        return None
    if DEICTIC.match(told.text) and not _MAY_POINT.match(told.text):
        return "empty"
    if told.verb == "get" and told.after and told.after[0].lower() in _BECOMING:
        return None
    if told.verb == "go" and not _GOING_SOMEWHERE.match(told.text):
        return "empty"
    if told.verb in MENTAL_WITH_OBJECT:
        return _of_light_verb(told)
    if not told.past and told.verb not in BASES:
        return "unknown verb"
    return None if says_something(told.after) or told.verb in ALONE else "empty"


def _of_light_verb(told: Told) -> str | None:
    """ "get", "make", "take", "find" and the like tell what their object tells."""
    if told.verb == "get" and not HAVING_NOTHING.isdisjoint(map(str.lower, told.after[:3])):
        return "empty"
    if not says_something(told.after):
        return "talk"
    if told.past:
        return None if len(told.after) > 1 and not DEICTIC.match(told.text) else "talk"
    lasting = (told.verb in _HABITS and len(told.after) > 2) or SOLID.search(told.text)
    return None if lasting and not told.technical and not DEICTIC.match(told.text) else "talk"


_LIKING = (
    "like",
    "love",
    "enjoy",
    "hate",
    "dislike",
    "prefer",
    "adore",
    "loved",
    "liked",
    "hated",
    "enjoyed",
    "preferred",
)
_JUDGES: dict[str, Judge] = {
    **dict.fromkeys(("am", "was", "were", "is", "are", "wasn't", "weren't", "isn't", "aren't", "been"), of_being),
    **dict.fromkeys(("have", "has", "had", "haven't", "hasn't", "hadn't"), _of_having),
    **dict.fromkeys(("will", "won't"), of_will),
    **dict.fromkeys(_LIKING, _of_liking),
    **dict.fromkeys(("want", "wanted"), of_want),
    **dict.fromkeys(("need", "needed"), of_need),
    **dict.fromkeys(("can't", "couldn't"), of_cannot),
    "can": of_can,
    "used": _of_used_to,
}
