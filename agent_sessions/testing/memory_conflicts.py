"""Promises about merge conflicts: kept until a human answers, then closed once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ..domain.errors import AlreadyResolved, ConflictNotFound
from ..domain.memory import ConflictResolution, VersionReason
from ..domain.recollection import ConflictAnswer, ConflictStatus
from .memory_samples import ALICE, BOB, conflict, memory, recorded, result, session_with, version
from .store_promises import Promises
from .store_samples import MINUTE

if TYPE_CHECKING:
    from ..domain.memory import Memory, MergeConflict
    from ..domain.recollection import KeptConflict
    from ..ports import Store
    from .clock import FakeClock

ANSWERS = (ConflictAnswer("Which is right?", "June 20", "I looked it up"),)


class ConflictPromises(Promises):
    """Merge conflicts."""

    async def _doubted(self, store: Store, clock: FakeClock) -> tuple[Memory, Memory, MergeConflict]:
        """A known memory, one that contradicts it, and the conflict."""
        session = await session_with(store, ALICE, clock.now())
        known, proposed = memory(session, "March 15"), memory(session, "June 20")
        doubted = conflict(proposed, known)
        await recorded(store, session, result(session, known, conflicts=(doubted,)), clock.now())
        return known, proposed, doubted

    async def test_a_conflict_is_open_until_it_is_answered(self, store: Store, clock: FakeClock) -> None:
        known, _, doubted = await self._doubted(store, clock)
        again = await self.reopened(store, clock)
        kept = await again.conflict(ALICE, doubted.id)
        assert (kept.conflict, kept.status, kept.created_at) == (doubted, ConflictStatus.PENDING, clock.now())
        assert (kept.answers, kept.new_memories, kept.resolved_at, kept.user_id) == ((), (), None, "alice")
        (current,) = await again.current_memories(ALICE)
        assert (current.memory, current.conflict_id, current.conflict_open) == (known, doubted.id, True)
        await again.close()

    async def test_what_is_proposed_wins(self, store: Store, clock: FakeClock) -> None:
        known, proposed, doubted = await self._doubted(store, clock)
        clock.step(MINUTE)
        wins = ConflictResolution(doubted.id, (version(proposed, known.id, VersionReason.CONTRADICTION),), ())
        told = await store.resolve(ALICE, wins, answers=ANSWERS, now=clock.now())
        assert told == await store.conflict(ALICE, doubted.id)
        assert (told.status, told.answers, told.resolved_at) == (ConflictStatus.RESOLVED, ANSWERS, clock.now())
        assert told.new_memories == (proposed.id,)
        new, old = (await store.versions(ALICE, [known.id]))[known.id]
        assert (new.memory, new.current, new.conflict_id, new.conflict_open) == (proposed, True, None, False)
        assert (old.memory, old.expiry_reason) == (known, VersionReason.CONTRADICTION)
        assert (old.expired_at, old.conflict_id, old.conflict_open) == (clock.now(), doubted.id, False)

    async def test_what_is_known_stays(self, store: Store, clock: FakeClock) -> None:
        known, _, doubted = await self._doubted(store, clock)
        stays = ConflictResolution(doubted.id, (), (known.id,))
        told = await store.resolve(ALICE, stays, answers=ANSWERS, now=clock.now())
        assert (told.status, told.new_memories) == (ConflictStatus.RESOLVED, ())
        (current,) = await store.current_memories(ALICE)
        assert (current.memory, current.conflict_id, current.conflict_open) == (known, None, False)

    async def test_a_conflict_is_resolved_once(self, store: Store, clock: FakeClock) -> None:
        known, proposed, doubted = await self._doubted(store, clock)
        wins = ConflictResolution(doubted.id, (version(proposed, known.id, VersionReason.CONTRADICTION),), ())
        stays = ConflictResolution(doubted.id, (), (known.id,))
        outcomes = await asyncio.gather(
            *(store.resolve(ALICE, each, answers=ANSWERS, now=clock.now()) for each in (wins, stays, wins)),
            return_exceptions=True,
        )
        assert [isinstance(outcome, AlreadyResolved) for outcome in outcomes] == [False, True, True]
        assert [kept.memory for kept in await store.current_memories(ALICE)] == [proposed]

    async def test_a_rival_that_changed_meanwhile_is_followed(self, store: Store, clock: FakeClock) -> None:
        known, proposed, doubted = await self._doubted(store, clock)
        late = await session_with(store, ALICE, clock.now())
        newer = memory(late, "March 16")
        await recorded(store, late, result(late, versions=(version(newer, known.id),)), clock.now())
        assert (await store.memory(ALICE, newer.id)).conflict_id == doubted.id
        assert (await store.memory(ALICE, known.id)).conflict_id is None
        wins = ConflictResolution(doubted.id, (version(proposed, known.id, VersionReason.CONTRADICTION),), ())
        await store.resolve(ALICE, wins, answers=ANSWERS, now=clock.now())
        line = (await store.versions(ALICE, [known.id]))[known.id]
        assert [kept.memory for kept in line] == [proposed, newer, known]

    async def test_of_two_conflicts_the_one_left_shows(self, store: Store, clock: FakeClock) -> None:
        known, _, first = await self._doubted(store, clock)
        late = await session_with(store, ALICE, clock.now())
        second = conflict(memory(late, "May 1"), known)
        await recorded(store, late, result(late, conflicts=(second,)), clock.now())
        assert (await store.memory(ALICE, known.id)).conflict_id == first.id
        await store.resolve(ALICE, ConflictResolution(first.id, (), (known.id,)), answers=ANSWERS, now=clock.now())
        left = await store.memory(ALICE, known.id)
        assert (left.conflict_id, left.conflict_open) == (second.id, True)

    async def test_conflicts_are_listed_by_either_time(self, store: Store, clock: FakeClock) -> None:
        made = []
        for _ in range(4):
            made.append(await self._doubted(store, clock))
            clock.step(MINUTE)
        ids = [doubted.id for *_, doubted in made]
        for at in (2, 0):
            clock.step(MINUTE)
            stays = ConflictResolution(ids[at], (), (made[at][0].id,))
            await store.resolve(ALICE, stays, answers=ANSWERS, now=clock.now())

        def told(items: object) -> list[int]:
            return [ids.index(kept.conflict.id) for kept in items]  # type: ignore[attr-defined]

        async def listed(*, limit: int = 9, offset: int = 0, **which: object) -> tuple[list[int], int]:
            page = await store.conflicts(ALICE, limit=limit, offset=offset, **which)  # type: ignore[arg-type]
            return told(page.items), page.total

        assert await listed() == ([3, 2, 1, 0], 4)
        assert await listed(ascending=True) == ([0, 1, 2, 3], 4)
        assert await listed(limit=2, offset=1) == ([2, 1], 4)
        assert await listed(status=ConflictStatus.PENDING) == ([3, 1], 2)
        assert await listed(status=ConflictStatus.RESOLVED, limit=1) == ([2], 2)
        assert await listed(status=ConflictStatus.IN_QUEUE) == ([], 0)
        assert await listed(by_resolution=True) == ([0, 2, 3, 1], 4)
        assert await listed(by_resolution=True, ascending=True) == ([2, 0, 1, 3], 4)

    async def test_unknown_conflicts_are_told_as_such(self, store: Store, clock: FakeClock) -> None:
        known, proposed, doubted = await self._doubted(store, clock)
        await session_with(store, BOB, clock.now())
        wins = ConflictResolution(doubted.id, (version(proposed, known.id, VersionReason.CONTRADICTION),), ())
        for owner, conflict_id in ((ALICE, "unknown"), (BOB, doubted.id)):
            with pytest.raises(ConflictNotFound):
                await store.conflict(owner, conflict_id)
        with pytest.raises(ConflictNotFound):
            await store.resolve(BOB, wins, answers=ANSWERS, now=clock.now())
        kept: KeptConflict = await store.conflict(ALICE, doubted.id)
        assert kept.status is ConflictStatus.PENDING
