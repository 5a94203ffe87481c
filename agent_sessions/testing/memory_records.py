"""Promises about what processing makes: kept with the session's new state or not at all, in versions, never lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..domain.errors import MemoryNotFound, SessionNotFound
from ..domain.log import Processed
from ..domain.memory import FoldedMemory, MemoryKind, VersionReason
from ..domain.session import MemoryStatus
from ..ports import MemoriesChanged, MemoryFilter
from .memory_samples import (
    ALICE,
    begun,
    conflict,
    connection,
    done,
    memory,
    recorded,
    result,
    session_with,
    summary,
    version,
)
from .store_promises import Promises
from .store_samples import MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.memory import Memory
    from ..domain.session import Session
    from ..ports import Store
    from .clock import FakeClock


class MemoryRecordPromises(Promises):
    """Recording what was made of conversations."""

    async def test_memories_come_with_the_sessions_new_state(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        made = memory(session, "User lives in Berlin")
        heard: list[Sequence[LogEntry]] = []
        store.on_commit(lambda _, entries: heard.append(entries))
        after = await recorded(store, session, result(session, made, summary=summary(session)), clock.now())
        assert after.processing.status is MemoryStatus.PROCESSED
        assert isinstance(heard[-1][-1].fact, Processed)
        again = await self.reopened(store, clock)
        assert await again.get(session.id) == after
        (kept,) = await again.current_memories(ALICE)
        assert (kept.memory, kept.lineage, kept.version, kept.total_versions) == (made, made.id, 1, 1)
        assert (kept.current, kept.user_id, kept.conflict_id) == (True, "alice", None)
        (summed,) = await again.summaries(ALICE)
        assert (summed.summary, summed.memory_ids) == (summary(session), (made.id,))
        await again.close()

    async def test_a_session_that_is_not_processed_keeps_nothing(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        made = result(session, memory(session, "User lives in Berlin"))
        after = await store.record(ALICE, session.id, rule=done(clock.now()), result=made, now=clock.now())
        assert after == session
        assert await store.current_memories(ALICE) == []

    async def test_a_rule_that_refuses_keeps_nothing(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())

        def refuse(_: Session) -> None:
            raise ValueError("no")

        made = result(session, memory(session, "User lives in Berlin"))
        with pytest.raises(ValueError, match="no"):
            await store.record(ALICE, session.id, rule=refuse, result=made, now=clock.now())
        assert await store.current_memories(ALICE) == []

    async def test_of_two_that_processed_the_same_one_is_kept(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        await begun(store, session, clock.now())
        results = [result(session, memory(session, text)) for text in ("User is 30", "User is 31")]
        await asyncio.gather(
            *(store.record(ALICE, session.id, rule=done(clock.now()), result=one, now=clock.now()) for one in results)
        )
        assert [kept.memory for kept in await store.current_memories(ALICE)] == list(results[0].created)

    async def test_recording_twice_changes_nothing(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        new = memory(session, "User lives in Paris")
        other, item = memory(session, "User has a cat"), memory(session, "Try Rome", kind=MemoryKind.ASSISTANT)
        proposed = memory(session, "User has a dog")
        made = result(
            session,
            other,
            item,
            versions=(version(new, known.id),),
            folded=(FoldedMemory(other.id, ("m",)),),
            conflicts=(conflict(proposed, other),),
            connections=(connection(other, new),),
            summary=summary(session),
        )
        await recorded(store, session, made, clock.now())
        before = await self._all(store)
        clock.step(MINUTE)
        await recorded(store, session, made, clock.now())
        assert await self._all(store) == before

    async def _all(self, store: Store) -> object:
        current = await store.current_memories(ALICE)
        ids = [kept.memory.id for kept in current]
        return (
            current,
            await store.versions(ALICE, [kept.lineage for kept in current]),
            await store.connected(ALICE, ids),
            await store.conflicts(ALICE, limit=9),
            await store.summaries(ALICE),
        )

    async def _berlin(self, store: Store, clock: FakeClock) -> tuple[Memory, Session]:
        """A memory of an earlier session, and a session that may change it."""
        first = await session_with(store, ALICE, clock.now())
        known = memory(first, "User lives in Berlin")
        await recorded(store, first, result(first, known), clock.now())
        clock.step(MINUTE)
        return known, await session_with(store, ALICE, clock.now())

    async def test_a_new_version_takes_the_place_of_the_old(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        new = memory(session, "User lives in Paris")
        await recorded(store, session, result(session, versions=(version(new, known.id),)), clock.now())
        (kept,) = await store.current_memories(ALICE)
        assert (kept.memory, kept.lineage, kept.version, kept.total_versions) == (new, known.id, 2, 2)
        newest, old = (await store.versions(ALICE, [known.id]))[known.id]
        assert newest == kept
        assert (old.memory, old.version, old.total_versions, old.lineage) == (known, 1, 2, known.id)
        assert (old.expired_at, old.expiry_reason) == (clock.now(), VersionReason.CHANGE)
        assert await store.memory(ALICE, known.id) == old

    async def test_versions_of_one_conversation_follow_each_other(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        one, two, three = (memory(session, f"User has {count} cats") for count in ("one", "two", "three"))
        versions = (version(two, one.id), version(three, two.id, VersionReason.ADDITION))
        await recorded(store, session, result(session, one, versions=versions), clock.now())
        line = (await store.versions(ALICE, [one.id]))[one.id]
        assert [(kept.memory, kept.version, kept.total_versions) for kept in line] == [
            (three, 3, 3),
            (two, 2, 3),
            (one, 1, 3),
        ]

    async def test_what_rests_on_a_replaced_memory_is_refused_whole(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        late = await session_with(store, ALICE, clock.now())
        paris = memory(session, "User lives in Paris")
        await recorded(store, session, result(session, versions=(version(paris, known.id),)), clock.now())
        rome = memory(late, "User lives in Rome")
        begins = await begun(store, late, clock.now())
        for stale in (
            result(late, memory(late, "User is tall"), versions=(version(rome, known.id),)),
            result(late, memory(late, "User is tall"), folded=(FoldedMemory(known.id, ("said",)),)),
            result(late, memory(late, "User is tall"), conflicts=(conflict(rome, known),)),
            result(late, versions=(version(rome, "never there"),)),
            result(late, folded=(FoldedMemory("never there", ("said",)),)),
            result(late, conflicts=(conflict(rome, replace(known, id="never there")),)),
        ):
            with pytest.raises(MemoriesChanged):
                await store.record(ALICE, late.id, rule=done(clock.now()), result=stale, now=clock.now())
        assert [kept.memory for kept in await store.current_memories(ALICE)] == [paris]
        assert await store.get(late.id) == begins

    async def test_five_sessions_at_once_leave_one_current_version(self, store: Store, clock: FakeClock) -> None:
        known, _ = await self._berlin(store, clock)
        sessions = [await session_with(store, ALICE, clock.now()) for _ in range(5)]
        for session in sessions:
            await begun(store, session, clock.now())

        async def process(session: Session) -> None:
            new = memory(session, f"User lives in {session.id}")
            while True:
                (current,) = await store.current_memories(ALICE)
                made = result(session, versions=(version(new, current.memory.id),))
                try:
                    await store.record(ALICE, session.id, rule=done(clock.now()), result=made, now=clock.now())
                except MemoriesChanged:
                    continue
                return

        await asyncio.gather(*(process(session) for session in sessions))
        line = (await store.versions(ALICE, [known.id]))[known.id]
        assert [kept.version for kept in line] == [6, 5, 4, 3, 2, 1]
        assert [kept.current for kept in line] == [True, *[False] * 5]
        assert {kept.memory.session_id for kept in line} == {known.session_id, *(session.id for session in sessions)}

    async def test_a_fact_said_again_gains_sources(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        again = FoldedMemory(known.id, (known.sources[0], "one", "two"))
        await recorded(store, session, result(session, folded=(again,)), clock.now())
        (kept,) = await store.current_memories(ALICE)
        assert kept.memory == replace(known, sources=(known.sources[0], "one", "two"))

    async def test_connected_memories_are_found_from_both_sides(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        one, two, three = (memory(session, f"User met {name}") for name in ("Ann", "Ben", "Cy"))
        links = (connection(one, two), connection(three, two))
        await recorded(store, session, result(session, one, two, three, connections=links), clock.now())
        found = await store.connected(ALICE, [one.id, two.id, "unknown"])
        assert [kept.memory for kept in found[one.id]] == [two]
        assert [kept.memory for kept in found[two.id]] == [one, three]
        assert found["unknown"] == []

    async def test_connections_follow_new_versions(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        cat, paris = memory(session, "User's cat Tom is in Berlin"), memory(session, "User lives in Paris")
        link = connection(known, cat)
        await recorded(store, session, result(session, cat, connections=(link,)), clock.now())
        last = await session_with(store, ALICE, clock.now())
        await recorded(store, last, result(last, versions=(version(paris, known.id),)), clock.now())
        found = await store.connected(ALICE, [cat.id, known.id, paris.id])
        assert [kept.memory for kept in found[cat.id]] == [paris]
        assert [kept.memory for kept in found[known.id]] == [kept.memory for kept in found[paris.id]] == [cat]

    async def test_memories_are_listed_newest_first(self, store: Store, clock: FakeClock) -> None:
        made: list[Memory] = []
        for number in range(4):
            clock.step(SECOND * (number % 2))
            session = await session_with(store, ALICE, clock.now(), metadata={"part": number % 2})
            facts = [memory(session, f"fact {number}{each}", categories=(f"c{each}", "all")) for each in range(2)]
            item = memory(session, "Try Rome", kind=MemoryKind.ASSISTANT)
            await recorded(store, session, result(session, *facts, item), clock.now())
            made += facts
        newest = made[::-1]

        async def listed(limit: int = 20, offset: int = 0, **which: object) -> tuple[list[Memory], int]:
            page = await store.memories(ALICE, MemoryFilter(**which), limit=limit, offset=offset)  # type: ignore[arg-type]
            return [kept.memory for kept in page.items], page.total

        assert await listed() == (newest, 8)
        assert await listed(3, 2) == (newest[2:5], 8)
        assert await listed(3, 9) == ([], 8)
        assert await listed(categories=["c1"]) == (newest[::2], 4)
        assert await listed(categories=["c1", "all"]) == (newest, 8)
        assert await listed(categories=["none"]) == ([], 0)
        assert await listed(session_ids=[newest[0].session_id]) == (newest[:2], 2)
        assert await listed(1, 1, session_metadata={"part": 1}) == ([newest[1]], 4)
        assert await listed(session_ids=[newest[0].session_id], session_metadata={"part": 0}) == ([], 0)
        assert await listed(session_metadata={}) == (newest, 8)

    async def test_unknown_memories_are_told_as_such(self, store: Store, clock: FakeClock) -> None:
        known, session = await self._berlin(store, clock)
        with pytest.raises(MemoryNotFound):
            await store.memory(ALICE, "unknown")
        found = await store.memories_by_id(ALICE, ["unknown", known.id])
        assert list(found) == [known.id]
        assert await store.versions(ALICE, ["unknown"]) == {}
        with pytest.raises(SessionNotFound):
            await store.record(ALICE, "unknown", rule=done(clock.now()), result=result(session), now=clock.now())
