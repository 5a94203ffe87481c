"""One search index per user, made when first needed, kept up to date, let go when long unused.

Indexing and searching happen in one thread of their own: an index is not safe for two. A long one is made in steps, so
that other users' questions need not wait for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from ..domain.log import Erased
from ..domain.memory import MemoryKind
from ..domain.utterances import backdating, utterances_of
from ..ports import Owner
from ..recall.search.document import of_memory, of_summary, of_utterance
from ..recall.search.index import RecallIndex
from .catching_up import Positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..domain.log import LogEntry
    from ..domain.memory import Memory, ProcessingResult, SessionSummary, Utterance
    from ..domain.session import Session
    from ..ports import Store
    from ..recall.search.document import Document
    from .embedding import Embedding, Meaning

logger = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_DOCUMENTS = 1_500_000
"""How many documents all indexes in memory hold together before those longest unused are let go (about 300 bytes each,
and 100 bytes a document more in many small ones)."""

WITH_VECTOR = 4
"""A document with its vector takes the room of so many without."""

ALL = 1_000_000

STEP = 256
"""Documents indexed at a time: some 20 ms."""


class Indexes:
    """The indexes of users. What is found in one belongs to that user: it holds nothing else."""

    def __init__(
        self, store: Store, *, embedding: Embedding | None = None, most_documents: int = MOST_DOCUMENTS
    ) -> None:
        """``embedding``: what tells the meaning of documents; None: they are found by their words alone."""
        self._store = store
        self._embedding = embedding
        self._most = most_documents // (WITH_VECTOR if embedding else 1)
        self._slots: OrderedDict[Owner, _Slot] = OrderedDict()
        self._making: set[asyncio.Task[RecallIndex]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recall")
        store.on_commit(self._committed)

    @property
    def documents(self) -> int:
        """How many documents the indexes in memory hold together."""
        return sum(slot.size for slot in self._slots.values())

    def __contains__(self, owner: Owner) -> bool:
        return owner in self._slots

    async def ask(self, owner: Owner, question: Callable[[RecallIndex], T]) -> T:
        """Put a question to the user's index, made first if need be. Leaving early does not stop it from being made.

        What was committed before is known to the index, also when it is being made.
        """
        slot = self._slot(owner)
        index = await asyncio.shield(slot.made)
        if self._store.shared:
            await self._catch_up(owner, slot)
        if slot.meaning is not None:
            slot.meaning.begin()
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, index)

    async def meanings(self, questions: Sequence[str]) -> Sequence[Sequence[float] | None]:
        """What each question means, as a vector; None where nothing tells, or not in time."""
        if self._embedding is None:
            return [None] * len(questions)
        return await self._embedding.of_questions(questions)

    async def embedded(self, owner: Owner) -> None:
        """Return when all that is known of the user has its vector, or the model failed."""
        await self.ask(owner, len)
        if (slot := self._slots.get(owner)) and slot.meaning is not None:
            await slot.meaning.settled()

    async def _catch_up(self, owner: Owner, slot: _Slot) -> None:
        """Take in what other processes wrote."""
        async with slot.catching_up:
            news = await slot.positions.news(self._store, owner)
        if news.gone:
            self.drop(owner)
        documents = _documents(news.said, news.memories, news.summaries)
        if documents or news.replaced:
            await self._run(partial(_exchange, gone=news.replaced, come=documents), slot.index)
            slot.embed(documents)

    def record(self, owner: Owner, result: ProcessingResult) -> None:
        """Take in what processing a conversation made."""
        made = [*result.created, *(version.memory for version in result.versions)]
        documents = _documents((), made, () if result.summary is None else (result.summary,))
        gone = [version.replaces for version in result.versions]
        self._change(owner, gone=gone, come=documents)

    def drop(self, owner: Owner) -> None:
        """Let go of the user's index: it is out of date, or nothing of theirs may be kept."""
        if slot := self._slots.pop(owner, None):
            slot.let_go()

    async def close(self) -> None:
        """Let go of everything."""
        for owner in list(self._slots):
            self.drop(owner)
        for task in self._making:
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)
        if self._embedding is not None:
            await self._embedding.close()
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        if not self._slots:
            return
        owner = Owner(session.project, session.user_id)
        if any(isinstance(entry.fact, Erased) for entry in entries):
            self.drop(owner)
        elif slot := self._slots.get(owner):
            slot.positions.note(session, entries)
            if said := utterances_of(entries, earlier=backdating(session)):
                self._change(owner, gone=(), come=_documents(said, (), ()))

    def _slot(self, owner: Owner) -> _Slot:
        slot = self._slots.get(owner)
        if slot is None or slot.failed:
            slot = self._slots[owner] = _Slot()
            if self._embedding is not None:
                slot.meaning = self._embedding.meaning(owner, partial(self._mean, slot))
            slot.made = asyncio.create_task(self._make(owner, slot), name=f"index of {owner.user_id}")
            self._making.add(slot.made)
            slot.made.add_done_callback(self._making.discard)
        self._slots.move_to_end(owner)
        return slot

    async def _make(self, owner: Owner, slot: _Slot) -> RecallIndex:
        index = RecallIndex(vectors=self._embedding.vectors() if self._embedding else None)
        documents = await self._read(owner, slot)
        slot.size = len(documents)
        self._make_room(owner)
        for start in range(0, len(documents), STEP):
            await self._run(index.add, documents[start : start + STEP])
        while slot.waiting:
            changes, slot.waiting = slot.waiting, []
            for change in changes:
                await self._run(change, index)
        slot.index = index
        if slot.meaning is not None:
            slot.meaning.add(documents)
            await slot.meaning.look_up()
        return index

    async def _mean(self, slot: _Slot, vectors: Sequence[tuple[str, bytes]]) -> None:
        """What documents mean, into the index."""
        assert slot.index is not None
        await self._run(slot.index.mean, vectors)

    async def _read(self, owner: Owner, slot: _Slot) -> list[Document]:
        sessions = (await self._store.sessions_of(owner, limit=ALL)).items
        slot.positions.begin(sessions)
        earlier = {session.id: span for session in sessions if (span := backdating(session))}
        said = [
            replace(each, at=each.at - earlier[each.session_id]) if each.session_id in earlier else each
            for each in await self._store.utterances(owner)
        ]
        known = await self._store.current_memories(owner)
        summaries = await self._store.summaries(owner)
        return _documents(said, [kept.memory for kept in known], [kept.summary for kept in summaries])

    def _change(self, owner: Owner, *, gone: Sequence[str], come: Sequence[Document]) -> None:
        """Change the user's index if there is one; one that is being made, once what was read is in."""
        slot = self._slots.get(owner)
        if slot is None:
            return
        change = partial(_exchange, gone=gone, come=come)
        if slot.index is None:
            slot.waiting.append(change)
        else:
            done = asyncio.get_running_loop().run_in_executor(self._thread, slot.changed, change)
            done.add_done_callback(partial(self._changed, owner))
        slot.embed(come)

    def _changed(self, owner: Owner, done: asyncio.Future[None]) -> None:
        """One that did not take a change is out of date."""
        if not done.cancelled() and (failure := done.exception()):
            logger.error("index_not_changed", user_id=owner.user_id, exc_info=failure)
            self.drop(owner)

    def _make_room(self, owner: Owner) -> None:
        """Let go of what is longest unused until the new index fits."""
        total = self.documents
        for other, slot in list(self._slots.items()):
            if total <= self._most:
                return
            if other != owner:
                self.drop(other)
                total -= slot.size

    async def _run(self, work: Callable[..., None], argument: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work, argument)


