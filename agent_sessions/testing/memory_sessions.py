"""Promises about sessions as the memory wire sees them: a user's, alive or not, with what was said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..domain.errors import SessionNotFound, UserNotFound
from ..domain.log import Message
from ..domain.memory import Role
from ..domain.session import MemoryStatus, Processing, ended, fallen_due, processing_begun, redescribed
from ..ports import Owner, SessionFilter
from .memory_samples import (
    ALICE,
    BOB,
    agent_says,
    begun,
    memory_session,
    recorded,
    result,
    say,
    session_with,
    summary,
    user,
)
from .store_promises import Promises
from .store_samples import HOUR, MINUTE, SECOND, message, open_session, saying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..ports import Store
    from .clock import FakeClock


class OwnedSessionPromises(Promises):
    """Sessions of a user."""

    async def test_a_session_without_an_agent_is_no_agents_session(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        assert (await store.get(session.id)).agent_id == ""
        assert await store.session_of(ALICE, session.id) == session
        for which in (SessionFilter(clock.now()), SessionFilter(clock.now(), user_id="alice")):
            page = await store.list(which, limit=9)
            assert (page.total, list(page.sessions)) == (0, [])
        assert (await store.list(SessionFilter(clock.now(), agent_id=""), limit=9)).total == 0
        assert (await store.counts(now=clock.now(), remember=HOUR)).active == 0
        chat = await open_session(store, clock.now())
        assert (await store.list(SessionFilter(clock.now()), limit=9)).sessions == [chat]
        again = await self.reopened(store, clock)
        counted = await again.counts(now=clock.now(), remember=HOUR)
        assert (counted.active, counted.expiring, counted.expired) == (1, 0, 0)
        assert (await again.list(SessionFilter(clock.now()), limit=9)).total == 1
        await again.close()

    async def test_a_users_sessions_are_listed_alive_or_not(self, store: Store, clock: FakeClock) -> None:
        over = await open_session(store, clock.now(), user_id="alice")
        over = await store.change(over.id, lambda known: fallen_due(known, now=known.expires_at))
        gone = await open_session(store, clock.now(), user_id="alice")
        gone = await store.change(gone.id, lambda known: ended(known, now=clock.now()))
        silent = await store.create(memory_session(ALICE, clock.now()))
        await open_session(store, clock.now(), user_id="bob")
        page = await store.sessions_of(ALICE, limit=9)
        assert (list(page.items), page.total) == ([silent, gone, over], 3)
        assert await store.session_of(ALICE, gone.id) == gone

    async def test_sessions_are_listed_newest_first(self, store: Store, clock: FakeClock) -> None:
        now = clock.now()
        old = [await store.create(memory_session(ALICE, now, created_at=now - HOUR)) for _ in range(4)]
        new = [await store.create(memory_session(ALICE, now)) for _ in range(3)]
        older = await store.create(memory_session(ALICE, now, created_at=now - 2 * HOUR))
        expected = [*new[::-1], *old[::-1], older]
        seen: list[Session] = []
        for offset in range(0, 9, 3):
            page = await store.sessions_of(ALICE, limit=3, offset=offset)
            assert page.total == 8
            seen += page.items
        assert seen == expected
        assert (await store.sessions_of(ALICE, limit=3, offset=8)).items == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, [0, 1, 2, 3]),
            ({"n": 1}, [0]),
            ({"n": 1.0}, [0]),
            ({"n": "1"}, [1]),
            ({"n": True}, [2]),
            ({"n": None}, [3]),
            ({"deep": {"b": {"c": 2}}}, [0, 1]),
            ({"deep": {"b": {"c": 2}, "d": 4}}, [1]),
            ({"deep": {}}, [0, 1]),
            ({"tags": ["x"]}, [2, 3]),
            ({"tags": ["y", "x"]}, [3]),
            ({"tags": [{"k": 1}]}, [3]),
            ({"tags": []}, [2, 3]),
            ({"tags": "x"}, []),
            ({"n": 1, "deep": {"a": 9}}, []),
            ({"missing": None}, []),
        ],
    )
    async def test_metadata_match_as_nested_subsets(
        self, store: Store, clock: FakeClock, wanted: dict[str, Any], expected: list[int]
    ) -> None:
        described: list[dict[str, Any]] = [
            {"n": 1, "deep": {"a": 1, "b": {"c": 2}}},
            {"n": "1", "deep": {"b": {"c": 2}, "d": 4}},
            {"n": True, "tags": ["x", "z"]},
            {"n": None, "tags": ["x", "y", {"k": 1, "l": 2}]},
        ]
        made = [await store.create(memory_session(ALICE, clock.now(), metadata=each)) for each in described]
        page = await store.sessions_of(ALICE, limit=9, matching=wanted)
        assert list(page.items) == [made[at] for at in reversed(expected)]
        assert page.total == len(expected)

    async def test_sessions_are_narrowed_by_status(self, store: Store, clock: FakeClock) -> None:
        pending = await session_with(store, ALICE, clock.now(), metadata={"n": 1})
        processing = await begun(store, await session_with(store, ALICE, clock.now()), clock.now())
        processed = await session_with(store, ALICE, clock.now(), metadata={"n": 1})
        processed = await recorded(store, processed, result(processed), clock.now())

        async def listed(*statuses: MemoryStatus, **which: Any) -> list[Session]:
            page = await store.sessions_of(ALICE, limit=9, statuses=statuses, **which)
            assert page.total == len(page.items)
            return list(page.items)

        assert await listed(MemoryStatus.PENDING) == [pending]
        assert await listed(MemoryStatus.PROCESSED, MemoryStatus.PROCESSING) == [processed, processing]
        assert await listed(MemoryStatus.FAILED) == []
        assert await listed(MemoryStatus.PENDING, matching={"n": 1}) == [pending]
        assert await listed(MemoryStatus.PROCESSING, matching={"n": 1}) == []

    async def test_new_metadata_are_listed(self, store: Store, clock: FakeClock) -> None:
        session = await store.create(memory_session(ALICE, clock.now(), metadata={"a": 1}))
        await store.change(session.id, lambda known: redescribed(known, {"b": 2}))
        assert (await store.sessions_of(ALICE, limit=9, matching={"a": 1})).total == 0
        assert (await store.sessions_of(ALICE, limit=9, matching={"b": 2})).total == 1

    async def test_messages_are_paged_from_the_oldest(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now(), said=[str(number) for number in range(7)])
        await begun(store, session, clock.now())
        assert await self._page(store, session, 3, 0) == (["0", "1", "2"], 7)
        assert await self._page(store, session, 3, 6) == (["6"], 7)
        assert await self._page(store, session, 3, 7) == ([], 7)
        silent = await store.create(memory_session(ALICE, clock.now()))
        assert await self._page(store, silent, 3, 0) == ([], 0)

    async def _page(self, store: Store, session: Session, limit: int, offset: int) -> tuple[list[str], int]:
        page = await store.messages_page(ALICE, session.id, limit=limit, offset=offset)
        return _texts(page.items), page.total

    async def test_last_messages_come_from_all_sessions(self, store: Store, clock: FakeClock) -> None:
        sessions = [await session_with(store, ALICE, clock.now(), said=()) for _ in range(4)]
        for number in range(12):
            clock.step(SECOND)
            await say(store, sessions[number % 3], str(number), clock.now())
        clock.step(SECOND)
        await begun(store, sessions[3], clock.now())
        await session_with(store, BOB, clock.now())
        assert _texts(await store.last_messages(ALICE, limit=5)) == ["7", "8", "9", "10", "11"]
        assert _texts(await store.last_messages(ALICE, limit=99)) == [str(number) for number in range(12)]
        assert _texts(await store.last_messages(ALICE, limit=1)) == ["11"]

    async def test_everything_said_comes_in_order(self, store: Store, clock: FakeClock) -> None:
        now = clock.now()
        new = await session_with(store, ALICE, now, said=())
        old = await session_with(store, ALICE, now, said=(), created_at=now - HOUR)
        same = await session_with(store, ALICE, now, said=())
        for session, text in ((same, "e"), (new, "c"), (old, "a")):
            await say(store, session, text, now, metadata={"speaker": "Ann"})
        for session, text in ((new, "d"), (old, "b")):
            await say(store, session, text, now, metadata={"speaker": 7}, **agent_says())
        found = await store.utterances(ALICE)
        assert "".join(said.text for said in found) == "abcde"
        assert [said.role for said in found] == [Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER]
        assert [said.speaker for said in found] == ["Ann", None, "Ann", None, "Ann"]
        for said in found:
            (entry,) = await store.messages_at(ALICE, [(said.session_id, said.seq)])
            assert isinstance(entry.fact, Message)
            assert (said.id, said.at, said.text) == (entry.fact.id, entry.at, entry.fact.text)
        await recorded(store, new, result(new), now)
        left = await store.utterances(ALICE, unprocessed_only=True)
        assert "".join(said.text for said in left) == "abe"

    async def test_how_far_each_session_goes_is_told(self, store: Store, clock: FakeClock) -> None:
        one = await session_with(store, ALICE, clock.now(), said=("a", "b"))
        two = await session_with(store, ALICE, clock.now(), said=())
        await session_with(store, BOB, clock.now(), said=("c",))
        assert await store.positions(ALICE) == {one.id: 3, two.id: 1}
        await recorded(store, one, result(one), clock.now())
        assert (await store.positions(ALICE))[one.id] == (await store.get(one.id)).last_seq

    async def test_messages_are_found_by_place(self, store: Store, clock: FakeClock) -> None:
        one = await session_with(store, ALICE, clock.now(), said=("a", "b"))
        two = await session_with(store, ALICE, clock.now(), said=("c",))
        places = [(two.id, 2), (one.id, 3), (one.id, 1), (one.id, 99), ("unknown", 2), (one.id, 2), (one.id, 2)]
        assert _texts(await store.messages_at(ALICE, places)) == ["c", "b", "a"]
        assert await store.messages_at(ALICE, []) == []

    async def test_summaries_come_newest_session_first(self, store: Store, clock: FakeClock) -> None:
        now = clock.now()
        sessions = [
            await session_with(store, ALICE, now, created_at=now - MINUTE * minutes) for minutes in (0, 9, 0, 5)
        ]
        for session in sessions:
            await recorded(store, session, result(session, summary=summary(session, session.id)), now)
        newest = [sessions[at].id for at in (2, 0, 3, 1)]
        assert [kept.summary.session_id for kept in await store.summaries(ALICE)] == newest
        assert [kept.summary.session_id for kept in await store.summaries(ALICE, limit=2)] == newest[:2]
        some = await store.summaries(ALICE, session_ids=[newest[3], newest[1], "unknown"])
        assert [kept.summary.text for kept in some] == [newest[1], newest[3]]
        assert await store.summaries(ALICE, session_ids=[]) == []

    async def test_a_later_summary_takes_the_place_of_the_first(self, store: Store, clock: FakeClock) -> None:
        session = await session_with(store, ALICE, clock.now())
        for text in ("first", "second"):
            await recorded(store, session, result(session, summary=summary(session, text)), clock.now())
        assert [kept.summary.text for kept in await store.summaries(ALICE)] == ["second"]

    async def test_what_a_gone_process_was_processing_is_found(self, store: Store, clock: FakeClock) -> None:
        chat = await open_session(store, clock.now(), user_id="alice", processing=Processing(quiet=MINUTE))
        other, silent = [await session_with(store, BOB, clock.now()) for _ in range(2)]
        for session in (chat, other):
            await store.change(session.id, lambda known: processing_begun(known, now=clock.now()))
        assert await store.processing() == []
        again = await self.reopened(store, clock)
        assert list(await again.processing()) == [(ALICE, chat.id), (BOB, other.id)]
        await again.change(chat.id, saying(message(), clock.now()))
        await recorded(again, other, result(other), clock.now())
        assert list(await again.processing()) == [(ALICE, chat.id)]
        await recorded(again, silent, result(silent), clock.now())
        await begun(again, await again.get(chat.id), clock.now())
        await again.close()

    async def test_unknown_users_and_sessions_are_told_apart(self, store: Store, clock: FakeClock) -> None:
        await store.add_user(user(ALICE, clock.now()))
        other = await session_with(store, BOB, clock.now())
        for unknown in ("unknown", other.id):
            with pytest.raises(SessionNotFound):
                await store.session_of(ALICE, unknown)
            with pytest.raises(SessionNotFound):
                await store.messages_page(ALICE, unknown, limit=9)
            with pytest.raises(SessionNotFound):
                await store.remove_session(ALICE, unknown)
            with pytest.raises(UserNotFound):
                await store.session_of(Owner("default", "nobody"), unknown)
            with pytest.raises(UserNotFound):
                await store.remove_session(Owner("default", "nobody"), unknown)
        assert await store.session_of(BOB, other.id) == other


def _texts(entries: Sequence[LogEntry]) -> list[str]:
    return [entry.fact.text for entry in entries if isinstance(entry.fact, Message)]
