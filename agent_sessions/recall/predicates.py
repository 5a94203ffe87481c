"""Judges what a user says of themself by its verb: which "I ..." tell a fact, and which are talk.

Each judge takes the words after the verb and gives a reason to leave the clause out, or None. Reasons are those of
``screening``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent_sessions.recall.verbs import BASES, base_of, is_past
from agent_sessions.recall.words import (
    ALONE,
    EMPTY,
    HAVING_NOTHING,
    LASTING,
    LASTING_WITH,
    LIFE_VERBS,
    MENTAL,
    MENTAL_WITH_OBJECT,
    OF_THE_MOMENT,
    OFTEN,
    ONGOING_TALK,
    TASK_VERBS,
    is_adverb,
    says_something,
    words_in,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What follows the subject: its verb in base form, the words after it, and what else bears on the verdict."""

    verb: str
    after: list[str]
    dated: bool
    technical: bool
    negated: bool = False
    past: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.after)


Judge = Callable[[Told], str | None]
_NEGATION = frozenset("don't doesn't didn't haven't hasn't hadn't can't won't isn't wasn't aren't not never".split())
_TROUBLESHOOTING = frozenset(
    "try get run see change add update install check have use receive follow create write set import call implement find notice fix "
    "test reduce refactor".split()
)
_DEICTIC = re.compile(
    r"^(?:it|that|this|these|those|them|you|how|what|when|the (?:way|idea|fact|sound|part|point|look|first|second|last|other|same)|his|your|to see|to hear|"
    r"to know|to think|to say|to be able|(?:this|that|these|those) \w+)\b",
    re.IGNORECASE,
)
_SOLID = re.compile(r"\b(?:my|our|their)\b|[A-Z]\w|\d")
_HUNTED = re.compile(
    r"^(?:for|at) (?:a |an |my |the )?(?:\w+ ){0,2}(?:job|jobs|apartment|flat|house|home|place to live|roommate|flatmate|school|internship|"
    r"position|condo|work|nanny|therapist|buying|moving|renting|getting)\b",
    re.IGNORECASE,
)


def verdict_on(rest: str, *, dated: bool, technical: bool) -> str | None:
    """The reason "I <rest>" makes no memory, or None."""
    words = [word for word in words_in(rest)]
    negated = any(word.lower() in _NEGATION for word in words[:3])
    core = _without_adverbs(words)
    if not core:
        return "empty"
    first = core[0].lower()
    judge, after = _judge_for(first, core[1:])
    negated = negated or first == "won't"
    told = Told(base_of(first), after, dated, technical, negated=negated, past=is_past(first))
    return judge(told)


def _without_adverbs(words: list[str]) -> list[str]:
    """Drops adverbs before the verb, and "no longer"."""
    position = 0
    while position < len(words) and (is_adverb(words[position].lower()) or words[position].lower() in ("no", "longer")):
        position += 1
    return words[position:]


def _judge_for(verb: str, after: list[str]) -> tuple[Judge, list[str]]:
    """Which judge hears the verb. Auxiliaries pass the word on to the judge of what they lead."""
    if verb in ("do", "did", "don't", "didn't", "doesn't") and after:
        return _of_auxiliary, after
    after = _without_adverbs(after) if verb in _JUDGES or verb in ("has", "hasn't") else after
    return _JUDGES.get(verb, _of_verb), after


def _of_auxiliary(told: Told) -> str | None:
    after = _without_adverbs(told.after)
    if not after or told.verb in ("do",) and not told.negated:
        return "empty"
    verb = after[0].lower()
    if told.negated and verb in ("think", "know", "mean", "want", "need", "get", "see", "understand", "care", "mind", "feel", "believe"):
        return None if verb in ("want", "need") and _SOLID.search(" ".join(after[1:])) or (verb == "want" and after[1:2] in (["kids"], ["children"])) else "talk"
    judge, rest = _judge_for(verb, after[1:])
    return judge(Told(base_of(verb), rest, told.dated, told.technical, negated=told.negated, past=told.past))


def _of_being(told: Told) -> str | None:
    """ "am", "was" and "been": lasting traits, roles, places and what is going on pass; moods do not."""
    after = _without_adverbs(told.after)
    if not after:
        return "empty"
    text, first = " ".join(after), after[0].lower()
    if OF_THE_MOMENT.match(text):
        return "moment"
    if first.endswith("ing") and len(first) > 4:
        return _of_ongoing(Told(first, after[1:], told.dated, told.technical, negated=told.negated))
    if first in ("a", "an", "one", "the", "my", "from", "to", "into", "in", "at", "on", "based", "away", "with", "no") or first[0].isdigit():
        return None if says_something(after[1:]) or first[0].isdigit() else "empty"
    if first in LASTING_WITH:
        return None if len(after) > 2 and after[1].lower() in ("at", "of", "in", "for", "about", "to", "with", "on") and says_something(after[2:]) and not _DEICTIC.match(" ".join(after[2:])) or first in ("single", "tall", "straight") else "moment"
    if first in LASTING or "-" in first and first.split("-")[0] in LASTING:
        return None
    if after[0][0].isupper() and (len(after) <= 2 or told.after[-1] == after[-1]) and first not in EMPTY:
        return None
    return _of_mood(first, after[1:], dated=told.dated)


