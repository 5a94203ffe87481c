"""What speaks for a document and against it, as numbers between 0 and about 1 (3 for meaning), before any weight.

Each ground is one line of ``GROUNDS``; the weights are in ``rank``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Role
from agent_sessions.recall.search.shelf import ROLES
from agent_sessions.recall.search.traits import asks, speaks_of_time, wishes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent_sessions.recall.search.lexical import Match
    from agent_sessions.recall.search.question import Question
    from agent_sessions.recall.search.shelf import Shelf
    from agent_sessions.recall.search.vectors import Likeness

Weights = tuple[float, ...]
"""In the order of GROUNDS."""

GROUNDS = (
    "words",  # the question's words in the document
    "previous turn",  # ... in the turn before it
    "next turn",  # ... in the turn after it
    "two turns around",  # each word's best score among itself and two turns either side
    "four turns around",
    "speaker named",  # said by the only speaker the question names
    "first speaker named",  # said by the first of several the question names
    "user",  # said by the user, or known of them: not the assistant's words
    "assistant in overview",  # said by the assistant, where all that was said is asked for
    "answer asked for",  # said by the assistant, where the question is about what it said
    "date",  # said in, or soon after, the days the question names
    "time words",  # speaks of a time, where the question asks when
    "wish",  # a lasting wish or preference of the user
    "asks",  # asks instead of telling
    "length",  # logarithm of its length, up to a short paragraph
    "long",  # logarithm of how much longer it is
    "meaning",  # how alike it is to the question by embedding, where there is one, in spreads from the mean
    "meaning around",  # ... the most alike among itself and four turns either side
)
_DAY = 86_400_000_000
_FADE = 7 * _DAY
"""How long after a day people still tell of it: the date's share falls to 37 % in a week (half of that before it)."""
_PARAGRAPH = 30
"""Terms, stop words not counted."""
_LOG_PARAGRAPH = math.log1p(_PARAGRAPH)
_NEAR, _FAR = 2, 4


class Grounds:
    """Computes the grounds of documents for one question; one that is dear and weighs nothing is left at 0."""

    def __init__(
        self, shelf: Shelf, question: Question, match: Match, *, likeness: Likeness | None, weights: Weights
    ) -> None:
        self._shelf = shelf
        self._question = question
        self._sums = match.sums
        self._lookups = [row.get for row in match.rows]
        self._norm = match.norm
        self._likeness = likeness
        self._looks_near = bool(weights[GROUNDS.index("two turns around")])
        self._vectors: dict[int, list[float]] = {}

    def of(self, number: int) -> tuple[float, ...]:
        """One number for each of GROUNDS."""
        shelf, norm = self._shelf, self._norm
        own = self._sums.get(number, 0.0) / norm
        before, after, near, far = self._around(number)
        role = ROLES[shelf.roles[number]]
        traits, length = shelf.traits[number], shelf.lengths[number]
        return (
            own,
            before / norm,
            after / norm,
            near / norm,
            far / norm,
            *self._speaker(shelf.speakers[number]),
            float(role is not Role.ASSISTANT),
            float(role is Role.ASSISTANT and self._question.asks_overview),
            float(role is Role.ASSISTANT and self._question.asks_what_was_answered),
            self._date(shelf.times[number]),
            float(self._question.asks_when and speaks_of_time(traits)),
            float(role is Role.USER and wishes(traits)),
            asks(traits),
            math.log1p(min(length, _PARAGRAPH)) / _LOG_PARAGRAPH,
            math.log(length / _PARAGRAPH) if length > _PARAGRAPH else 0.0,
            *self._meaning(number),
        )

    def words_at(self, number: int) -> tuple[list[int], list[int]]:
        """Places of the question's terms found in a document itself, and of those found only near it."""
        own = self._vector(number)
        around = [self._vector(turn) for turn in self._shelf.around(number, _FAR)]
        best = [max(scores) for scores in zip(*around, strict=True)]
        here = [place for place, score in enumerate(own) if score]
        return here, [place for place, score in enumerate(best) if score and not own[place]]

    def _vector(self, number: int) -> list[float]:
        """The score of each of the question's terms in a document."""
        vector = self._vectors.get(number)
        if vector is None:
            vector = self._vectors[number] = [score_of(number, 0.0) for score_of in self._lookups]
        return vector

    def _around(self, number: int) -> tuple[float, float, float, float]:
        """Words in the turn before, the turn after, within two turns and within four, not yet normed."""
        turns, sums = self._shelf.around(number, _FAR), self._sums
        place = min(self._shelf.places[number], _FAR) if len(turns) > 1 else 0
        before = sums.get(turns[place - 1], 0.0) if place else 0.0
        after = sums.get(turns[place + 1], 0.0) if place + 1 < len(turns) else 0.0
        far = [turn for turn in turns if turn in sums]
        in_far = self._united(far)
        if not self._looks_near:
            return before, after, 0.0, in_far
        near = [turn for turn in turns[max(0, place - _NEAR) : place + _NEAR + 1] if turn in sums]
        return before, after, in_far if len(far) == len(near) else self._united(near), in_far

    def _united(self, turns: Sequence[int]) -> float:
        """What several turns say together: each term counted once, where it scores best."""
        if not turns:
            return 0.0
        if len(turns) == 1:
            return self._sums[turns[0]]
        together: float = sum(map(max, *map(self._vector, turns)))
        return together

    def _speaker(self, speaker: int) -> tuple[float, float]:
        named = self._question.named
        if not named or speaker != named[0]:
            return 0.0, 0.0
        return (1.0, 0.0) if len(named) == 1 else (0.0, 1.0)

    def _meaning(self, number: int) -> tuple[float, float]:
        if self._likeness is None:
            return 0.0, 0.0
        ids, of = self._shelf.ids, self._likeness.of
        return of(ids[number]), max([of(ids[turn]) for turn in self._shelf.around(number, _FAR)])

    def _date(self, time: int) -> float:
        days = self._question.days
        return max([_closeness(time, first, last) for first, last in days]) if days else 0.0


def _closeness(time: int, first: int, last: int) -> float:
    if time < first:
        return math.exp(-2 * (first - time) / _FADE)
    return math.exp(-max(0, time - last) / _FADE)
