"""Renewals written behind on SQLite: when they are told at once, and how they reach the file."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from shutil import copytree, ignore_patterns
from threading import Event
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.log import Renewal, Renewed
from agent_sessions.domain.session import fallen_due, renewed
from agent_sessions.store import open_store
from agent_sessions.store.sqlite.store import SqliteStore
from agent_sessions.testing import FakeClock
from agent_sessions.testing.store_samples import MINUTE, SECOND, message, open_session, saying

from .test_sqlite_failures import locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/sessions.db", clock=clock)
    await store.open()
    yield store
    await store.close()


async def renew(store: Store, session: Session, clock: FakeClock) -> Session:
    return await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)


async def rows(store: Store, session: Session) -> int:
    return len(await store.log(session.id, limit=1000))


@contextmanager
def standing_still(store: Store) -> Iterator[None]:
    """The store's writer does nothing."""
    assert isinstance(store, SqliteStore)
    go_on = Event()
    threads = store._file._write_thread
    assert threads is not None
    threads.submit(go_on.wait)
    try:
        yield
    finally:
        go_on.set()


async def until_taken(store: Store, session: Session) -> None:
    """Wait until what was told of this session is on its way to the file."""
    assert isinstance(store, SqliteStore)
    async with asyncio.timeout(10):
        while session.id not in store._behind._under_way:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.001)


async def test_several_renewals_become_one_row(store: Store, clock: FakeClock) -> None:
    session = await open_session(store, clock.now())
    for _ in range(40):
        clock.step(SECOND / 100)
        told = await renew(store, session, clock)
    assert await rows(store, session) == 1
    await clock.advance(SECOND)
    [_, row] = await store.log(session.id, limit=1000)
    assert isinstance(row.fact, Renewed)
    assert (row.fact.renewal.count, row.fact.renewal.expires_at) == (40, told.expires_at)
    assert (row.seq, row.at) == (told.last_seq, told.last_at)


async def test_a_renewal_by_more_than_a_second_is_committed_first(store: Store, clock: FakeClock) -> None:
    session = await open_session(store, clock.now())
    clock.step(SECOND + SECOND / 1000)
    await renew(store, session, clock)
    assert await rows(store, session) == 2


async def test_renewals_without_a_pause_leave_two_rows_a_second_at_most(store: Store, clock: FakeClock) -> None:
    session = await open_session(store, clock.now())
    for _ in range(100):
        clock.step(SECOND / 10)
        await renew(store, session, clock)
    assert await rows(store, session) <= 20


async def test_a_renewal_that_takes_back_a_warning_is_committed_first(store: Store, clock: FakeClock) -> None:
    """Else the deadline of its next warning would be unknown to the file until then."""
    session = await open_session(store, clock.now())
    clock.step(26 * MINUTE)
    await store.change(session.id, lambda known: fallen_due(known, now=clock.now()))
    await renew(store, session, clock)
    assert await rows(store, session) == 3


async def test_a_message_takes_the_renewal_along(store: Store, clock: FakeClock) -> None:
    session = await open_session(store, clock.now())
    clock.step(SECOND / 2)
    await renew(store, session, clock)
    after = await store.change(session.id, saying(message(), clock.now()))
    assert [row.seq for row in await store.log(session.id, limit=10)] == [1, 2, 3]
    await clock.advance(SECOND)
    assert await store.get(session.id) == after
    assert await rows(store, session) == 3


async def test_a_renewal_that_is_not_cached_any_more_is_still_told(tmp_path: Path, clock: FakeClock) -> None:
    store = open_store(f"sqlite:///{tmp_path}/small.db", clock=clock, cached_sessions=2)
    await store.open()
    sessions = []
    for _ in range(5):
        sessions.append(await open_session(store, clock.now()))
        clock.step(SECOND / 10)
        await renew(store, sessions[-1], clock)
    assert [(await store.get(session.id)).renewal_count for session in sessions] == [1] * 5
    await clock.advance(SECOND)
    assert [await rows(store, session) for session in sessions] == [2] * 5
    await store.close()


async def test_a_renewal_is_told_while_one_before_it_is_being_written(store: Store, clock: FakeClock) -> None:
    session = await open_session(store, clock.now())
    clock.step(SECOND / 10)
    await renew(store, session, clock)
    with standing_still(store):
        writing = asyncio.create_task(clock.advance(SECOND * 4 / 5))
        await until_taken(store, session)
        told = await renew(store, session, clock)
        assert (told.renewal_count, told.last_seq) == (2, 3)
        assert await store.get(session.id) == told
    await writing
    assert (await store.get(session.id), await rows(store, session)) == (told, 2)
    await clock.advance(SECOND)
    assert [row.seq for row in await store.log(session.id, limit=10)] == [1, 2, 3]
    assert await store.get(session.id) == told


