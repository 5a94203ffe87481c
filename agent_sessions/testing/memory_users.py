"""Promises about users: made with their first session, listed, changed, erased with all that is theirs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ..domain.errors import AlreadyExists, JobNotFound, SessionNotFound, UserNotFound
from ..domain.session import renewed
from ..ports import MemoryFilter, Owner, SessionFilter
from .memory_samples import (
    ALICE,
    BOB,
    agent_says,
    conflict,
    connection,
    memory,
    memory_session,
    recorded,
    result,
    say,
    session_with,
    summary,
    user,
)
from .store_promises import Promises
from .store_samples import MINUTE, SECOND, job, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from ..domain.session import Session
    from ..ports import Store
    from .clock import FakeClock

CAROL = Owner("other", "alice")
"""A user of the same id in another project."""


class UserPromises(Promises):
    """Users."""

    async def test_a_user_is_read_back(self, store: Store, clock: FakeClock) -> None:
        made = user(ALICE, clock.now(), metadata={"plan": {"name": "free"}}, merge_conflicts=True)
        await store.add_user(made)
        assert await store.user(ALICE) == made
        again = await self.reopened(store, clock)
        assert await again.user(ALICE) == made
        await again.require_user(ALICE)
        for unknown in (BOB, CAROL):
            for ask in (again.user, again.require_user):
                with pytest.raises(UserNotFound, match=f"^User {unknown.user_id} not found$"):
                    await ask(unknown)
        await again.close()

    async def test_an_id_is_taken_once_in_a_project(self, store: Store, clock: FakeClock) -> None:
        await store.add_user(user(ALICE, clock.now()))
        await store.add_user(user(CAROL, clock.now()))
        with pytest.raises(AlreadyExists):
            await store.add_user(user(ALICE, clock.now()))
        outcomes = await asyncio.gather(
            *(store.add_user(user(BOB, clock.now())) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 4

    async def test_a_session_makes_its_user(self, store: Store, clock: FakeClock) -> None:
        await asyncio.gather(*(open_session(store, clock.now(), user_id="zoe") for _ in range(5)))
        made = await store.user(Owner("default", "zoe"))
        assert made == user(Owner("default", "zoe"), clock.now())
        clock.step(MINUTE)
        await store.add_user(user(ALICE, clock.now(), metadata={"known": True}))
        await open_session(store, clock.now(), user_id="alice")
        assert (await store.user(ALICE)).metadata == {"known": True}

    async def test_a_session_that_is_refused_makes_no_user(self, store: Store, clock: FakeClock) -> None:
        with pytest.raises(Exception, match="metadata"):
            await store.create(session_to_open(clock.now(), user_id="zoe", metadata={"x": "\ud800"}))
        with pytest.raises(UserNotFound):
            await store.user(Owner("default", "zoe"))

    async def test_a_user_was_active_when_a_session_was_made_or_spoken_in(self, store: Store, clock: FakeClock) -> None:
        await store.add_user(user(ALICE, clock.now()))
        clock.step(MINUTE)
        imported = await store.create(memory_session(ALICE, clock.now(), created_at=clock.now() - 1000 * MINUTE))
        assert (await store.user(ALICE)).last_active_at == clock.now()
        clock.step(MINUTE)
        session = await say(store, imported, "Hello", clock.now())
        assert (await store.user(ALICE)).last_active_at == session.last_at
        chat = await open_session(store, clock.now(), user_id="alice")
        clock.step(MINUTE)
        chat = await store.change(chat.id, saying(message(), clock.now()))
        clock.step(SECOND)
        reply = await say(store, chat, "Hello yourself", clock.now(), **agent_says())
        assert (await store.user(ALICE)).last_active_at == reply.last_at
        clock.step(MINUTE)
        await recorded(store, session, result(session), clock.now())
        assert (await store.user(ALICE)).last_active_at == reply.last_at
        assert (await store.users("default", limit=1)).items[0].last_active_at == reply.last_at

    async def test_users_are_listed_newest_first(self, store: Store, clock: FakeClock) -> None:
        made = []
        for number in range(9):
            clock.step(SECOND * (number % 2))
            made.append(user(Owner("default", f"u{number}"), clock.now(), metadata={"even": number % 2 == 0}))
            await store.add_user(made[-1])
        await store.add_user(user(CAROL, clock.now()))
        made.reverse()

        async def listed(limit: int = 20, offset: int = 0, **which: Any) -> tuple[list[Any], int]:
            page = await store.users("default", limit=limit, offset=offset, **which)
            return list(page.items), page.total

        assert await listed() == (made, 9)
        assert await listed(4, 3) == (made[3:7], 9)
        assert await listed(4, 12) == ([], 9)
        assert await listed(matching={"even": True}) == (made[::2], 5)
        assert await listed(2, 1, matching={"even": False}) == (made[3:6:2], 4)
        assert await listed(matching={}) == (made, 9)
        assert await listed(matching={"even": 1}) == ([], 0)

    @pytest.mark.parametrize(
        ("part", "expected"),
        [("ANN", {"Hannah", "ann_b"}), ("%", {"50%"}), ("_", {"ann_b"}), ("ä", {"ÄRNE"}), ("!", set()), ("x", set())],
    )
    async def test_users_are_found_by_a_part_of_their_id(
        self, store: Store, clock: FakeClock, part: str, expected: set[str]
    ) -> None:
        for name in ("Hannah", "ann_b", "ÄRNE", "50%"):
            await open_session(store, clock.now(), user_id=name)
        page = await store.users("default", limit=9, part_of_id=part)
        assert {found.id for found in page.items} == expected
        assert page.total == len(expected)

    async def test_only_what_is_named_changes(self, store: Store, clock: FakeClock) -> None:
        await store.add_user(user(ALICE, clock.now(), metadata={"a": 1, "b": 2}))
        assert (await store.change_user(ALICE)).metadata == {"a": 1, "b": 2}
        changed = await store.change_user(ALICE, metadata={"b": 3})
        assert (changed.metadata, changed.merge_conflicts) == ({"b": 3}, None)
        changed = await store.change_user(ALICE, merge_conflicts=False)
        assert (changed.metadata, changed.merge_conflicts) == ({"b": 3}, False)
        assert (await store.change_user(ALICE, new_id="alice")).id == "alice"
        assert await store.user(ALICE) == changed
        with pytest.raises(UserNotFound):
            await store.change_user(BOB, metadata={})

    async def test_everything_follows_a_new_id(self, store: Store, clock: FakeClock) -> None:
        session, _ = await _full(store, clock, ALICE)
        chat = await open_session(store, clock.now(), user_id="alice")
        await store.change(chat.id, lambda known: renewed(known, now=clock.now()), behind=True)
        before = await _everything(store, ALICE)
        renamed = Owner("default", "alice 2")
        changed = await store.change_user(ALICE, new_id="alice 2")
        assert (changed.id, (await store.user(renamed)).id) == ("alice 2", "alice 2")
        assert await _everything(store, renamed) == before
        with pytest.raises(UserNotFound):
            await store.user(ALICE)
        assert (await store.get(session.id)).user_id == "alice 2"
        assert (await store.get(chat.id)).user_id == "alice 2"
        after = await store.change(chat.id, saying(message(), clock.now()))
        assert (after.user_id, after.renewal_count) == ("alice 2", 2)
        found = await store.list(SessionFilter(clock.now(), user_id="alice 2"), limit=9)
        assert [each.id for each in found.sessions] == [chat.id]
        assert (await store.list(SessionFilter(clock.now(), user_id="alice"), limit=9)).total == 0
        again = await self.reopened(store, clock)
        assert (await again.get(chat.id)).user_id == "alice 2"
        assert (await again.session_of(renamed, session.id)).id == session.id
        await again.close()

    async def test_a_taken_id_is_refused(self, store: Store, clock: FakeClock) -> None:
        await _full(store, clock, ALICE)
        await store.add_user(user(BOB, clock.now()))
        before = await _everything(store, ALICE)
        with pytest.raises(AlreadyExists):
            await store.change_user(ALICE, new_id="bob", metadata={"lost": True})
        assert await _everything(store, ALICE) == before
        assert (await store.user(ALICE)).metadata == {}

    async def test_an_erased_user_leaves_nothing(self, store: Store, clock: FakeClock) -> None:
        session, _ = await _full(store, clock, ALICE)
        kept, _ = await _full(store, clock, BOB)
        chat = await store.create(session_to_open(clock.now(), user_id="alice"), idempotency_key="k")
        await store.put_job(asked := job(clock.now(), session_id=chat.id))
        others = await _everything(store, BOB)
        counted = await store.counts(now=clock.now(), remember=MINUTE)
        await store.remove_user(ALICE)
        with pytest.raises(UserNotFound):
            await store.user(ALICE)
        with pytest.raises(UserNotFound):
            await store.remove_user(ALICE)
        for gone in (session, chat):
            with pytest.raises(SessionNotFound):
                await store.get(gone.id)
            with pytest.raises(SessionNotFound):
                await store.messages(gone.id, limit=9)
        with pytest.raises(JobNotFound):
            await store.job(asked.id)
        assert (await store.counts(now=clock.now(), remember=MINUTE)).active == counted.active - 1
        assert await _everything(store, BOB) == others
        assert (await store.get(kept.id)).user_id == "bob"
        again = await store.create(session_to_open(clock.now(), user_id="alice"), idempotency_key="k")
        assert again.id != chat.id
        assert await store.current_memories(ALICE) == []
        assert await store.utterances(ALICE) == []

    async def test_a_write_that_comes_too_late_finds_nothing(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        erased, said = await asyncio.gather(
            store.remove_user(ALICE),
            store.change(session.id, saying(message(), clock.now())),
            return_exceptions=True,
        )
        assert erased is None
        assert isinstance(said, SessionNotFound)


async def _full(store: Store, clock: FakeClock, owner: Owner) -> tuple[Session, Session]:
    """Two sessions of a user with everything that can be kept about them; the second is not processed."""
    session = await session_with(store, owner, clock.now(), metadata={"full": True})
    one, two = memory(session, f"{owner.user_id} is one"), memory(session, f"{owner.user_id} is two")
    made = result(
        session,
        one,
        two,
        connections=(connection(one, two),),
        conflicts=(conflict(memory(session, "three"), one),),
        summary=summary(session),
    )
    await recorded(store, session, made, clock.now())
    return session, await session_with(store, owner, clock.now(), said=("Bye", "now"))


async def _everything(store: Store, owner: Owner) -> object:
    """All that can be read about a user, without whose it is."""
    sessions = await store.sessions_of(owner, limit=99)
    memories = [kept.memory for kept in await store.current_memories(owner)]
    links = await store.connected(owner, [each.id for each in memories])
    conflicts = (await store.conflicts(owner, limit=9)).items
    return (
        [(session.id, session.metadata, session.processing, session.last_seq) for session in sessions.items],
        await store.utterances(owner),
        await store.positions(owner),
        await store.last_messages(owner, limit=9),
        memories,
        {asked: [each.memory for each in others] for asked, others in links.items()},
        [each.memory for each in (await store.memories(owner, MemoryFilter(), limit=9)).items],
        [(kept.conflict, kept.status) for kept in conflicts],
        [(kept.summary, kept.memory_ids) for kept in await store.summaries(owner)],
    )
