"""The server's memory without its wires, on a SQLite file of its own: what the benchmarks of recall talk to."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent_sessions.clock import SystemClock
from agent_sessions.services.backends import Backends
from agent_sessions.services.embedding import Embedding
from agent_sessions.services.indexes import Indexes
from agent_sessions.services.local_extraction import LocalExtractor
from agent_sessions.services.local_memory import LocalMemory
from agent_sessions.services.memory_context import ContextService
from agent_sessions.services.memory_sessions import MemorySessionService
from agent_sessions.services.processing import ProcessingRules, Processor
from agent_sessions.services.recent import RecentMessages
from agent_sessions.services.users import UserService
from agent_sessions.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.ports import Clock, Embedder, Store

PATIENCE = timedelta(minutes=10)
"""What is measured is how much an embedding finds, not whether this machine computes it in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """The services that take conversations in and recall them."""

    clock: Clock
    store: Store
    recent: RecentMessages
    users: UserService
    sessions: MemorySessionService
    processor: Processor
    indexes: Indexes
    memory: LocalMemory
    backends: Backends
    contexts: ContextService


@asynccontextmanager
async def remembering(embedder: Embedder | None = None) -> AsyncIterator[Remembering]:
    """The services, put together as the server does, over an empty database; ``embedder``: finding by meaning, too."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'recall.db'}", clock=clock)
        await store.open()
        embedding = Embedding(embedder, store, clock=clock, patience=PATIENCE) if embedder else None
        indexes = Indexes(store, embedding=embedding)
        recent = RecentMessages(store)
        memory = LocalMemory(store, indexes, LocalExtractor())
        backends = Backends(memory)
        processor = Processor(store, backends, clock=clock, reading=ProcessingRules(), on_recorded=indexes.record)
        try:
            yield Remembering(
                clock=clock,
                store=store,
                recent=recent,
                users=UserService(store, clock=clock),
                sessions=MemorySessionService(store, clock=clock),
                processor=processor,
                indexes=indexes,
                memory=memory,
                backends=backends,
                contexts=ContextService(store, memory, recent=recent, clock=clock),
            )
        finally:
            await processor.close()
            await backends.close()
            await memory.close()
            await store.close()
