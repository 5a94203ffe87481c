"""Promises about what is erased: gone at once and for good, with what was made from it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..domain.errors import ConflictNotFound, JobNotFound, MemoryNotFound, NotFound, SessionNotFound
from ..domain.log import Created, Ended, LogEntry
from ..domain.memory import ConflictResolution, FoldedMemory, VersionReason
from ..domain.recollection import ConflictStatus
from ..domain.session import State, ended, renewed
from ..domain.user import User
from ..ports import MemoryFilter
from .memory_samples import (
    ALICE,
    BOB,
    begun,
    conflict,
    connection,
    memory,
    recorded,
    result,
    session_with,
    summary,
    version,
)
from .store_channels import taking_back
from .store_promises import Promises
from .store_samples import HOUR, MINUTE, job, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.memory import Memory, NewVersion
    from ..domain.session import Change, Session
    from ..ports import Store
    from .clock import FakeClock


class ErasingPromises(Promises):
    """Memories and sessions that go."""

    async def _line(self, store: Store, clock: FakeClock, length: int = 4) -> tuple[list[Memory], list[Session]]:
        """Versions v1, v2 ... of one memory, each made from a session of its own."""
        sessions = [await session_with(store, ALICE, clock.now()) for _ in range(length)]
        line = [memory(session, f"v{number}") for number, session in enumerate(sessions, start=1)]
        for number, session in enumerate(sessions):
            clock.step(MINUTE)
            made = (version(line[number], line[number - 1].id),) if number else ()
            first = () if number else (line[0],)
            await recorded(store, session, result(session, *first, versions=made), clock.now())
        return line, sessions

    async def _told(self, store: Store) -> list[str]:
        """Each line of versions as ``v1<v2<v3``, the current one last and marked."""
        lines = {kept.lineage for kept in await store.current_memories(ALICE)}
        found = await store.versions(ALICE, sorted(lines))
        for versions in found.values():
            count = len(versions)
            assert [kept.version for kept in versions] == list(range(count, 0, -1))
            assert {kept.total_versions for kept in versions} == {count}
            assert {kept.lineage for kept in versions} == {versions[-1].memory.id}
            assert [kept.current for kept in versions] == [True, *[False] * (count - 1)]
        return sorted("<".join(kept.memory.content for kept in reversed(versions)) for versions in found.values())

    @pytest.mark.parametrize(
        ("which", "with_previous", "left"),
        [
            (4, False, "v1<v2<v3"),
            (3, False, "v1<v2<v4"),
            (2, False, "v1<v3<v4"),
            (1, False, "v2<v3<v4"),
            (2, True, "v3<v4"),
            (1, True, "v2<v3<v4"),
            (3, True, "v4"),
        ],
    )
    async def test_versions_that_are_left_close_ranks(
        self, store: Store, clock: FakeClock, *, which: int, with_previous: bool, left: str
    ) -> None:
        line, _ = await self._line(store, clock)
        await store.remove_memory(ALICE, line[which - 1].id, with_previous=with_previous)
        assert await self._told(store) == [left]
        with pytest.raises(MemoryNotFound):
            await store.memory(ALICE, line[which - 1].id)
        with pytest.raises(MemoryNotFound):
            await store.remove_memory(ALICE, line[which - 1].id, with_previous=with_previous)

    async def test_the_version_before_the_newest_is_current_again(self, store: Store, clock: FakeClock) -> None:
        line, _ = await self._line(store, clock)
        await store.remove_memory(ALICE, line[3].id, with_previous=False)
        (kept,) = (await store.memories(ALICE, MemoryFilter(), limit=9)).items
        assert (kept.memory, kept.expired_at, kept.expiry_reason) == (line[2], None, None)

    async def test_all_versions_go_with_the_newest_and_its_previous(self, store: Store, clock: FakeClock) -> None:
        line, sessions = await self._line(store, clock)
        other = memory(sessions[0], "other")
        await recorded(store, sessions[0], result(sessions[0], other), clock.now())
        await store.remove_memory(ALICE, line[3].id, with_previous=True)
        assert await self._told(store) == ["other"]
        assert await store.memories_by_id(ALICE, [each.id for each in line]) == {}

    @pytest.mark.parametrize(("which", "left"), [(1, "v2<v3<v4"), (2, "v1<v3<v4"), (3, "v1<v2<v4"), (4, "v1<v2<v3")])
    async def test_an_erased_sessions_versions_go(
        self, store: Store, clock: FakeClock, *, which: int, left: str
    ) -> None:
        _, sessions = await self._line(store, clock)
        await store.remove_session(ALICE, sessions[which - 1].id)
        assert await self._told(store) == [left]

    async def test_a_version_grows_on_from_what_is_left(self, store: Store, clock: FakeClock) -> None:
        line, sessions = await self._line(store, clock)
        await store.remove_session(ALICE, sessions[3].id)
        await store.remove_memory(ALICE, line[0].id, with_previous=False)
        late = await session_with(store, ALICE, clock.now())
        await recorded(store, late, result(late, versions=(version(memory(late, "v5"), line[2].id),)), clock.now())
        assert await self._told(store) == ["v2<v3<v5"]

    async def test_connections_move_on_with_the_versions_that_are_left(self, store: Store, clock: FakeClock) -> None:
        line, _ = await self._line(store, clock)
        late = await session_with(store, ALICE, clock.now())
        cat = memory(late, "cat")
        await recorded(store, late, result(late, cat, connections=(connection(cat, line[3]),)), clock.now())
        for gone, left in ((line[3], line[2]), (line[0], line[2])):
            await store.remove_memory(ALICE, gone.id, with_previous=False)
            found = await store.connected(ALICE, [cat.id, left.id])
            assert [kept.memory for kept in found[cat.id]] == [left]
            assert [kept.memory for kept in found[left.id]] == [cat]
        await store.remove_memory(ALICE, line[2].id, with_previous=True)
        assert await store.connected(ALICE, [cat.id]) == {cat.id: []}

    async def test_an_erased_session_leaves_nothing(self, store: Store, clock: FakeClock) -> None:
        chat = await store.create(session_to_open(clock.now(), user_id="alice"), idempotency_key="k")
        await store.change(chat.id, saying(message(), clock.now()), idempotency_key="m")
        kept = await session_with(store, ALICE, clock.now())
        one, two, three = memory(chat, "one"), memory(chat, "two"), memory(kept, "three")
        await recorded(store, kept, result(kept, three, summary=summary(kept)), clock.now())
        made = result(
            chat,
            one,
            two,
            connections=(connection(one, two), connection(one, three)),
            conflicts=(doubted := conflict(memory(chat, "four"), three),),
            summary=summary(chat),
        )
        await recorded(store, chat, made, clock.now())
        await store.put_job(asked := job(clock.now(), session_id=chat.id))
        assert (await store.memory(ALICE, three.id)).conflict_id == doubted.id
        await store.remove_session(ALICE, chat.id)
        with pytest.raises(SessionNotFound):
            await store.session_of(ALICE, chat.id)
        with pytest.raises(SessionNotFound):
            await store.log(chat.id, limit=9)
        with pytest.raises(JobNotFound):
            await store.job(asked.id)
        with pytest.raises(ConflictNotFound):
            await store.conflict(ALICE, doubted.id)
        assert [each.memory for each in await store.current_memories(ALICE)] == [three]
        left = await store.memory(ALICE, three.id)
        assert (left.conflict_id, left.conflict_open) == (None, False)
        assert await store.connected(ALICE, [three.id]) == {three.id: []}
        assert [each.summary.session_id for each in await store.summaries(ALICE)] == [kept.id]
        assert {said.session_id for said in await store.utterances(ALICE)} == {kept.id}
        assert (await store.sessions_of(ALICE, limit=9)).total == 1
        assert list(await store.due(before=clock.now() + 9 * HOUR, limit=9)) == [
            (each.deadline, each.id)
            for each in [await store.get(kept.id)]
            if each.deadline and each.deadline < clock.now() + 9 * HOUR
        ]
        fresh = await store.create(session_to_open(clock.now(), user_id="alice"), idempotency_key="k")
        assert fresh.id != chat.id

    async def test_a_session_that_was_in_use_is_gone_at_once(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now(), user_id="alice")
        await store.change(session.id, saying(message(), clock.now()))
        await store.messages(session.id, limit=9)
        await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
        await store.remove_session(ALICE, session.id)
        for asked in (
            store.get(session.id),
            store.messages(session.id, limit=9),
            store.log(session.id, limit=9),
            store.change(session.id, saying(message(), clock.now())),
            store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True),
            store.remove_session(ALICE, session.id),
        ):
            with pytest.raises(SessionNotFound):
                await asked
        await clock.advance(MINUTE)
        counted = await store.counts(now=clock.now(), remember=HOUR)
        assert (counted.active, counted.expiring, counted.expired) == (0, 0, 0)
        again = await self.reopened(store, clock)
        with pytest.raises(SessionNotFound):
            await again.get(session.id)
        assert (await again.counts(now=clock.now(), remember=HOUR)).active == 0
        await again.close()

    async def test_a_last_change_and_the_erasure_are_one(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now(), user_id="alice")
        told: list[tuple[State, Sequence[LogEntry]]] = []
        store.on_commit(lambda changed, entries: told.append((changed.state, entries)))

        def refuse(_known: Session) -> Change:
            raise SessionNotFound(session.id)

        for owner, rule in ((ALICE, refuse), (BOB, lambda known: ended(known, now=clock.now()))):
            with pytest.raises(NotFound):
                await store.change_and_remove_session(owner, session.id, rule)
            assert await store.get(session.id) == session
        assert told == []
        last = await store.change_and_remove_session(
            ALICE, session.id, lambda known: ended(known, now=clock.now(), forgotten=True)
        )
        assert (last.id, last.state) == (session.id, State.ENDED)
        assert [(state, [entry.fact for entry in entries]) for state, entries in told] == [(State.ENDED, [Ended()])]
        for asked in (store.get(session.id), store.log(session.id, limit=9)):
            with pytest.raises(SessionNotFound):
                await asked
        assert (await store.counts(now=clock.now(), remember=HOUR)).active == 0

    async def test_listeners_hear_of_every_log_that_is_another_now(self, store: Store, clock: FakeClock) -> None:
        sessions = [await open_session(store, clock.now(), user_id="alice") for _ in range(4)]
        emptied, removed, ended_, erased = sessions
        heard: list[str] = []
        store.on_rewrite(heard.append)
        for session in sessions:
            await store.change(session.id, saying(message(), clock.now()))
        await store.erase_messages(emptied.id, taking_back(clock.now()), message_ids=None)
        await store.erase_messages(emptied.id, lambda known: None, message_ids=None)
        assert heard == [emptied.id]
        await store.remove_session(ALICE, removed.id)
        await store.change_and_remove_session(ALICE, ended_.id, lambda known: ended(known, now=clock.now()))
        assert heard[1:] == [removed.id, ended_.id]
        await store.remove_user(ALICE)
        assert sorted(heard[3:]) == sorted([emptied.id, erased.id])
        await store.restore_user(
            User(project="default", id="alice", created_at=clock.now(), last_active_at=clock.now())
        )
        await store.restore_log([LogEntry(erased.id, 1, clock.now(), Created(erased.expires_at, erased.timeout))])
        await store.restore_sessions([erased])
        await store.restore_sessions([erased])
        assert heard[5:] == [erased.id]

    async def test_memories_of_other_sessions_forget_its_messages(self, store: Store, clock: FakeClock) -> None:
        first = await session_with(store, ALICE, clock.now())
        known = memory(first, "User lives in Berlin")
        await recorded(store, first, result(first, known), clock.now())
        session = await session_with(store, ALICE, clock.now())
        (said,) = [each for each in await store.utterances(ALICE) if each.session_id == session.id]
        await recorded(store, session, result(session, folded=(FoldedMemory(known.id, (said.id,)),)), clock.now())
        assert (await store.memory(ALICE, known.id)).memory.sources == (*known.sources, said.id)
        await store.remove_session(ALICE, session.id)
        assert (await store.memory(ALICE, known.id)).memory == known

    async def test_what_is_being_processed_is_erased_without_a_trace(self, store: Store, clock: FakeClock) -> None:
        session = await begun(store, await session_with(store, ALICE, clock.now()), clock.now())
        made = result(session, memory(session, "User lives in Berlin"), summary=summary(session))
        await store.remove_session(ALICE, session.id)
        with pytest.raises(SessionNotFound):
            await store.record(ALICE, session.id, rule=lambda known: None, result=made, now=clock.now())
        assert await store.current_memories(ALICE) == []
        assert await store.processing() == []

    async def test_an_open_conflict_is_about_what_is_left(self, store: Store, clock: FakeClock) -> None:
        line, _ = await self._line(store, clock, length=2)
        late = await session_with(store, ALICE, clock.now())
        doubted = conflict(proposed := memory(late, "v3"), line[1])
        await recorded(store, late, result(late, conflicts=(doubted,)), clock.now())
        await store.remove_memory(ALICE, line[1].id, with_previous=False)
        kept = await store.conflict(ALICE, doubted.id)
        assert kept.status is ConflictStatus.PENDING
        assert [each.memory_id for each in kept.conflict.conflicting] == [line[0].id]
        assert kept.conflict.questions[0].options == ("v1", "v3")
        assert "v2" not in repr(kept)
        assert (await store.memory(ALICE, line[0].id)).conflict_id == doubted.id
        await store.remove_memory(ALICE, line[0].id, with_previous=False)
        kept = await store.conflict(ALICE, doubted.id)
        assert (kept.status, kept.new_memories) == (ConflictStatus.RESOLVED, (proposed.id,))
        assert [each.memory for each in await store.current_memories(ALICE)] == [proposed]

    async def test_a_memory_goes_with_the_settled_conflicts_that_quote_it(self, store: Store, clock: FakeClock) -> None:
        line, _ = await self._line(store, clock, length=1)
        late = await session_with(store, ALICE, clock.now())
        doubted = conflict(proposed := memory(late, "v2"), line[0])
        await recorded(store, late, result(late, conflicts=(doubted,)), clock.now())
        await self._settle(store, clock, doubted.id, version(proposed, line[0].id, VersionReason.CONTRADICTION))
        await store.remove_memory(ALICE, line[0].id, with_previous=False)
        with pytest.raises(ConflictNotFound):
            await store.conflict(ALICE, doubted.id)
        assert await self._told(store) == ["v2"]

    async def test_the_beaten_come_back_when_the_winner_goes(self, store: Store, clock: FakeClock) -> None:
        line, _ = await self._line(store, clock, length=2)
        late = await session_with(store, ALICE, clock.now())
        other, proposed = memory(late, "w1"), memory(late, "winner")
        doubted = conflict(proposed, line[1], other)
        await recorded(store, late, result(late, other, conflicts=(doubted,)), clock.now())
        beaten = [version(proposed, each.id, VersionReason.CONTRADICTION) for each in (line[1], other)]
        await self._settle(store, clock, doubted.id, *beaten)
        assert await self._told(store) == ["v1<v2<w1<winner"]
        found = await store.memories_by_id(ALICE, [line[1].id, other.id])
        assert {(kept.expiry_reason, kept.conflict_id, kept.conflict_open) for kept in found.values()} == {
            (VersionReason.CONTRADICTION, doubted.id, False)
        }
        await store.remove_memory(ALICE, proposed.id, with_previous=False)
        assert await self._told(store) == ["v1<v2", "w1"]

    async def _settle(self, store: Store, clock: FakeClock, conflict_id: str, *versions: NewVersion) -> None:
        resolution = ConflictResolution(conflict_id, versions, ())
        await store.resolve(ALICE, resolution, answers=(), now=clock.now())

    async def test_another_users_memories_cannot_be_erased(self, store: Store, clock: FakeClock) -> None:
        line, sessions = await self._line(store, clock)
        await session_with(store, BOB, clock.now())
        with pytest.raises(MemoryNotFound):
            await store.remove_memory(BOB, line[3].id, with_previous=True)
        with pytest.raises(SessionNotFound):
            await store.remove_session(BOB, sessions[0].id)
        assert await self._told(store) == ["v1<v2<v3<v4"]
        same = replace(line[0], content="Bob's")
        session = await session_with(store, BOB, clock.now())
        await recorded(store, session, result(session, same), clock.now())
        await store.remove_memory(BOB, same.id, with_previous=True)
        assert await self._told(store) == ["v1<v2<v3<v4"]