class _Slot:
    """An index, or one in the making with the changes that wait for it. ``size``: how many documents, about."""

    made: asyncio.Task[RecallIndex]

    def __init__(self) -> None:
        self.index: RecallIndex | None = None
        self.waiting: list[Callable[[RecallIndex], None]] = []
        self.size = 0
        self.positions = Positions()
        self.catching_up = asyncio.Lock()
        self.meaning: Meaning | None = None

    @property
    def failed(self) -> bool:
        """Whether it could not be made, so that it may be tried again."""
        return self.made.done() and (self.made.cancelled() or self.made.exception() is not None)

    def embed(self, documents: Sequence[Document]) -> None:
        """These are new in the index, or will be once it is made."""
        if self.meaning is not None:
            self.meaning.add(documents)
            if self.index is not None:
                self.meaning.begin()

    def let_go(self) -> None:
        """Nobody needs it any more."""
        if self.meaning is not None:
            self.meaning.stop()

    def changed(self, change: Callable[[RecallIndex], None]) -> None:
        """Change the index. In the thread."""
        assert self.index is not None
        change(self.index)
        self.size = len(self.index)


def place_of(document_id: str) -> tuple[str, int]:
    """The (session id, seq) that a message's document id stands for."""
    session_id, _, seq = document_id.rpartition("/")
    return session_id, int(seq)


def session_of(document_id: str) -> str:
    """The session id that a summary's document id stands for."""
    return document_id.removeprefix("summary/")


def _documents(
    said: Iterable[Utterance], memories: Iterable[Memory], summaries: Iterable[SessionSummary]
) -> list[Document]:
    return [
        *(replace(of_utterance(each), id=f"{each.session_id}/{each.seq}") for each in said),
        *(of_memory(each) for each in memories if each.kind is MemoryKind.FACT),
        *(of_summary(each, document_id=f"summary/{each.session_id}") for each in summaries),
    ]


def _exchange(index: RecallIndex, gone: Iterable[str], come: Iterable[Document]) -> None:
    index.remove(gone)
    index.add(come)
