"""Everything that remembers, on a real store with a clock moved by hand: opened, talked to, and let go of in order."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from agent_sessions.domain import session as rules
from agent_sessions.domain.errors import UserNotFound
from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Question
from agent_sessions.ports import Owner
from agent_sessions.services.backends import Backends
from agent_sessions.services.embedding import Embedding
from agent_sessions.services.indexes import Indexes
from agent_sessions.services.local_extraction import LocalExtractor
from agent_sessions.services.local_memory import LocalMemory
from agent_sessions.services.memory_context import ContextService
from agent_sessions.services.memory_sessions import MemorySessionService
from agent_sessions.services.processing import ProcessingRules, Processor
from agent_sessions.services.recent import RecentMessages
from agent_sessions.services.timeouts import TimeoutManager
from agent_sessions.services.users import UserService
from agent_sessions.store import open_store
from agent_sessions.testing.store_samples import message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent_sessions.domain.recalled import Recalled
    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Embedder, MemoryBackend, Store
    from agent_sessions.testing import FakeClock

QUIET = timedelta(minutes=10)
ANN, BEN = Owner("default", "ann"), Owner("default", "ben")
RULES = ProcessingRules(categories=("personal", "work", "home", "pets", "food", "travel"))


class Memory:
    """Store, index, backend, processor and the services over them."""

    def __init__(
        self,
        store: Store,
        clock: FakeClock,
        *,
        backend: MemoryBackend | None,
        rules: ProcessingRules,
        embedding: Embedding | None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.indexes = Indexes(store, embedding=embedding)
        self.local = LocalMemory(store, self.indexes, LocalExtractor())
        self.backends = Backends(backend or self.local)
        self.processor = Processor(store, self.backends, clock=clock, reading=rules, on_recorded=self.indexes.record)
        self.timeouts = TimeoutManager(store, clock)
        self.users = UserService(store, clock=clock, forget=self.backends.forget, rename=self.backends.rename)
        self.sessions = MemorySessionService(store, clock=clock, forget=self.backends.forget)
        self.recent = RecentMessages(store)
        self.contexts = ContextService(store, self.local, recent=self.recent, clock=clock)

    async def session(self, owner: Owner, *lines: str, created_at: datetime | None = None) -> Session:
        """A session in which this was said; a line begins with "U: " or "A: "."""
        try:
            await self.store.user(owner)
        except UserNotFound:
            await self.users.create(owner)
        session = await self.sessions.open(owner, quiet=QUIET, created_at=created_at)
        await self.say(session, *lines)
        return session

    async def say(self, session: Session, *lines: str) -> None:
        owner = Owner(session.project, session.user_id)
        for line in lines:
            role = Role.USER if line.startswith("U: ") else Role.ASSISTANT
            await self.sessions.add_message(owner, session.id, role=role, text=line[3:])

    async def note(self, session: Session, text: str) -> None:
        """The user says something whatever the session's state, as in a session with an agent."""
        said = message(text, author_id=session.user_id)
        await self.store.change(session.id, lambda known: rules.noted(known, said, now=self.clock.now()))

    async def processed(self, owner: Owner, *lines: str, created_at: datetime | None = None) -> Session:
        """A session in which this was said and which became memories."""
        session = await self.session(owner, *lines, created_at=created_at)
        await self.process(session)
        return await self.store.get(session.id)

    async def process(self, *sessions: Session) -> None:
        for session in sessions:
            await self.sessions.process(Owner(session.project, session.user_id), session.id)
        await self.processor.settled()

    async def known(self, owner: Owner) -> list[str]:
        """The current memories about the user."""
        return [kept.memory.content for kept in await self.store.current_memories(owner) if kept.memory.kind == "fact"]

    async def recall(self, owner: Owner, text: str, *, limit: int = 20) -> Sequence[Recalled]:
        question = Question(text=text, now=self.clock.now(), limit=limit, zone=UTC)
        return await self.local.search(owner, question)

    async def texts(self, owner: Owner, text: str) -> list[str]:
        return [found.text for found in await self.recall(owner, text)]


@asynccontextmanager
async def remembering(
    where: Path | str,
    clock: FakeClock,
    *,
    backend: MemoryBackend | None = None,
    rules: ProcessingRules = RULES,
    ticking: bool = False,
    embedder: Embedder | None = None,
    patience: timedelta = timedelta(seconds=30),
) -> AsyncIterator[Memory]:
    """Memory on the SQLite file in this folder, or on the database at this URL. ``ticking``: deadlines come true.

    ``embedder``: what tells meaning, and ``patience`` with it for a question.
    """
    store = open_store(where if isinstance(where, str) else f"sqlite:///{where}/memory.db", clock=clock)
    await store.open()
    embedding = Embedding(embedder, store, clock=clock, patience=patience) if embedder else None
    memory = Memory(store, clock, backend=backend, rules=rules, embedding=embedding)
    try:
        await memory.processor.start()
        if ticking:
            await memory.timeouts.start()
        yield memory
    finally:
        await memory.timeouts.stop()
        await memory.processor.close()
        await memory.backends.close()
        await memory.local.close()
        await store.close()


def somebody() -> Owner:
    """A user nobody met before."""
    return Owner("default", f"user-{uuid4()}")