def _of_mood(mood: str, after: list[str], *, dated: bool) -> str | None:
    """ "I'm excited about my trip to Japan" tells of the trip; "I'm excited" tells nothing that lasts."""
    text = " ".join(after)
    about = after[:1] and after[0].lower() in ("about", "with", "for", "at", "in", "of", "by", "to", "after", "because")
    if mood in ("sure", "sorry", "glad", "curious", "ready", "able", "here", "back", "aware", "willing", "new", "stuck", "lost", "confused", "unsure", "happy", "grateful", "thankful", "good", "fine", "okay", "ok", "going", "supposed", "worried", "concerned", "proud", "so", "not"):
        return "moment"
    if about and _SOLID.search(text) and len(after) > 3 and (dated or re.search(r"\b(?:my|our)\b", text)):
        return None
    if is_past(mood) and after[:1] and after[0].lower() in ("by", "to", "in", "at", "from", "with", "as") and says_something(after[1:]) and mood not in _FEELINGS:
        return None
    return "moment"


_FEELINGS = frozenset(
    "tired bored confused excited worried stressed overwhelmed pleased thrilled blessed amazed impressed surprised disappointed annoyed "
    "concerned supposed stuck lost inspired fascinated intrigued delighted relieved honored touched moved motivated determined committed "
    "prepared exhausted frustrated embarrassed ashamed shocked drawn used".split()
)


def _of_ongoing(told: Told) -> str | None:
    """What the user says to be doing; ``told.verb`` ends in "ing"."""
    text = " ".join([told.verb, *told.after])
    if ONGOING_TALK.match(text):
        return "talk"
    if told.verb == "looking":
        return None if _HUNTED.match(told.text) or (told.after[:2] == ["forward", "to"] and _SOLID.search(told.text)) else "request"
    if told.verb in ("trying", "planning", "going", "thinking", "starting", "learning", "considering"):
        return _of_intent(told)
    if told.verb == "having":
        return None if not told.after or told.after[-1].lower() not in HAVING_NOTHING and not set(map(str.lower, told.after[:3])) & HAVING_NOTHING else "moment"
    if told.verb in ("getting", "doing", "using") and (told.technical or not says_something(told.after)):
        return "moment"
    return None if _solid_enough(told.after) and not _DEICTIC.match(told.text) else "empty"


def _of_intent(told: Told) -> str | None:
    """ "trying to", "going to", "planning to", "thinking of": what is aimed at decides."""
    aim = " ".join(told.after[1:] if told.after[:1] and told.after[0].lower() in ("to", "on", "of", "about") else told.after)
    if told.verb == "thinking" and told.after[:1] not in (["of"], ["about"]):
        return "talk"
    if TASK_VERBS.match(aim) or _DEICTIC.match(aim) or not _solid_enough(words_in(aim)):
        return "talk"
    if told.verb in ("trying", "thinking", "going") and told.technical:
        return "talk"
    return None


def _of_having(told: Told) -> str | None:
    after = _without_adverbs(told.after)
    if not after:
        return "empty"
    first = after[0].lower()
    if first == "yet" or (first.endswith("ing") and base_of(first) in BASES):
        return "talk"
    if first == "to":
        return _of_duty(Told("have", after[1:], told.dated, told.technical))
    if first == "been":
        return _of_being(Told("be", after[1:], told.dated, told.technical, negated=told.negated))
    if first == "got":
        after = after[1:]
        if after[:1] == ["to"]:
            return _of_duty(Told("have", after[1:], told.dated, told.technical))
    elif is_past(first) and first not in ("used",):
        return _of_verb(Told(base_of(first), after[1:], told.dated, told.technical, negated=told.negated, past=True))
    told_words = [word.lower() for word in after if word.lower() not in ("a", "an", "the", "some", "any", "my")]
    if not told_words or told_words[0] in HAVING_NOTHING or (told_words[1:2] and told_words[1] in ("question", "questions", "idea", "feeling", "time")):
        return "empty"
    return None if says_something(told_words) or told_words[0].isdigit() else "empty"


def _of_duty(told: Told) -> str | None:
    """ "need to", "have to": a fact when it has a date or comes again and again; else an errand of the moment."""
    if not told.after or TASK_VERBS.match(told.text):
        return "talk"
    lasting = told.dated or {word.lower() for word in told.after} & OFTEN
    return None if lasting and _solid_enough(told.after) else "moment"


def _of_need(told: Told) -> str | None:
    if told.after[:1] == ["to"]:
        return _of_duty(Told("need", told.after[1:], told.dated, told.technical))
    return None if told.dated and says_something(told.after) else "request"


