"""The memory backend that is always there: memories made by rule, found by our own index, kept in our own store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ..domain.errors import UserNotFound
from ..domain.log import Author, Message
from ..domain.memory import Role
from ..domain.recalled import Recalled, RecalledKind
from ..ports import MemoryFilter
from ..recall.search.document import Hit, Kind
from .indexes import place_of, session_of
from .outdated import current_first, lineages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from ..domain.log import LogEntry
    from ..domain.memory import ProcessingResult
    from ..domain.recalled import Question
    from ..domain.recollection import KeptMemory, KeptSummary
    from ..ports import ConversationToRemember, Extractor, Owner, Store
    from ..recall.search.index import RecallIndex
    from .indexes import Indexes

    Vector: TypeAlias = Sequence[float] | None

EVERYTHING = frozenset(Kind)

STANDING = 5
"""Memories told to an agent whatever was asked, where there is room."""
LONGEST_QUESTION = 2_000
"""Characters. What is asked beyond is not looked for: a page that somebody pastes has its subject at the beginning."""

MORE_DATED = 4
"""Where spans of time are asked for, so many times as many memories are looked through for those of these spans."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found for one or more questions, each thing once with its best similarity, best first."""

    memories: Sequence[tuple[KeptMemory, float]] = ()
    summaries: Sequence[tuple[KeptSummary, float]] = ()
    messages: Sequence[Recalled] = ()


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
        """Messages as they were said, memories and summaries, best first; then a few of the newest memories.

        Where the question finds little, these tell an agent at least who it is talking with.
        """
        try:
            found = await self.search(owner, question)
        except UserNotFound:
            return []
        room = min(STANDING, question.limit - len(found))
        return [*found, *await self._standing(owner, found, limit=room)] if room > 0 else found

    async def search(
        self, owner: Owner, question: Question, *, kinds: Collection[Kind] = EVERYTHING, explain: bool = False
    ) -> Sequence[Recalled]:
        """As :meth:`recall`, of these kinds only; ``explain``: say why each was found."""
        [vector] = await self._indexes.meanings([question.text[:LONGEST_QUESTION]])
        asking = partial(_search, question=question, vector=vector, kinds=kinds, explain=explain)
        hits, texts = await self._found(owner, asking)
        found = [told for hit in hits if (told := texts.told(hit))]
        lineages = lineages_of(texts.known.values())
        return current_first(found, await self._store.versions(owner, lineages)) if lineages else found

    async def survey(
        self,
        owner: Owner,
        questions: Sequence[str],
        *,
        now: datetime,
        zone: tzinfo,
        limits: Mapping[Kind, int],
        dated: Sequence[tuple[datetime, datetime]] = (),
    ) -> Survey:
        """So many of each kind for each question. ``dated``: besides, as many memories about these spans of time."""
        asked = [question[:LONGEST_QUESTION] for question in questions]
        meant = list(zip(asked, await self._indexes.meanings(asked), strict=True))
        asking = partial(_survey, questions=meant, now=now, zone=zone, limits=limits, dated=dated)
        hits, texts = await self._found(owner, asking)
        return Survey(
            [(texts.known[hit.id], hit.similarity) for hit in hits if hit.id in texts.known],
            [(texts.summed[hit.id], hit.similarity) for hit in hits if hit.id in texts.summed],
            [told for hit in hits if hit.kind is Kind.MESSAGE and (told := texts.told(hit))],
        )

    async def settled(self, owner: Owner) -> None:
        """Return when all that is known of the owner is found by meaning too, where a model tells that."""
        await self._indexes.embedded(owner)

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """The store has erased it already; the index must not hold it either."""
        self._indexes.drop(owner)

    async def health(self) -> None:
        """Works when the store does."""
        await self._store.check()

    async def close(self) -> None:
        """Let go of the indexes."""
        await self._indexes.close()

    async def _standing(self, owner: Owner, found: Sequence[Recalled], *, limit: int) -> list[Recalled]:
        told = {each.id for each in found}
        page = await self._store.memories(owner, MemoryFilter(), limit=limit + len(told))
        return [_unasked(kept) for kept in page.items if kept.memory.id not in told][:limit]

    async def _found(
        self, owner: Owner, asking: Callable[[RecallIndex], Sequence[Hit]]
    ) -> tuple[Sequence[Hit], _Texts]:
        """What the index finds, with its texts; asked once more when it turned out to be out of date."""
        hits = await self._indexes.ask(owner, asking)
        texts = await self._texts(owner, hits)
        if texts.lacks(hits):
            hits = await self._indexes.ask(owner, asking)
            texts = await self._texts(owner, hits)
        return hits, texts

    async def _texts(self, owner: Owner, hits: Sequence[Hit]) -> _Texts:
        """What the store holds of the hits. An index with hits it does not hold is out of date, and dropped."""
        texts = _Texts(
            await self._messages(owner, _ids(hits, Kind.MESSAGE)),
            await self._memories(owner, _ids(hits, Kind.MEMORY)),
            await self._summaries(owner, _ids(hits, Kind.SUMMARY)),
        )
        if texts.lacks(hits):
            self._indexes.drop(owner)
        return texts

    async def _messages(self, owner: Owner, ids: Sequence[str]) -> Mapping[str, LogEntry]:
        entries = await self._store.messages_at(owner, [place_of(each) for each in ids]) if ids else ()
        return {f"{entry.session_id}/{entry.seq}": entry for entry in entries}

    async def _memories(self, owner: Owner, ids: Sequence[str]) -> Mapping[str, KeptMemory]:
        kept = await self._store.memories_by_id(owner, ids) if ids else {}
        return {memory_id: each for memory_id, each in kept.items() if each.current}

    async def _summaries(self, owner: Owner, ids: Sequence[str]) -> Mapping[str, KeptSummary]:
        sessions = [session_of(each) for each in ids]
        kept = await self._store.summaries(owner, session_ids=sessions) if ids else ()
        return {f"summary/{each.summary.session_id}": each for each in kept}