async def test_a_renewal_told_while_one_is_written_waits_where_it_is_more_than_a_second_ahead_of_the_file(
    store: Store, clock: FakeClock
) -> None:
    session = await open_session(store, clock.now())
    clock.step(SECOND / 2)
    await renew(store, session, clock)
    with standing_still(store):
        writing = asyncio.create_task(clock.advance(SECOND * 4 / 5))
        await until_taken(store, session)
        waiting = asyncio.create_task(renew(store, session, clock))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await writing
    assert (await waiting).renewal_count == 2
    assert await rows(store, session) == 3


async def test_a_row_that_could_not_be_written_leaves_no_gap(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "locked.db"
    store = open_store(f"sqlite:///{path}", clock=clock, busy_timeout=SECOND / 5)
    await store.open()
    session = await open_session(store, clock.now())
    await renew(store, session, clock)
    with locked(path):
        writing = asyncio.create_task(clock.advance(SECOND * 9 / 10))
        await until_taken(store, session)
        told = await renew(store, session, clock)
        await writing
        after = await store.get(session.id)
        assert (after.expires_at, after.renewal_count, after.last_seq) == (told.expires_at, 2, 2)
    await clock.advance(SECOND)
    _, second = await store.log(session.id, limit=10)
    assert (second.seq, second.at, second.fact) == (2, after.last_at, Renewed(Renewal(told.expires_at, 2)))
    await store.close()


async def test_after_two_crashes_in_a_row_a_session_still_ends_no_earlier_than_told(
    tmp_path: Path, clock: FakeClock
) -> None:
    first = await opened_copy(tmp_path / "0", None, clock)
    session = await open_session(first, clock.now())
    second = await opened_copy(tmp_path / "1", tmp_path / "0", clock)
    await second.get(session.id)
    clock.step(SECOND + SECOND / 2)
    told = await renew(second, session, clock)
    third = await opened_copy(tmp_path / "2", tmp_path / "1", clock)
    assert (await third.get(session.id)).expires_at >= told.expires_at
    for store in (first, second, third):
        await store.close()


async def test_the_first_renewal_after_an_orderly_restart_survives_a_crash(tmp_path: Path, clock: FakeClock) -> None:
    """No second is added for the run that closed in order; so the one that crashes must have written the session."""
    first = await opened_copy(tmp_path / "0", None, clock)
    session = await open_session(first, clock.now())
    await first.close()
    second = await opened_copy(tmp_path / "1", tmp_path / "0", clock)
    await second.get(session.id)
    clock.step(SECOND / 2)
    told = await renew(second, session, clock)
    third = await opened_copy(tmp_path / "2", tmp_path / "1", clock)
    assert (await third.get(session.id)).expires_at >= told.expires_at
    for store in (second, third):
        await store.close()


async def test_what_a_client_was_told_after_a_crash_is_not_shortened_by_the_next_renewal(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The second that a crash adds reaches further than a renewal does that comes within a second of the last one."""
    first = await opened_copy(tmp_path / "0", None, clock)
    quiet, talking = await open_session(first, clock.now()), await open_session(first, clock.now())
    second = await opened_copy(tmp_path / "1", tmp_path / "0", clock)
    told = [(await second.get(session.id)).expires_at for session in (quiet, talking)]
    clock.step(SECOND / 2)
    after = [await renew(second, quiet, clock), await second.change(talking.id, saying(message(), clock.now()))]
    assert [session.expires_at for session in after] == told
    third = await opened_copy(tmp_path / "2", tmp_path / "1", clock)
    assert (await third.get(quiet.id)).expires_at >= told[0]
    for store in (first, second, third):
        await store.close()


async def opened_copy(folder: Path, of: Path | None, clock: FakeClock) -> Store:
    """A store on a copy of the file as it lies there, which is what a crash leaves; without ``of``, on a new file."""
    if of is not None:
        copytree(of, folder, ignore=ignore_patterns("*.lock", "*-shm"))
    store = open_store(f"sqlite:///{folder}/sessions.db", clock=clock)
    await store.open()
    return store
