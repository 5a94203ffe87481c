"""Whatever is asked or done in one user's name, nothing of anybody else's is seen, changed or erased.

Three users, two of them of the same id in different projects, do random things to everything anybody of them has, by
id, and then read it by every way there is.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent_sessions.domain.errors import AgentSessionsError
from agent_sessions.domain.memory import ConflictResolution, FoldedMemory, Memory
from agent_sessions.ports import MemoriesChanged, MemoryFilter, Owner
from agent_sessions.store import open_store
from agent_sessions.testing import FakeClock
from agent_sessions.testing.memory_samples import (
    begun,
    conflict,
    connection,
    done,
    memory,
    memory_session,
    result,
    say,
    summary,
    version,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Store

worlds = count()
Command = tuple[str, int, int, int]
COMMANDS = (
    *("session", "say", "remember", "replace", "fold", "doubt", "connect", "resolve"),
    *("remember", "remove_memory", "remove_memory", "remove_session", "rename", "redescribe", "remove_user"),
)
commands = st.lists(
    st.tuples(st.sampled_from(COMMANDS), *(st.integers(0, 50) for _ in range(3))), min_size=5, max_size=25
)

MANY = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
"""An example takes half a second; to make a failing one smaller would take many minutes."""


@dataclass
class World:
    """Three users and everything that was ever made for any of them."""

    store: Store
    clock: FakeClock
    owners: list[Owner]
    marks: list[str]
    sessions: list[Session] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    async def run(self, command: Command) -> None:
        """Do this in the name of one of them; that it may be refused is fine."""
        what, who, one, other = command
        who %= len(self.owners)
        others = [each for each in range(len(self.owners)) if each != who]
        everything = Everything.of(self)
        before = [await self.seen(each, everything) for each in others]
        with suppress(AgentSessionsError, MemoriesChanged):
            await self.does(what, who, one, other)
        assert [await self.seen(each, everything) for each in others] == before
        await self.seen(who, everything)

    async def does(self, what: str, who: int, one: int, other: int) -> None:  # noqa: C901 - one line a command
        owner, now, store = self.owners[who], self.clock.now(), self.store
        if what == "session" or not self.sessions:
            made = memory_session(owner, now, metadata={"mark": self.marks[who], "n": one % 3})
            self.sessions.append(await store.create(made))
            return
        session_id = self.sessions[one % len(self.sessions)].id
        if what == "remove_session":
            await store.remove_session(owner, session_id)
            return
        session = await store.session_of(owner, session_id)
        new = memory(session, f"{self.marks[who]} {what} {one}", **self._same_id(other))
        old = self.memories[(one + other) % len(self.memories)] if self.memories else new
        if what == "say":
            await say(store, session, f"{self.marks[who]} says {one}", now)
        elif what == "remember":
            await self._record(owner, session, result(session, new, summary=summary(session, self.marks[who])), new)
        elif what == "replace":
            await self._record(owner, session, result(session, versions=(version(new, old.id),)), new)
        elif what == "fold":
            await self._record(owner, session, result(session, folded=(FoldedMemory(old.id, (self.marks[who],)),)))
        elif what == "doubt":
            doubted = conflict(new, replace(old, content=self.marks[who]))
            self.conflicts.append(doubted.id)
            await self._record(owner, session, result(session, conflicts=(doubted,)), new)
        elif what == "connect":
            await self._record(owner, session, result(session, new, connections=(connection(new, old),)), new)
        elif what == "resolve" and self.conflicts:
            won = ConflictResolution(self.conflicts[one % len(self.conflicts)], (version(new, old.id),), ())
            await store.resolve(owner, won, answers=(), now=now)
        elif what == "remove_memory":
            await store.remove_memory(owner, old.id, with_previous=one % 2 == 0)
        elif what == "redescribe":
            await store.change_user(owner, metadata={"mark": self.marks[who]})
        elif what == "rename":
            taken = self.owners[one % 3].user_id if one % 2 else f"{self.marks[who]}-{one}"
            self.owners[who] = Owner(owner.project, (await store.change_user(owner, new_id=taken)).id)
        elif what == "remove_user":
            await store.remove_user(owner)

    def _same_id(self, at: int) -> dict[str, Any]:
        """Sometimes a memory of an id that is known, perhaps from another user."""
        return {"id": self.memories[at % len(self.memories)].id} if self.memories and at % 2 == 0 else {}

    async def _record(self, owner: Owner, session: Session, made: Any, *new: Memory) -> None:
        self.memories += new
        await begun(self.store, session, self.clock.now())
        await self.store.record(owner, session.id, rule=done(self.clock.now()), result=made, now=self.clock.now())

    async def seen(self, who: int, everything: Everything) -> list[str]:
        """All that one of them can find, by every way and every id there is; nothing of it is another's."""
        found = [repr(await self._tried(way)) for way in self._ways(self.owners[who], everything)]
        for other, mark in enumerate(self.marks):
            if other != who:
                assert not any(mark in each for each in found)
        return found

    def _ways(self, owner: Owner, everything: Everything) -> Iterator[Callable[[], Awaitable[object]]]:
        store, sessions, ids = self.store, everything.sessions, everything.memories
        places = [(session_id, seq) for session_id in sessions for seq in range(1, 6)]
        yield lambda: store.user(owner)
        yield lambda: store.sessions_of(owner, limit=100)
        yield lambda: store.sessions_of(owner, limit=100, matching={"n": 1})
        yield lambda: store.last_messages(owner, limit=100)
        yield lambda: store.current_memories(owner)
        yield lambda: store.memories(owner, MemoryFilter(), limit=100)
        yield lambda: store.memories(owner, MemoryFilter(session_ids=sessions), limit=100)
        yield lambda: store.memories(owner, MemoryFilter(categories=["personal"]), limit=100)
        yield lambda: store.memories(owner, MemoryFilter(session_metadata={}), limit=100)
        yield lambda: store.memories_by_id(owner, ids)
        yield lambda: store.versions(owner, ids)
        yield lambda: store.connected(owner, ids)
        yield lambda: store.conflicts(owner, limit=100)
        yield lambda: store.summaries(owner)
        yield lambda: store.summaries(owner, session_ids=sessions)
        yield lambda: store.messages_at(owner, places)
        yield lambda: store.utterances(owner)
        yield lambda: store.utterances(owner, unprocessed_only=True)
        yield lambda: store.archived_sessions(owner)
        yield lambda: store.archived_memories(owner)
        for each in ids:
            yield lambda each=each: store.memory(owner, each)  # type: ignore[misc]
        for each in everything.conflicts:
            yield lambda each=each: store.conflict(owner, each)  # type: ignore[misc]
        for each in sessions:
            yield lambda each=each: store.session_of(owner, each)  # type: ignore[misc]
            yield lambda each=each: store.messages_page(owner, each, limit=9)  # type: ignore[misc]

    async def _tried(self, way: Callable[[], Awaitable[object]]) -> object:
        try:
            return await way()
        except AgentSessionsError as error:
            return type(error)


