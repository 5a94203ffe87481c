"""Scores documents by the words of a question: BM25 over the inverted index, related and misspelt words count less.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.recall.language.related import related
from agent_sessions.recall.language.spelling import near_misses
from agent_sessions.recall.search.postings import COUNT_BITS, MOST_COUNTED
from agent_sessions.recall.search.shelf import GONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent_sessions.recall.search.postings import Postings
    from agent_sessions.recall.search.shelf import Shelf

SATURATION = 1.5
LENGTH_SHARE = 0.4
RELATED_SHARE = 0.4
MISSPELT_SHARE = 0.7
RELATED_BUDGET = 4_000
"""Postings of related words read per question, rarest words first: bounds the time, and common words say little."""

COMMON = 1_500
"""A word in more documents than this is common."""

Row = dict[int, float]


@dataclass(frozen=True, slots=True)
class Match:
    """What the words of a question find.

    ``rows`` hold, per term, document to score; ``sums`` document to the sum of its scores; ``norm`` makes questions of
    different lengths alike.
    """

    rows: tuple[Row, ...]
    sums: Row
    norm: float


class Lexical:
    """BM25 over one index as it stands now."""

    def __init__(self, shelf: Shelf, postings: Postings) -> None:
        self._shelf = shelf
        self._postings = postings
        mean = max(1.0, shelf.total_length / max(1, len(shelf)))
        self._constant = SATURATION * (1 - LENGTH_SHARE)
        self._per_term = SATURATION * LENGTH_SHARE / mean

    def match(self, terms: Sequence[str]) -> Match:
        held = [self._living(term) for term in terms]
        weights = tuple(self._weight(len(packed)) for packed in held)
        rows = [self._row(packed, weight) for packed, weight in zip(held, weights, strict=True)]
        self._add_misspelt(terms, rows, weights)
        self._add_related(terms, rows, weights)
        norm = 2 * math.sqrt(sum(weight * weight for weight in weights)) or 1.0
        return Match(tuple(rows), _sums(rows), norm)

    def _living(self, term: str) -> Sequence[int]:
        packed = self._postings.of(term)
        if not self._shelf.gone:
            return packed
        kinds = self._shelf.kinds
        return [each for each in packed if kinds[each >> COUNT_BITS] != GONE]

    def _weight(self, holding: int) -> float:
        """Inverse document frequency; a term nobody used weighs as much as the rarest."""
        holding = holding or 1
        return math.log(1 + (len(self._shelf) - holding + 0.5) / (holding + 0.5))

    def _row(self, packed: Iterable[int], weight: float) -> Row:
        lengths, constant, per_term = self._shelf.lengths, self._constant, self._per_term
        top = weight * (SATURATION + 1)
        return {
            (number := each >> COUNT_BITS): top
            * (count := each & MOST_COUNTED)
            / (count + constant + per_term * lengths[number])
            for each in packed
        }

    def _add_misspelt(self, terms: Sequence[str], rows: list[Row], weights: Sequence[float]) -> None:
        for term, row, weight in zip(terms, rows, weights, strict=True):
            if not row:
                for near in near_misses(term, self._postings):
                    self._raise(row, self._row(self._living(near), weight * MISSPELT_SHARE))

    def _add_related(self, terms: Sequence[str], rows: list[Row], weights: Sequence[float]) -> None:
        table = related()
        wanted = [
            (self._living(other), other, place) for place, term in enumerate(terms) for other in table.get(term, ())
        ]
        left = RELATED_BUDGET
        for packed, _, place in sorted(wanted, key=lambda each: (len(each[0]), each[1:])):
            left -= len(packed)
            if left < 0:
                return
            weight = min(weights[place], self._weight(len(packed)))
            self._raise(rows[place], self._row(packed, weight * RELATED_SHARE))

    @staticmethod
    def _raise(row: Row, other: Row) -> None:
        for number, score in other.items():
            if score > row.get(number, 0.0):
                row[number] = score


def _sums(rows: Sequence[Row]) -> Row:
    """Added up in one order, so that equal documents have equal sums to the last bit.

    Words half the conversation uses only add to what rarer words found, where there are such: alone they find nothing
    worth weighing and cost the most.
    """
    rare = [row for row in rows if 0 < len(row) <= COMMON]
    sums: Row = {}
    for row in rare or rows:
        known = sums.get
        for number, score in row.items():
            sums[number] = known(number, 0.0) + score
    for row in rows if rare else ():
        if len(row) > COMMON:
            of = row.get
            sums = {number: score + of(number, 0.0) for number, score in sums.items()}
    return sums