def _of_want(told: Told) -> str | None:
    if told.after[:1] == ["to"]:
        return None if LIFE_VERBS.match(" ".join(told.after[1:])) and not TASK_VERBS.match(" ".join(told.after[1:])) and _solid_enough(told.after[2:]) and not told.technical else "talk"
    return None if told.after[:1] and told.after[0].lower() in ("kids", "children") else "request"


def _of_will(told: Told) -> str | None:
    text = " ".join(_without_adverbs(told.after))
    if TASK_VERBS.match(text) or re.match(r"(?:let|try|check|see|think|look|do|keep|tell|give|ask|share|go with|stick|remember|consider|be back|be sure|be able|need|have to)\b", text):
        return "talk"
    if not told.after or not _solid_enough(_without_adverbs(told.after)[1:]) or _DEICTIC.match(text.partition(" ")[2]):
        return "empty"
    if OF_THE_MOMENT.match(text.removeprefix("be ")):
        return "moment"
    return None if told.dated or (LIFE_VERBS.match(text) and not told.negated) else "talk"


def _of_can(told: Told) -> str | None:
    able = ("speak", "play", "cook", "swim", "drive", "read", "sing", "dance", "ride", "ski", "type", "code", "fly", "bake", "knit", "sew", "juggle", "touch")
    after = _without_adverbs(told.after)
    return None if after and after[0].lower() in able and says_something(after[1:] or after) else "talk"


def _of_cannot(told: Told) -> str | None:
    after = _without_adverbs(told.after)
    unable = ("stand", "eat", "drink", "have", "swim", "drive", "sleep", "afford", "handle", "tolerate", "digest", "cook", "read", "ride", "walk", "run", "smell", "taste", "take", "work")
    return None if after and after[0].lower() in unable and (len(after) == 1 or _solid_enough(after[1:])) and not _DEICTIC.match(" ".join(after[1:])) else "talk"


def _of_used_to(told: Told) -> str | None:
    if told.after[:1] != ["to"]:
        return _of_verb(told)
    if len(told.after) < 2 or told.after[1].lower() not in BASES:
        return "empty"
    return None if says_something(told.after[2:]) or told.after[1].lower() in ALONE else "empty"


def _of_liking(told: Told) -> str | None:
    after = _without_adverbs(told.after)
    text = " ".join(after)
    if not after or _DEICTIC.match(text) or (after[0].lower() == "the" and not _SOLID.search(text)):
        return "empty"
    if after[0].lower() in ("to", "a") and not says_something(after[2:] or after[1:]):
        return "empty"
    return None if says_something(after) else "empty"


def _of_verb(told: Told) -> str | None:
    """Any other verb tells a fact when something solid follows it."""
    if told.verb in MENTAL and told.verb not in MENTAL_WITH_OBJECT:
        return "talk"
    if told.technical and told.verb in _TROUBLESHOOTING:
        return "talk"
    if told.verb in ALONE and not told.after:
        return None
    if _DEICTIC.match(told.text) and not re.match(r"(?:that|the|how|to|what)\b", told.text, re.IGNORECASE):
        return "empty"
    if told.verb == "get" and told.after:
        if told.after[0].lower() in _BECOMING:
            return None
        if any(word.lower() in HAVING_NOTHING for word in told.after[:3]):
            return "empty"
    if told.verb in MENTAL_WITH_OBJECT:
        return None if told.past and len(told.after) > 1 and _solid_enough(told.after) and not _DEICTIC.match(told.text) or (not told.past and told.verb in ("get", "use", "do", "make", "help", "keep", "take") and len(told.after) > 2 and _solid_enough(told.after) and not told.technical) else "talk"
    if not told.past and told.verb not in BASES:
        return "unknown verb"
    return None if _solid_enough(told.after) or told.verb in ALONE else "empty"


_BECOMING = frozenset(
    "married divorced engaged promoted fired hired laid pregnant diagnosed robbed injured accepted admitted vaccinated evicted mugged scammed burgled rejected "
    "dumped remarried sober certified licensed".split()
)


def _solid_enough(words: list[str]) -> bool:
    return says_something(words)


_JUDGES: dict[str, Judge] = {
    **dict.fromkeys(("am", "was", "were", "is", "are", "wasn't", "weren't", "isn't", "aren't", "been"), _of_being),
    **dict.fromkeys(("have", "has", "had", "haven't", "hasn't", "hadn't"), _of_having),
    **dict.fromkeys(("will", "won't"), _of_will),
    **dict.fromkeys(("like", "love", "enjoy", "hate", "dislike", "prefer", "adore", "loved", "liked", "hated", "enjoyed", "preferred"), _of_liking),
    **dict.fromkeys(("want", "wanted"), _of_want),
    **dict.fromkeys(("need", "needed"), _of_need),
    "can": _of_can,
    "can't": _of_cannot,
    "couldn't": _of_cannot,
    "used": _of_used_to,
    "would": lambda told: "hypothetical",
}
