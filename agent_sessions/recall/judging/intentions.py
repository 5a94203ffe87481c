"""Judges what the user must, wants, will and can: plans and lasting abilities make memories, errands do not."""

from __future__ import annotations

from agent_sessions.recall.judging.told import DEICTIC, SOLID, Told, without_adverbs
from agent_sessions.recall.language.words import (
    LIFE_VERBS,
    OF_THE_MOMENT,
    OFTEN,
    TASK_VERBS,
    listed,
    says_something,
    starting,
)

_ABILITIES, _INABILITIES = listed("abilities"), listed("inabilities")
_PROMISES = starting("promises")
_CHILDREN = ("kids", "children")


def of_duty(told: Told) -> str | None:
    """ "need to", "have to": a fact when it has a date or comes again and again; else an errand of the moment."""
    if not told.after or TASK_VERBS.match(told.text):
        return "talk"
    lasting = told.dated or not OFTEN.isdisjoint(map(str.lower, told.after))
    return None if lasting and says_something(told.after) else "moment"


def of_need(told: Told) -> str | None:
    if told.after[:1] == ["to"]:
        return of_duty(told.of("need", told.after[1:]))
    return None if told.dated and says_something(told.after) else "request"


def of_want(told: Told) -> str | None:
    """ "want to" something that changes a life is a plan; all else is asked of whom they speak to."""
    if told.after[:1] != ["to"]:
        return None if told.text.lower() in _CHILDREN else "request"
    aim = " ".join(told.after[1:])
    planned = LIFE_VERBS.match(aim) and not TASK_VERBS.match(aim) and says_something(told.after[2:])
    return None if planned and not told.technical else "talk"


def of_will(told: Told) -> str | None:
    words = without_adverbs(told.after)
    text = " ".join(words)
    if TASK_VERBS.match(text) or _PROMISES.match(text):
        return "talk"
    if not says_something(words[1:]) or DEICTIC.match(" ".join(words[1:])):
        return "empty"
    if OF_THE_MOMENT.match(text.removeprefix("be ")):
        return "moment"
    return None if told.dated or (LIFE_VERBS.match(text) and not told.negated) else "talk"


def of_can(told: Told) -> str | None:
    words = without_adverbs(told.after)
    able = bool(words) and words[0].lower() in _ABILITIES
    return None if able and says_something(words[1:] or words) else "talk"


def of_cannot(told: Told) -> str | None:
    words = without_adverbs(told.after)
    if not words or words[0].lower() not in _INABILITIES or DEICTIC.match(" ".join(words[1:])):
        return "talk"
    return None if len(words) == 1 or says_something(words[1:]) else "talk"


def of_not_wanting(told: Told) -> str | None:
    """ "I don't want kids", "I don't need my car": what is denied must be solid."""
    solid = told.verb in ("want", "need") and bool(SOLID.search(told.text))
    return None if solid or (told.verb == "want" and told.text.lower() in _CHILDREN) else "talk"