@dataclass(frozen=True, slots=True)
class _Texts:
    """What the store holds, by document id."""

    said: Mapping[str, LogEntry]
    known: Mapping[str, KeptMemory]
    summed: Mapping[str, KeptSummary]

    def lacks(self, hits: Iterable[Hit]) -> bool:
        """Whether some of the hits are not there any more."""
        return any(hit.id not in self.said and hit.id not in self.known and hit.id not in self.summed for hit in hits)

    def told(self, hit: Hit) -> Recalled | None:
        """The hit with its text; None when that is not there any more."""
        if entry := self.said.get(hit.id):
            return _message(hit, entry)
        if memory := self.known.get(hit.id):
            return _memory(hit, memory)
        if summary := self.summed.get(hit.id):
            return _summary(hit, summary)
        return None


def _search(
    index: RecallIndex, *, question: Question, vector: Vector, kinds: Collection[Kind], explain: bool
) -> list[Hit]:
    return index.search(
        question.text[:LONGEST_QUESTION],
        now=question.now,
        limit=question.limit,
        kinds=kinds,
        explain=explain,
        zone=question.zone,
        vector=vector,
    )


def _survey(
    index: RecallIndex,
    *,
    questions: Sequence[tuple[str, Vector]],
    now: datetime,
    zone: tzinfo,
    limits: Mapping[Kind, int],
    dated: Sequence[tuple[datetime, datetime]],
) -> list[Hit]:
    """The hits of all questions (with what each means), each document once, best first."""
    most = limits[Kind.MEMORY]
    wider = {**limits, Kind.MEMORY: MORE_DATED * most} if dated else limits
    best: dict[str, Hit] = {}
    for question, vector in questions:
        found = index.search_each(question, now=now, limits=wider, zone=zone, vector=vector)
        further = [hit for hit in found[Kind.MEMORY][most:] if any(first <= hit.at <= last for first, last in dated)]
        found[Kind.MEMORY] = found[Kind.MEMORY][:most] + further[:most]
        for hit in (hit for hits in found.values() for hit in hits):
            if hit.id not in best or best[hit.id].similarity < hit.similarity:
                best[hit.id] = hit
    return sorted(best.values(), key=lambda hit: -hit.similarity)


def _ids(hits: Iterable[Hit], kind: Kind) -> list[str]:
    return [hit.id for hit in hits if hit.kind is kind]


def _message(hit: Hit, entry: LogEntry) -> Recalled:
    assert isinstance(entry.fact, Message)
    return Recalled(
        id=entry.fact.id,
        kind=RecalledKind.MESSAGE,
        text=entry.fact.text,
        session_id=entry.session_id,
        start=hit.at,
        end=hit.at,
        score=hit.score,
        similarity=hit.similarity,
        sources=(entry.fact.id,),
        role=Role.USER if entry.fact.author is Author.USER else Role.ASSISTANT,
        why=hit.why.sentence() if hit.why else None,
    )


def _unasked(kept: KeptMemory) -> Recalled:
    memory = kept.memory
    hit = Hit(memory.id, Kind.MEMORY, memory.session_id, memory.event_start, score=0.0, similarity=0.0)
    return _memory(hit, kept)


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