@dataclass(frozen=True)
class Everything:
    """The ids of all there is, whoever has it."""

    sessions: list[str]
    memories: list[str]
    conflicts: list[str]

    @classmethod
    def of(cls, world: World) -> Everything:
        sessions = [session.id for session in world.sessions]
        return cls(sessions, list(dict.fromkeys(each.id for each in world.memories)), list(world.conflicts))


async def _new_world(store: Store, clock: FakeClock) -> World:
    number = next(worlds)
    owners = [Owner(f"p{number}", "same"), Owner(f"q{number}", "same"), Owner(f"p{number}", "other")]
    return World(store, clock, owners, [f"<{uuid4()}>" for _ in owners])


async def _holds(url: str, found: list[Command]) -> None:
    clock = FakeClock()
    store = open_store(url, clock=clock)
    await store.open()
    try:
        world = await _new_world(store, clock)
        for who in range(3):
            await world.does("session", who, 0, 0)
            await world.does("say", who, who, 0)
            await world.does("remember", who, who, 1)
        for command in found:
            await world.run(command)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("scope") / "x.db"
    return f"sqlite:///{path}"


@settings(MANY, max_examples=20)
@given(commands)
def test_nobody_reaches_anybody_else_in_sqlite(sqlite_url: str, found: list[Command]) -> None:
    asyncio.run(_holds(sqlite_url, found))


@settings(MANY, max_examples=4)
@given(commands)
def test_nobody_reaches_anybody_else_in_postgres(postgres_url: str, found: list[Command]) -> None:
    asyncio.run(_holds(postgres_url, found))
