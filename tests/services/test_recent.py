"""What is kept of conversations in memory answers as the database would, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.channel import taken_back
from agent_sessions.domain.log import Author, Message
from agent_sessions.domain.session import renewed
from agent_sessions.services.context import ContextBuilder, HistoryBudget
from agent_sessions.services.recent import OVERHEAD, RecentMessages
from agent_sessions.store import open_store
from agent_sessions.testing.store_samples import MINUTE, SECOND, message, open_session, saying

from .remembering import ANN
from .test_context_memory import WHO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent_sessions.domain.log import LogEntry
    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Store
    from agent_sessions.testing import FakeClock

KEPT = 10


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/sessions.db", clock=clock)
    await store.open()
    yield store
    await store.close()


class Reads:
    """How often the store is asked for messages; each may be held up on its way back."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.may_return = asyncio.Event()
        self.may_return.set()
        self._read = store.messages
        monkeypatch.setattr(store, "messages", self)

    async def __call__(self, session_id: str, **asked: Any) -> Sequence[LogEntry]:
        self.count += 1
        found = await self._read(session_id, **asked)
        self.begun.put_nowait(session_id)
        await self.may_return.wait()
        return found


async def talk(store: Store, session: Session, clock: FakeClock, count: int) -> None:
    for turn in range(count):
        clock.step(SECOND)
        await store.change(session.id, saying(message(str(turn)), clock.now()))


async def texts(recent: RecentMessages, store: Store, session: Session, *, limit: int = 9) -> list[str]:
    found = await recent.messages(await store.get(session.id), limit=limit)
    return [entry.fact.text for entry in found if isinstance(entry.fact, Message)]


