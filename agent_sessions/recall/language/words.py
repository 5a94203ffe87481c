"""The sets of words screening works with, named once, from ``lexicon/screening.txt``."""

from __future__ import annotations

import re

from agent_sessions.recall.language.lexicon_files import sections_of

_SECTIONS = sections_of("screening")


def listed(section: str) -> frozenset[str]:
    return frozenset(_SECTIONS[section])


def starting(section: str) -> re.Pattern[str]:
    """Matches a text that begins with an entry of the section."""
    entries = sorted(map(re.escape, _SECTIONS[section]), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(entries)})\b", re.IGNORECASE)


MENTAL = listed("mental")
MENTAL_WITH_OBJECT = listed("mental_with_object")
EMPTY = listed("empty")
ADVERBS = listed("adverbs")
LASTING = listed("lasting")
LASTING_WITH = listed("lasting_with")
OF_THE_MOMENT = starting("of_the_moment")
HAVING_NOTHING = listed("having_nothing")
ONGOING_TALK = starting("ongoing_talk")
TASK_VERBS = starting("task_verbs")
LIFE_VERBS = starting("life_verbs")
IDLE_HEADS = listed("idle_heads")
OPINIONS = listed("opinions")
ALONE = listed("alone")
DROPPED = listed("dropped")
DROPPED_ING = listed("dropped_ing")
OFTEN = listed("often")
SHE, HE, EITHER, THEY = listed("she"), listed("he"), listed("either"), listed("they")
PEOPLE = SHE | HE | EITHER | THEY

_WORD = re.compile(r"[^\W_](?:[\w'/.-]*[^\W_])?")


def words_in(text: str) -> list[str]:
    """The words of a text as written; an apostrophe, hyphen or dot within a word belongs to it."""
    return _WORD.findall(text)


_LY_VERBS = listed("ly_verbs")


def is_adverb(word: str) -> bool:
    """Whether a lower-case word may stand between "I" and the verb; most words in "-ly" may."""
    return word in ADVERBS or (word.endswith("ly") and word not in _LY_VERBS)


def says_something(words: list[str]) -> bool:
    """Whether there is a word left that does not merely point at something said before."""
    return any(word.lower() not in EMPTY and not is_adverb(word.lower()) for word in words)
