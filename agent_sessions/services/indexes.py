"""One search index per user, made when first needed, kept up to date, let go when long unused.

Indexing and searching happen in one thread of their own: an index is not safe for two, and a large one takes a while.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..domain.memory import MemoryKind
from ..domain.utterances import utterances_of
from ..ports import Owner
from ..recall.document import of_memory, of_summary, of_utterance
from ..recall.index import RecallIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..domain.log import LogEntry
    from ..domain.memory import Memory, ProcessingResult, SessionSummary, Utterance
    from ..domain.session import Session
    from ..ports import Store
    from ..recall.document import Document

T = TypeVar("T")

MOST_DOCUMENTS = 1_000_000
"""How many documents all indexes in memory hold together before those longest unused are let go."""


class Indexes:
    """The indexes of users. What is found in one belongs to that user: it holds nothing else."""

    def __init__(self, store: Store, *, most_documents: int = MOST_DOCUMENTS) -> None:
        self._store = store
        self._most = most_documents
        self._indexes: OrderedDict[Owner, asyncio.Task[RecallIndex]] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recall")
        store.on_commit(self._committed)

    async def ask(self, owner: Owner, question: Callable[[RecallIndex], T]) -> T:
        """Put a question to the user's index, made first if need be. Leaving early does not stop it from being made."""
        index = await asyncio.shield(self._index(owner))
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, index)

    def record(self, owner: Owner, result: ProcessingResult) -> None:
        """Take in what processing a conversation made."""
        made = [*result.created, *(version.memory for version in result.versions)]
        documents = [_of_memory(memory) for memory in made if memory.kind is MemoryKind.FACT]
        if result.summary is not None:
            documents.append(_of_summary(result.summary))
        gone = [version.replaces for version in result.versions]
        self._change(owner, lambda index: _exchanged(index, gone, documents))

    def drop(self, owner: Owner) -> None:
        """Let go of the user's index: much changed, or nothing of theirs may be kept."""
        if task := self._indexes.pop(owner, None):
            task.cancel()

    async def close(self) -> None:
        """Let go of everything."""
        tasks = list(self._indexes.values())
        self._indexes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        owner = Owner(session.project, session.user_id)
        if owner in self._indexes and (said := utterances_of(entries)):
            documents = [_of_utterance(utterance) for utterance in said]
            self._change(owner, lambda index: index.add(documents))

    def _index(self, owner: Owner) -> asyncio.Task[RecallIndex]:
        task = self._indexes.get(owner)
        if task is None or not _usable(task):
            name = f"index of {owner.user_id}"
            task = self._indexes[owner] = asyncio.get_running_loop().create_task(self._made(owner), name=name)
        self._indexes.move_to_end(owner)
        return task

    async def _made(self, owner: Owner) -> RecallIndex:
        index = RecallIndex()
        documents = await self._documents(owner)
        await asyncio.get_running_loop().run_in_executor(self._thread, index.add, documents)
        self._make_room(len(documents), owner)
        return index

    async def _documents(self, owner: Owner) -> list[Document]:
        said = await self._store.utterances(owner)
        known = await self._store.current_memories(owner)
        summaries = await self._store.summaries(owner)
        return [
            *(_of_utterance(utterance) for utterance in said),
            *(_of_memory(kept.memory) for kept in known if kept.memory.kind is MemoryKind.FACT),
            *(_of_summary(kept.summary) for kept in summaries),
        ]

    def _change(self, owner: Owner, change: Callable[[RecallIndex], None]) -> None:
        """Apply a change to the user's index if there is one; to one that is being made, once it is made."""
        task = self._indexes.get(owner)
        if task is not None:
            task.add_done_callback(lambda made: self._thread.submit(change, made.result()) if _usable(made) else None)

    def _make_room(self, needed: int, owner: Owner) -> None:
        """Let go of what is longest unused until the new index fits."""
        sizes = {other: len(task.result()) for other, task in self._indexes.items() if task.done() and _usable(task)}
        total = needed + sum(sizes.values())
        for other, size in sizes.items():
            if total <= self._most:
                return
            if other != owner:
                self.drop(other)
                total -= size


def place_of(document_id: str) -> tuple[str, int]:
    """The (session id, seq) that a message's document id stands for."""
    session_id, _, seq = document_id.rpartition("/")
    return session_id, int(seq)


def session_of(document_id: str) -> str:
    """The session id that a summary's document id stands for."""
    return document_id.removeprefix("summary/")


def _of_utterance(said: Utterance) -> Document:
    return replace(of_utterance(said), id=f"{said.session_id}/{said.seq}")


def _of_memory(memory: Memory) -> Document:
    return of_memory(memory)


def _of_summary(summary: SessionSummary) -> Document:
    return of_summary(summary, document_id=f"summary/{summary.session_id}")


def _exchanged(index: RecallIndex, gone: Iterable[str], come: Iterable[Document]) -> None:
    index.remove(gone)
    index.add(come)


def _usable(task: asyncio.Task[RecallIndex]) -> bool:
    """Whether the task is making an index or has made one."""
    return not task.done() or not (task.cancelled() or task.exception())
