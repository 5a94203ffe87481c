"""Everything one user said and all that is known of them, searchable: the whole of the ranking half behind five calls.

An index is one user's; nothing in it can reach another index. It lives in memory, holds no text, is not safe for use
from two threads at once, and gives the same answer for the same documents in whatever order they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from agent_sessions.recall.language.text import opening_and_rest
from agent_sessions.recall.search.document import Document, Hit, Kind, Why
from agent_sessions.recall.search.features import Grounds
from agent_sessions.recall.search.lexical import Lexical
from agent_sessions.recall.search.postings import Postings
from agent_sessions.recall.search.profiles import profile_for
from agent_sessions.recall.search.question import read_question
from agent_sessions.recall.search.rank import candidates, ranked, said_in, spread, why
from agent_sessions.recall.search.shelf import KINDS, Shelf
from agent_sessions.recall.search.traits import read_traits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from agent_sessions.recall.search.lexical import Match
    from agent_sessions.recall.search.profiles import Profile
    from agent_sessions.recall.search.question import Question
    from agent_sessions.recall.search.rank import Ranked
    from agent_sessions.recall.search.vectors import Likeness, Vectors

ALL_KINDS = frozenset(Kind)
_TIDY_FROM = 256
"""Removed documents kept as gaps before a tidying is worth its time."""


class RecallIndex:
    """One user's documents, found by question."""

    def __init__(self, *, vectors: Vectors | None = None) -> None:
        """``vectors``: what its documents mean, where that is to count."""
        self._shelf = Shelf()
        self._postings = Postings()
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._shelf)

    def __contains__(self, document_id: str) -> bool:
        return document_id in self._shelf.numbers

    def add(self, documents: Iterable[Document]) -> None:
        """Make documents searchable; one whose id is known takes the place of the old one."""
        for document in documents:
            self._take(document.id)
            opening, rest = opening_and_rest(document.text)
            number = self._shelf.put(document, length=len(opening), traits=read_traits(document.text))
            self._postings.add(number, opening + rest)
        self._tidy()

    def remove(self, document_ids: Iterable[str]) -> None:
        """Forget documents; ids not known are passed over."""
        for document_id in document_ids:
            self._take(document_id)
        self._tidy()

    def mean(self, vectors: Iterable[tuple[str, bytes]]) -> None:
        """Keep what documents mean, as ``packed`` vectors by id; those of documents that are gone are passed over."""
        assert self._vectors is not None
        for document_id, vector in vectors:
            if document_id in self:
                self._vectors.add(document_id, vector)

    def search(
        self,
        question: str,
        *,
        now: datetime,
        limit: int,
        kinds: Collection[Kind] = ALL_KINDS,
        explain: bool = False,
        zone: tzinfo = UTC,
        vector: Sequence[float] | None = None,
    ) -> list[Hit]:
        """The documents that answer ``question`` best, best first; ties by time (later first), then by id.

        ``now`` and ``zone`` settle what "last week" means. ``vector`` is what the question means, to a model: documents
        that mean something alike are weighed even where no word of theirs matches.
        """
        looking = self._looking(question, now=now, zone=zone, vector=vector)
        return self._hits(looking, kinds=kinds, limit=limit, explain=explain)

    def search_each(
        self,
        question: str,
        *,
        now: datetime,
        limits: Mapping[Kind, int],
        zone: tzinfo = UTC,
        vector: Sequence[float] | None = None,
    ) -> dict[Kind, list[Hit]]:
        """As ``search`` for each of these kinds alone, so many of it, at little more than the cost of one search."""
        looking = self._looking(question, now=now, zone=zone, vector=vector)
        return {
            kind: self._hits(looking, kinds=(kind,), limit=limit, explain=False) if limit else []
            for kind, limit in limits.items()
        }

    def _looking(self, question: str, *, now: datetime, zone: tzinfo, vector: Sequence[float] | None) -> _Looking:
        shelf = self._shelf
        asked = read_question(question, now=now, zone=zone, speakers=shelf.speakers_now())
        match = Lexical(shelf, self._postings).match(asked.terms)
        likeness = self._vectors.likeness(vector) if self._vectors is not None and vector is not None else None
        profile = profile_for(shelf)
        grounds = Grounds(shelf, asked, match, likeness=likeness, weights=profile.weights)
        return _Looking(asked, match, grounds, profile, likeness)

    def _hits(self, looking: _Looking, *, kinds: Collection[Kind], limit: int, explain: bool) -> list[Hit]:
        shelf, asked, grounds, profile = self._shelf, looking.asked, looking.grounds, looking.profile
        alike = looking.likeness.nearest if looking.likeness else ()
        extra = [*said_in(shelf, asked), *(shelf.numbers[document_id] for document_id in alike)]
        chosen = candidates(shelf, looking.match, kinds=kinds, extra=extra)
        best = ranked(chosen, grounds, shelf=shelf, weights=profile.weights)
        best = (spread(best, shelf) if asked.asks_overview else best)[:limit]
        return [
            self._hit(
                each,
                similarity=profile.similarity(each.score, with_meaning=looking.likeness is not None),
                why=why(each, grounds, terms=asked.terms, weights=profile.weights) if explain else None,
            )
            for each in best
        ]

    def _tidy(self) -> None:
        if self._shelf.gone > max(_TIDY_FROM, len(self._shelf)):
            self._postings.renumber(self._shelf.tidy())

    def _take(self, document_id: str) -> None:
        self._shelf.take(document_id)
        if self._vectors is not None:
            self._vectors.remove(document_id)

    def _hit(self, each: Ranked, *, similarity: float, why: Why | None) -> Hit:
        shelf, number = self._shelf, each.number
        return Hit(
            id=shelf.ids[number],
            kind=KINDS[shelf.kinds[number]],
            session_id=shelf.session_ids[shelf.sessions[number]],
            at=shelf.at(number),
            score=each.score,
            similarity=similarity,
            why=why,
        )


@dataclass(frozen=True, slots=True)
class _Looking:
    """A question read and matched, before any document is weighed."""

    asked: Question
    match: Match
    grounds: Grounds
    profile: Profile
    likeness: Likeness | None
