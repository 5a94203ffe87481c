"""Sorts memories into the categories a project has configured, by the words they hold.

A category with a name of the general list brings its words along; one with a name of its own matches by the words of
that name. A memory may be in several categories, and in none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agent_sessions.recall.language.lexicon_files import sections_of
from agent_sessions.recall.language.stems import stem
from agent_sessions.recall.language.words import words_in

_WORDS = sections_of("categories")
DEFAULT_CATEGORIES: tuple[str, ...] = tuple(_WORDS)
MOST_CATEGORIES = 3
"""A memory keeps the categories most of its words speak for; more say nothing."""


@lru_cache(maxsize=4096)
def _phrases(category: str) -> frozenset[tuple[str, ...]]:
    """The stemmed words, or runs of words, that speak for a category."""
    said = _WORDS.get(category.lower(), ()) or (category, *re.split(r"[\s_/&,-]+", category))
    return frozenset(phrase for word in said if (phrase := tuple(stem(part.lower()) for part in words_in(word))))


def categories_of(content: str, configured: tuple[str, ...] = DEFAULT_CATEGORIES) -> tuple[str, ...]:
    """The configured categories of a memory, in the configured order, at most MOST_CATEGORIES of them."""
    stems = [stem(word.lower().removesuffix("'s")) for word in words_in(content)]
    runs = {tuple(stems[at : at + length]) for at in range(len(stems)) for length in (1, 2, 3)}
    votes = {category: len(runs & _phrases(category)) for category in configured}
    leading = sorted((category for category in configured if votes[category]), key=lambda each: -votes[each])
    return tuple(category for category in configured if category in leading[:MOST_CATEGORIES])
