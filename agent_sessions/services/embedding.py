"""What texts mean, by a model: questions while they are asked, documents in the background, each text once for all.

Meaning is a help to the index of words and nothing waits for it long: without an answer in time, words must do. After
a failure the model is left in peace for a while.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from ..domain.errors import AgentSessionsError
from ..ports import Embedded
from ..recall.search.document import Kind
from ..recall.search.vectors import Vectors, packed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
    from typing import Any

    from ..ports import Clock, Embedder, Owner, Store
    from ..recall.search.document import Document

    Apply = Callable[[Sequence[tuple[str, bytes]]], Awaitable[None]]

logger = structlog.get_logger(__name__)

BATCH = 32
"""Documents embedded at a time."""
LONGEST = 8_000
"""Characters. What a text is about it says first, and models refuse what is longer than they take."""
REST = timedelta(seconds=30)
"""How long the model is left in peace after it failed."""
BATCH_PATIENCE = timedelta(minutes=2)


class Embedding:
    """A model and where its answers are kept. ``patience``: how long a question waits for what it means."""

    def __init__(self, embedder: Embedder, store: Store, *, clock: Clock, patience: timedelta) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._store = store
        self._clock = clock
        self._patience = patience
        self._rested = clock.now()
        self._one_at_a_time = asyncio.Lock()
        self._working: set[asyncio.Task[None]] = set()

    @property
    def rests(self) -> bool:
        """Whether the model failed a moment ago, and is not asked."""
        return self._clock.now() < self._rested

    def vectors(self) -> Vectors:
        """Room for what the documents of an index mean, empty."""
        return Vectors()

    def meaning(self, owner: Owner, apply: Apply) -> Meaning:
        """The meaning of one index's documents; ``apply`` gives it vectors."""
        return Meaning(self, self._store, owner, apply=apply)

    async def of_questions(self, texts: Sequence[str]) -> Sequence[Sequence[float] | None]:
        """What each means; None where the model does not say so in time."""
        asked = [text[:LONGEST] for text in texts]
        if not all(text.strip() for text in asked):
            return [None] * len(texts)
        return await self._asked(asked, patience=self._patience) or [None] * len(texts)

    async def of_documents(self, texts: Sequence[str]) -> Sequence[bytes] | None:
        """Packed vectors; None when the model fails. One batch at a time, so that questions need not queue long."""
        async with self._one_at_a_time:
            vectors = await self._asked(texts, patience=BATCH_PATIENCE)
            return None if vectors is None else await asyncio.to_thread(lambda: [packed(each) for each in vectors])

    def work(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Do this in the background, until it is done or the model is let go of."""
        task = asyncio.create_task(work, name=name)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    async def close(self) -> None:
        """Stop working, and let go of the model."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._embedder.close()

    async def _asked(self, texts: Sequence[str], *, patience: timedelta) -> Sequence[Sequence[float]] | None:
        if self.rests:
            return None
        try:
            async with asyncio.timeout(patience.total_seconds()):
                vectors = await self._embedder.embed(texts)
        except (AgentSessionsError, TimeoutError) as failure:
            self._rest(str(failure) or "the model did not answer in time")
            return None
        except Exception:  # noqa: BLE001 - a plugin's mistake must not take recall by words away
            self._rest("the model's plugin failed", exc_info=True)
            return None
        if len(vectors) != len(texts):
            self._rest("the model gave another number of vectors than there were texts")
            return None
        return vectors

    def _rest(self, reason: str, **more: bool) -> None:
        self._rested = self._clock.now() + REST
        logger.warning("embedding_failed", model=self.name, reason=reason, **more)


class Meaning:
    """The documents of one index on their way to vectors: looked up when the index is made, embedded behind it."""

    def __init__(self, embedding: Embedding, store: Store, owner: Owner, *, apply: Apply) -> None:
        self._embedding = embedding
        self._store = store
        self._owner = owner
        self._apply = apply
        self._waiting: dict[str, Document] = {}
        self._working: asyncio.Task[None] | None = None
        self._stopped = False

    def add(self, documents: Iterable[Document]) -> None:
        """These are to be embedded."""
        self._waiting.update((each.id, each) for each in documents if each.text.strip())

    async def look_up(self) -> None:
        """Apply what was kept of the documents that wait."""
        kept = await self._store.embeddings(self._owner, model=self._embedding.name)
        digests = await asyncio.to_thread(_digests, list(self._waiting.values())) if kept else {}
        found = [(each, kept[digest]) for each, digest in digests.items() if digest in kept]
        if found:
            await self._apply(found)
        for document_id, _ in found:
            self._waiting.pop(document_id, None)

    def begin(self) -> None:
        """Embed what waits, in the background."""
        idle = self._working is None or self._working.done()
        if self._waiting and idle and not self._stopped and not self._embedding.rests:
            self._working = self._embedding.work(self._work(), name=f"meaning of {self._owner.user_id}")

    async def settled(self) -> None:
        """Return when the background work is done, or given up for now."""
        if self._working is not None:
            await asyncio.gather(self._working, return_exceptions=True)

    def stop(self) -> None:
        """The index is no longer needed."""
        self._stopped = True
        if self._working is not None:
            self._working.cancel()

    async def _work(self) -> None:
        try:
            while self._waiting and await self._batch():
                pass
        except AgentSessionsError as failure:
            logger.warning("embeddings_not_kept", user_id=self._owner.user_id, reason=str(failure))

    async def _batch(self) -> bool:
        """Whether one more batch could be embedded."""
        batch = list(islice(self._waiting.values(), BATCH))
        vectors = await self._embedding.of_documents([each.text[:LONGEST] for each in batch])
        if vectors is None:
            return False
        for each in batch:
            if self._waiting.get(each.id) is each:
                del self._waiting[each.id]
        await self._apply([(each.id, vector) for each, vector in zip(batch, vectors, strict=True)])
        embedded = [_embedded(each, vector) for each, vector in zip(batch, vectors, strict=True)]
        await self._store.keep_embeddings(self._owner, embedded, model=self._embedding.name)
        return True


def _embedded(document: Document, vector: bytes) -> Embedded:
    return Embedded(
        session_id=document.session_id,
        digest=digest_of(document.text),
        vector=vector,
        memory_id=document.id if document.kind is Kind.MEMORY else None,
        seq=document.seq if document.kind is Kind.MESSAGE else None,
    )


def _digests(documents: Sequence[Document]) -> dict[str, str]:
    return {each.id: digest_of(each.text) for each in documents}


def digest_of(text: str) -> str:
    """What a text is known by where vectors are kept: 128 bits of it that nobody can read it from."""
    return sha256(text[:LONGEST].encode(errors="surrogatepass")).hexdigest()[:32]
