"""The part of a long text that has most to do with a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..recall.language.text import query_terms, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 1_000
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


def excerpt(text: str, query: str, *, longest: int = LONGEST) -> str:
    """The text, or of a long one the stretch of at most ``longest`` characters that has most to do with the query."""
    if len(text) <= longest:
        return text
    sentences = [sentence for sentence in _SENTENCES.split(text) if sentence]
    wanted = set(query_terms(query))
    weights = [len(wanted.intersection(terms(sentence))) for sentence in sentences]
    first, last = _heaviest([len(sentence) + 1 for sentence in sentences], weights, longest)
    stretch = " ".join(sentences[first:last])[:longest]
    return f"{'... ' if first else ''}{stretch}{' ...' if last < len(sentences) or len(stretch) == longest else ''}"


def _heaviest(lengths: Sequence[int], weights: Sequence[int], room: int) -> tuple[int, int]:
    """The stretch (half open) of at most ``room`` characters with the greatest weight; the earliest of equals."""
    best, first, length, weight = (-1, 0, 1), 0, 0, 0
    for last in range(len(lengths)):
        length += lengths[last]
        weight += weights[last]
        while length > room and first < last:
            length -= lengths[first]
            weight -= weights[first]
            first += 1
        if weight > best[0]:
            best = (weight, first, last + 1)
    # What follows the stretch reads on as far as there is room.
    _, first, last = best
    while last < len(lengths) and sum(lengths[first : last + 1]) <= room:
        last += 1
    return first, last
