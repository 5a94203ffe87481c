"""Finds the words somebody may have meant: one letter wrong, missing, too many, or two changed round."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_MISSPELT = 5
_MOST_GUESSES = 3


def near_misses(term: str, vocabulary: Iterable[str]) -> list[str]:
    """At most three words of ``vocabulary`` one slip away from ``term`` that begin with the same letter.

    Short words and numbers have none: one letter makes them another word.
    """
    if len(term) < SHORTEST_MISSPELT or not term.isalpha():
        return []
    low, high, first = len(term) - 1, len(term) + 1, term[0]
    alike = (word for word in vocabulary if low <= len(word) <= high and word[0] == first)
    return sorted(word for word in alike if one_slip_apart(term, word))[:_MOST_GUESSES]


def one_slip_apart(one: str, other: str) -> bool:
    """Whether a single change, missing letter or swap of neighbours makes one the other; False where they are equal."""
    if len(one) > len(other):
        one, other = other, one
    start = _same_start(one, other)
    if len(one) < len(other):
        return len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    return one != other and (one[start + 1 :] == other[start + 1 :] or swapped)


def _same_start(one: str, other: str) -> int:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
