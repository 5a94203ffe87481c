"""Promises about vectors: they come back as they were kept, to their owner alone, and go with what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..domain.errors import UserNotFound
from ..ports import Embedded
from .memory_samples import ALICE, BOB, memory, recorded, result, session_with
from .store_channels import taking_back
from .store_promises import Promises

if TYPE_CHECKING:
    from ..ports import Store
    from .clock import FakeClock

MODEL = "model"


def embedded(session_id: str, digest: str, *, vector: bytes = b"\x00\xff", **of: Any) -> Embedded:
    """The vector of a summary, or of what it is said to be ``of``."""
    return Embedded(session_id=session_id, digest=digest, vector=vector, **of)


class EmbeddingPromises(Promises):
    """Keeping vectors."""

    async def test_vectors_are_kept_by_model(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        await store.keep_embeddings(ALICE, [embedded(session.id, "a"), embedded(session.id, "b")], model=MODEL)
        await store.keep_embeddings(ALICE, [embedded(session.id, "a", vector=b"other")], model="another")
        await store.keep_embeddings(ALICE, [embedded(session.id, "a", vector=b"again")], model=MODEL)
        again = await self.reopened(store, clock)
        assert await again.embeddings(ALICE, model=MODEL) == {"a": b"\x00\xff", "b": b"\x00\xff"}
        assert await again.embeddings(ALICE, model="another") == {"a": b"other"}
        await again.close()

    async def test_vectors_are_their_owners_alone(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        await session_with(store, BOB, clock.now())
        await store.keep_embeddings(ALICE, [embedded(session.id, "a")], model=MODEL)
        await store.keep_embeddings(BOB, [embedded(session.id, "b")], model=MODEL)
        assert await store.embeddings(BOB, model=MODEL) == {}
        assert await store.embeddings(ALICE, model=MODEL) == {"a": b"\x00\xff"}

    async def test_vectors_go_with_their_session(self, store: Store, clock: FakeClock) -> None:
        gone, kept = [await session_with(store, ALICE, clock.now()) for _ in range(2)]
        both = [embedded(gone.id, "a"), embedded(kept.id, "b")]
        await store.keep_embeddings(ALICE, both, model=MODEL)
        await store.remove_session(ALICE, gone.id)
        await store.keep_embeddings(ALICE, both, model=MODEL)
        assert await store.embeddings(ALICE, model=MODEL) == {"b": b"\x00\xff"}

    async def test_vectors_go_with_their_memory(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        made = memory(session, "User lives in Berlin")
        await recorded(store, session, result(session, made), clock.now())
        of_memory = embedded(session.id, "a", memory_id=made.id)
        await store.keep_embeddings(ALICE, [of_memory], model=MODEL)
        assert await store.embeddings(ALICE, model=MODEL) == {"a": b"\x00\xff"}
        await store.remove_memory(ALICE, made.id, with_previous=False)
        await store.keep_embeddings(ALICE, [of_memory], model=MODEL)
        assert await store.embeddings(ALICE, model=MODEL) == {}

    async def test_vectors_go_with_their_user(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        await store.keep_embeddings(ALICE, [embedded(session.id, "a")], model=MODEL)
        await store.remove_user(ALICE)
        with pytest.raises(UserNotFound):
            await store.keep_embeddings(ALICE, [embedded(session.id, "a")], model=MODEL)
        await session_with(store, ALICE, clock.now())
        assert await store.embeddings(ALICE, model=MODEL) == {}

    async def test_vectors_go_with_messages_that_are_taken_back(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        of_message = embedded(session.id, "a", seq=session.last_seq)
        await store.keep_embeddings(ALICE, [of_message], model=MODEL)
        assert await store.embeddings(ALICE, model=MODEL) == {"a": b"\x00\xff"}
        await store.erase_messages(session.id, taking_back(clock.now()), message_ids=None)
        await store.keep_embeddings(ALICE, [of_message], model=MODEL)
        assert await store.embeddings(ALICE, model=MODEL) == {}
