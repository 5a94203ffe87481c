"""How alike two facts are: by the stems of the words that carry meaning, and by whether they deny."""

from __future__ import annotations

import re
from functools import lru_cache

from agent_sessions.recall.stems import stem
from agent_sessions.recall.words import words_in

_MINOR = frozenset(
    "user a an the of to in at on for with and or is are was were be been has have had do does did 's it its their they them his her this that these "
    "those just really also very so too now currently".split()
)
_DENIES = re.compile(r"\b(?:not|never|no|none|nobody|nothing|no longer|cannot)\b|n't\b|\banymore\b", re.IGNORECASE)


@lru_cache(maxsize=65536)
def stems_of(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning; denial is left out (see ``denies``)."""
    words = (word.lower().removesuffix("'s").removesuffix("n't") for word in words_in(text))
    return frozenset(stem(word) for word in words if word and word not in _MINOR and word not in ("never", "no", "not", "anymore", "longer", "ca", "wo", "does", "do"))


@lru_cache(maxsize=65536)
def denies(text: str) -> bool:
    return bool(_DENIES.search(text))


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Shared stems as a share of all (Jaccard); 0 when both are empty."""
    union = len(first | second)
    return len(first & second) / union if union else 0.0
