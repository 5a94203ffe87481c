"""Chooses candidates, weighs their grounds, and orders them; says why where asked.

The score is a plain weighted sum: it can be explained, and what it learnt from some conversations holds for others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TYPE_CHECKING

from agent_sessions.recall.search.document import Why
from agent_sessions.recall.search.features import GROUNDS, Grounds, Weights
from agent_sessions.recall.search.shelf import GONE, KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from agent_sessions.recall.search.document import Kind
    from agent_sessions.recall.search.lexical import Match
    from agent_sessions.recall.search.question import Question
    from agent_sessions.recall.search.shelf import Shelf

CANDIDATES = 200
_SPREADING = 50
"""So many of the best candidates bring their neighbours along."""
_SPREAD = 2

_ROUNDING = 1e-6
_CROWDING = 0.5
"""What each better hit of its own session costs a document, where an overview is asked for."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document's number, its score and the grounds of it."""

    number: int
    score: float
    grounds: tuple[float, ...]


def ranked(numbers: Iterable[int], grounds: Grounds, *, shelf: Shelf, weights: Weights) -> list[Ranked]:
    """Best first; of equals the later one, then the smaller id."""
    found = []
    for number in numbers:
        values = grounds.of(number)
        found.append(Ranked(number, sum(map(float.__mul__, weights, values)), values))
    return sorted(found, key=lambda each: (-each.score, -shelf.times[each.number], shelf.ids[each.number]))


def spread(found: list[Ranked], shelf: Shelf) -> list[Ranked]:
    """The same documents in an order that draws on every session: each costs the next ones of its session a little."""
    seen: dict[int, int] = {}
    lowered = []
    for each in found:
        session = shelf.sessions[each.number]
        better = seen[session] = seen.get(session, -1) + 1
        lowered.append(replace(each, score=each.score - _CROWDING * better))
    return sorted(lowered, key=lambda each: -each.score)


def candidates(shelf: Shelf, match: Match, *, kinds: Collection[Kind], extra: Iterable[int]) -> list[int]:
    """The documents worth weighing: the best by words alone, the turns around them, and ``extra``."""
    wanted = {KINDS.index(kind) for kind in kinds}
    best = _best(shelf, match.sums, wanted)
    chosen = dict.fromkeys(best)
    for number in best[:_SPREADING]:
        chosen.update(dict.fromkeys(shelf.around(number, _SPREAD)))
    chosen.update(dict.fromkeys(extra))
    return [number for number in chosen if shelf.kinds[number] in wanted]


def _best(shelf: Shelf, sums: dict[int, float], wanted: set[int]) -> list[int]:
    if len(wanted) < len(KINDS):
        sums = {number: score for number, score in sums.items() if shelf.kinds[number] in wanted}
    if len(sums) > CANDIDATES:
        least = nlargest(CANDIDATES, sums.values())[-1]
        sums = {number: score for number, score in sums.items() if score >= least}
    in_order = sorted(sums, key=lambda number: (-sums[number], -shelf.times[number], shelf.ids[number]))
    return in_order[:CANDIDATES]


def said_in(shelf: Shelf, question: Question) -> list[int]:
    """The documents of the days a question names, unless they are too many to single anything out."""
    if not question.days:
        return []
    found = [
        number
        for number, time in enumerate(shelf.times)
        if shelf.kinds[number] != GONE and any(first <= time <= last for first, last in question.days)
    ]
    return found if len(found) <= CANDIDATES else []


def why(each: Ranked, grounds: Grounds, *, terms: tuple[str, ...], weights: Weights) -> Why:
    here, near = grounds.words_at(each.number)
    shares = [
        (name, weight * value)
        for name, weight, value in zip(GROUNDS, weights, each.grounds, strict=True)
        if weight * value
    ]
    crowding = each.score - sum(share for _, share in shares)
    if crowding < -_ROUNDING:
        shares.append(("its session told already", crowding))
    return Why(
        terms=tuple(terms[place] for place in here),
        nearby=tuple(terms[place] for place in near),
        parts=tuple(sorted(shares, key=lambda share: (-abs(share[1]), share[0]))),
    )
