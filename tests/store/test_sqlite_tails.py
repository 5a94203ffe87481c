"""What is kept of conversations in memory answers as the file would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.store import open_store
from agent_sessions.store.sqlite import tails
from agent_sessions.testing import FakeClock
from agent_sessions.testing.store_samples import SECOND, message, open_session, saying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from agent_sessions.ports import Store

CLOCK = FakeClock()


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[Store]]:
    """The same conversation twice: in a store that remembers it, and in one that keeps nothing in memory."""
    made = [
        open_store(f"sqlite:///{tmp_path}/{name}.db", clock=CLOCK, cached_sessions=kept)
        for name, kept in (("remembering", 100), ("forgetful", 0))
    ]
    for store in made:
        await store.open()
    yield made
    for store in made:
        await store.close()


@pytest.mark.parametrize("count", [0, 1, 50, 99, 100, 101, 200, 201, 350])
async def test_memory_and_file_agree(stores: list[Store], count: int) -> None:
    start = CLOCK.now()
    session = await open_session(stores[0], start)
    for store in stores[1:]:
        await open_session(store, start, id=session.id, channel_id=session.channel_id)
    for turn in range(count):
        said = message(str(turn))
        for store in stores:
            await store.change(session.id, saying(said, start + (turn + 1) * SECOND))
    instants = [None, *(start + turn * SECOND for turn in (0, 1, count // 2, count - 120, count - 1, count, count + 1))]
    for limit in (1, 50, 100, 1000):
        for before in instants:
            for after in instants:
                remembered, read = [
                    await store.messages(session.id, before=before, after=after, limit=limit) for store in stores
                ]
                assert list(remembered) == list(read), (before, after, limit)


async def test_a_conversation_read_from_the_file_goes_on_in_memory(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(url, clock=CLOCK)
    await store.open()
    session = await open_session(store, CLOCK.now())
    for turn in range(150):
        await store.change(session.id, saying(message(str(turn)), CLOCK.now()))
    await store.close()
    again = open_store(url, clock=CLOCK)
    await again.open()
    first = await again.messages(session.id, limit=50)
    assert all(one is other for one, other in zip(first, await again.messages(session.id, limit=50), strict=True))
    await again.change(session.id, saying(message("new"), CLOCK.now()))
    second = await again.messages(session.id, limit=50)
    assert [entry.seq for entry in second] == list(range(103, 153))
    oldest: datetime = second[0].at
    assert [entry.seq for entry in await again.messages(session.id, before=oldest, limit=100)] == list(range(3, 103))
    assert len(await again.messages(session.id, limit=1000)) == 151
    await again.close()


async def test_long_conversations_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "BUDGET", 10_000)
    store = open_store(f"sqlite:///{tmp_path}/sessions.db", clock=CLOCK)
    await store.open()
    sessions = [await open_session(store, CLOCK.now()) for _ in range(5)]
    for session in sessions:
        for _ in range(5):
            await store.change(session.id, saying(message("x" * 1000), CLOCK.now()))
    assert [len(await store.messages(session.id, limit=50)) for session in sessions] == [5] * 5
    await store.close()
