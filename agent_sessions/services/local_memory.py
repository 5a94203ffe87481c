"""The memory backend that is always there: memories made by rule, found by our own index, kept in our own store."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from ..domain.log import Author, Message
from ..domain.memory import Role
from ..domain.recalled import Recalled, RecalledKind
from ..recall.document import Kind
from .indexes import place_of, session_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ..domain.log import LogEntry
    from ..domain.memory import ProcessingResult
    from ..domain.recalled import Question
    from ..domain.recollection import KeptMemory, KeptSummary
    from ..ports import ConversationToRemember, Extractor, Owner, Store
    from ..recall.document import Hit
    from ..recall.index import RecallIndex
    from .indexes import Indexes

EVERYTHING = frozenset(Kind)


class LocalMemory:
    """Implements :class:`~agent_sessions.ports.MemoryBackend` over the store that also keeps the sessions."""

    def __init__(self, store: Store, indexes: Indexes, extractor: Extractor) -> None:
        self._store = store
        self._indexes = indexes
        self._extractor = extractor

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        """Make memories; the store keeps them."""
        return await self._extractor.extract(conversation)

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        """Messages as they were said, memories and summaries, best first."""
        return await self.search(owner, question)

    async def search(
        self, owner: Owner, question: Question, *, kinds: Collection[Kind] = EVERYTHING, explain: bool = False
    ) -> Sequence[Recalled]:
        """As :meth:`recall`, of these kinds only; ``explain``: say why each was found."""
        hits = await self._indexes.ask(owner, partial(_search, question=question, kinds=kinds, explain=explain))
        return await self._told(owner, hits)

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """The store has erased it already; the index must not hold it either."""
        self._indexes.drop(owner)

    async def health(self) -> None:
        """Works when the store does."""
        await self._store.check()

    async def close(self) -> None:
        """Let go of the indexes."""
        await self._indexes.close()

    async def _told(self, owner: Owner, hits: Sequence[Hit]) -> list[Recalled]:
        """The hits with their texts; what was erased meanwhile is left out."""
        said, known, summed = await asyncio.gather(
            self._messages(owner, _ids(hits, Kind.MESSAGE)),
            self._store.memories_by_id(owner, _ids(hits, Kind.MEMORY)),
            self._summaries(owner, _ids(hits, Kind.SUMMARY)),
        )
        told = (
            _message(hit, said[hit.id])
            if hit.id in said
            else _memory(hit, known[hit.id])
            if hit.id in known
            else _summary(hit, summed[hit.id])
            if hit.id in summed
            else None
            for hit in hits
        )
        return [each for each in told if each is not None]

    async def _messages(self, owner: Owner, ids: Sequence[str]) -> dict[str, LogEntry]:
        entries = await self._store.messages_at(owner, [place_of(each) for each in ids]) if ids else ()
        return {f"{entry.session_id}/{entry.seq}": entry for entry in entries}

    async def _summaries(self, owner: Owner, ids: Sequence[str]) -> dict[str, KeptSummary]:
        sessions = [session_of(each) for each in ids]
        kept = await self._store.summaries(owner, session_ids=sessions) if ids else ()
        return {f"summary/{each.summary.session_id}": each for each in kept}


def _search(index: RecallIndex, *, question: Question, kinds: Collection[Kind], explain: bool) -> list[Hit]:
    return index.search(
        question.text, now=question.now, limit=question.limit, kinds=kinds, explain=explain, zone=question.zone
    )


def _ids(hits: Iterable[Hit], kind: Kind) -> list[str]:
    return [hit.id for hit in hits if hit.kind is kind]


def _message(hit: Hit, entry: LogEntry) -> Recalled:
    assert isinstance(entry.fact, Message)
    return Recalled(
        id=entry.fact.id,
        kind=RecalledKind.MESSAGE,
        text=entry.fact.text,
        session_id=entry.session_id,
        start=entry.at,
        end=entry.at,
        score=hit.score,
        similarity=hit.similarity,
        sources=(entry.fact.id,),
        role=Role.USER if entry.fact.author is Author.USER else Role.ASSISTANT,
        why=hit.why.sentence() if hit.why else None,
    )


def _memory(hit: Hit, kept: KeptMemory) -> Recalled:
    return Recalled(
        id=kept.memory.id,
        kind=RecalledKind.MEMORY,
        text=kept.memory.content,
        session_id=kept.memory.session_id,
        start=kept.memory.event_start,
        end=kept.memory.event_end,
        score=hit.score,
        similarity=hit.similarity,
        sources=kept.memory.sources,
        why=hit.why.sentence() if hit.why else None,
    )


def _summary(hit: Hit, kept: KeptSummary) -> Recalled:
    return Recalled(
        id=kept.summary.session_id,
        kind=RecalledKind.SUMMARY,
        text=kept.summary.text,
        session_id=kept.summary.session_id,
        start=kept.summary.start,
        end=kept.summary.end,
        score=hit.score,
        similarity=hit.similarity,
        why=hit.why.sentence() if hit.why else None,
    )
