"""Which documents hold a term, and how often: the inverted half of the index.

A document is a number given by the shelf. Terms are strings shared between all indexes of the process; a term held by a
single document (half of them are) costs a number instead of an array.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COUNT_BITS = 8
MOST_COUNTED = (1 << COUNT_BITS) - 1
MOST_DOCUMENTS = 1 << (32 - COUNT_BITS)
"""16.7 million in one index: what is left of 32 bits."""


class Postings:
    """Term to packed (document, count) numbers, in the order the documents were added."""

    def __init__(self) -> None:
        self._of: dict[str, int | array[int]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def add(self, document: int, terms: Iterable[str]) -> None:
        place = document << COUNT_BITS
        for term, count in Counter(terms).items():
            self._append(term, place | min(count, MOST_COUNTED))

    def _append(self, term: str, packed: int) -> None:
        held = self._of.get(term)
        if held is None:
            self._of[sys.intern(term)] = packed
        elif isinstance(held, int):
            self._of[term] = array("I", (held, packed))
        else:
            held.append(packed)

    def of(self, term: str) -> Sequence[int]:
        held = self._of.get(term)
        if held is None:
            return ()
        return (held,) if isinstance(held, int) else held

    def renumber(self, new_numbers: dict[int, int]) -> None:
        """Forget every document that has no new number and move the others, whose order must not change."""
        for term in list(self._of):
            kept = [
                new_numbers[packed >> COUNT_BITS] << COUNT_BITS | packed & MOST_COUNTED
                for packed in self.of(term)
                if packed >> COUNT_BITS in new_numbers
            ]
            self._replace(term, kept)

    def _replace(self, term: str, kept: list[int]) -> None:
        if not kept:
            del self._of[term]
        else:
            self._of[term] = kept[0] if len(kept) == 1 else array("I", kept)