@pytest.mark.parametrize("count", [0, 1, 5, 9, 10, 11, 20, 21, 35])
async def test_memory_and_database_agree(store: Store, clock: FakeClock, count: int) -> None:
    start = clock.now()
    fed = RecentMessages(store, kept=KEPT)
    session = await open_session(store, start)
    await talk(store, session, clock, count)
    read = RecentMessages(store, kept=KEPT)
    turns = (0, 1, count // 2, count - 12, count - 1, count, count + 1)
    instants: list[datetime | None] = [None, *(start + turn * SECOND for turn in turns)]
    session = await store.get(session.id)
    for limit in (1, 5, 10, 100):
        for before in instants:
            for after in instants:
                asked: dict[str, Any] = {"before": before, "after": after, "limit": limit}
                expected = list(await store.messages(session.id, **asked))
                assert list(await fed.messages(session, **asked)) == expected, asked
                assert list(await read.messages(session, **asked)) == expected, asked


async def test_a_conversation_is_read_once_and_then_goes_on_in_memory(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await open_session(store, clock.now())
    await talk(store, session, clock, 15)
    recent, reads = RecentMessages(store, kept=KEPT), Reads(store, monkeypatch)
    assert await texts(recent, store, session, limit=KEPT) == [str(turn) for turn in range(5, 15)]
    await talk(store, session, clock, 3)
    assert await texts(recent, store, session, limit=4) == ["14", "0", "1", "2"]
    assert reads.count == 1
    assert len(await texts(recent, store, session, limit=100)) == 18
    assert reads.count == 2
    assert len(await texts(recent, store, session, limit=100)) == 18
    assert reads.count == 2, "now it is known that there are no others"


async def test_renewals_told_before_they_are_written_change_nothing(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await open_session(store, clock.now())
    fed, reads = RecentMessages(store), Reads(store, monkeypatch)
    await talk(store, session, clock, 1)
    for _ in range(2):
        clock.step(SECOND / 10)
        await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
        assert await texts(fed, store, session) == ["0"]
    assert reads.count == 0
    late = RecentMessages(store)
    assert await texts(late, store, session) == ["0"]
    await clock.advance(2 * SECOND)
    await store.change(session.id, saying(message("1"), clock.now()))
    assert await texts(late, store, session) == await texts(fed, store, session) == ["0", "1"]
    assert reads.count == 1


async def test_sessions_in_which_nobody_speaks_push_nobody_out(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recent, reads = RecentMessages(store, sessions=2), Reads(store, monkeypatch)
    first, second, third = [await open_session(store, clock.now()) for _ in range(3)]
    for session in (first, second):
        await talk(store, session, clock, 1)
    for _ in range(5):
        silent = await open_session(store, clock.now())
        assert await texts(recent, store, silent) == []
        await store.change(silent.id, lambda known: renewed(known, now=clock.now()))
    assert [await texts(recent, store, session) for session in (second, first)] == [["0"], ["0"]]
    assert reads.count == 0
    await talk(store, third, clock, 1)
    assert await texts(recent, store, first) == ["0"]
    assert reads.count == 0
    assert await texts(recent, store, second) == ["0"]
    assert reads.count == 1, "asked for longest ago"


async def test_long_conversations_do_not_fill_the_memory(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = OVERHEAD + 5 * (OVERHEAD + 1000)
    recent, reads = RecentMessages(store, characters=2 * weight), Reads(store, monkeypatch)
    sessions = [await open_session(store, clock.now()) for _ in range(5)]
    for session in sessions:
        for _ in range(5):
            await store.change(session.id, saying(message("x" * 1000), clock.now()))
    assert [len(await texts(recent, store, session)) for session in sessions[3:]] == [5, 5]
    assert reads.count == 0
    assert [len(await texts(recent, store, session)) for session in sessions[:3]] == [5, 5, 5]
    assert reads.count == 3
    huge = message("x", metadata={"much": "y" * 2 * weight})
    await store.change(sessions[2].id, saying(huge, clock.now()))
    assert len(await texts(recent, store, sessions[2])) == 6
    assert reads.count == 4, "not kept, as it weighs more than all may"


async def test_what_is_said_while_the_log_is_read_is_not_lost(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await open_session(store, clock.now())
    await talk(store, session, clock, 1)
    recent, reads = RecentMessages(store), Reads(store, monkeypatch)
    reads.may_return.clear()
    reading = asyncio.create_task(texts(recent, store, session))
    await reads.begun.get()
    await talk(store, session, clock, 2)
    reads.may_return.set()
    assert await reading == ["0"]
    assert await texts(recent, store, session) == ["0", "0", "1"]


async def test_what_is_erased_while_the_log_is_read_is_not_kept(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied, removed = [await open_session(store, clock.now(), user_id=ANN.user_id) for _ in range(2)]
    for session in (emptied, removed):
        await talk(store, session, clock, 1)
    recent, reads = RecentMessages(store), Reads(store, monkeypatch)
    reads.may_return.clear()
    reading = [asyncio.create_task(texts(recent, store, session)) for session in (emptied, removed)]
    assert {await reads.begun.get() for _ in reading} == {emptied.id, removed.id}
    await store.erase_messages(emptied.id, partial(taken_back, now=clock.now()), message_ids=None)
    log = await store.log(removed.id, limit=1)
    await store.remove_session(ANN, removed.id)
    reads.may_return.set()
    await asyncio.gather(*reading, return_exceptions=True)
    await store.restore_log(log)
    await store.restore_sessions([removed])
    assert [await texts(recent, store, session) for session in (emptied, removed)] == [[], []]


async def test_a_read_that_failed_leaves_nothing_behind(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await open_session(store, clock.now())
    await talk(store, session, clock, 1)
    recent, reads = RecentMessages(store), Reads(store, monkeypatch)
    reads.may_return.clear()
    reading = asyncio.create_task(texts(recent, store, session))
    await reads.begun.get()
    reading.cancel()
    await asyncio.wait((reading,))
    reads.may_return.set()
    for _ in range(2):
        assert await texts(recent, store, session) == ["0"]
    assert reads.count == 2


async def test_contexts_leave_out_what_waits_and_what_is_too_much(store: Store, clock: FakeClock) -> None:
    budget = HistoryBudget(messages=4, characters=30)
    builder = ContextBuilder(store, RecentMessages(store), clock=clock, budget=budget, waiting=4)
    session = await open_session(store, clock.now(), expires_at=clock.now() + 60 * MINUTE)

    async def history(asked: Message) -> list[str]:
        context = await builder.build(session.id, WHO, asked)
        return [each.text for each in context.history]

    first, second = message("first"), message("second")
    for said in (first, second):
        await store.change(session.id, saying(said, clock.now(), room=4))
    assert await history(first) == []
    unasked = message("by the way", author=Author.AGENT)
    for said in (unasked, message("nobody waits for this")):
        await store.change(session.id, saying(said, clock.now()))
    third = message("third")
    await store.change(session.id, saying(third, clock.now(), room=4))
    assert await history(third) == ["nobody waits for this"]
    for number in range(5):
        await store.change(session.id, saying(message(f"{number}"), clock.now()))
    assert await history(third) == ["1", "2", "3", "4"]
