"""How alike two facts are: by the stems of the words that carry meaning, and by whether they deny."""

from __future__ import annotations

import re
from functools import lru_cache

from agent_sessions.recall.language.stems import stem
from agent_sessions.recall.language.words import listed, words_in

_MINOR = listed("minor")
_DENIES = re.compile(r"\b(?:not|never|no|none|nobody|nothing|no longer|cannot)\b|n't\b|\banymore\b", re.IGNORECASE)


@lru_cache(maxsize=65536)
def stems_of(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning; denial is left out (see ``denies``)."""
    words = (word.lower().removesuffix("'s").removesuffix("n't") for word in words_in(text))
    return frozenset(stem(word) for word in words if word and word not in _MINOR)


@lru_cache(maxsize=65536)
def denies(text: str) -> bool:
    return bool(_DENIES.search(text))
