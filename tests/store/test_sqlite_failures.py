"""A SQLite file that is locked, full, read-only or no database: clear errors, nothing half written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import StoreInUse, StoreUnavailable
from agent_sessions.domain.session import renewed
from agent_sessions.store import open_store
from agent_sessions.store.sqlite.store import SqliteStore
from agent_sessions.testing import FakeClock
from agent_sessions.testing.store_samples import SECOND, job, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Store

CLOCK = FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@asynccontextmanager
async def opened(path: Path, clock: FakeClock = CLOCK) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{path}", clock=clock, busy_timeout=timedelta(milliseconds=10))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else's open transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


async def limit_size(store: Store, *, spare_pages: int) -> None:
    """Let the file grow by so many pages and no more."""
    assert isinstance(store, SqliteStore)

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + spare_pages}")

    await store._file.write(limit)


async def assert_whole(store: Store, session: Session) -> None:
    """The session is as it was."""
    assert await store.get(session.id) == session
    assert len(await store.log(session.id, limit=100)) == session.last_seq


async def test_a_locked_file_fails_the_writers_and_nobody_later(path: Path) -> None:
    async with opened(path) as store:
        session = await open_session(store, CLOCK.now())
        heard: list[Session] = []
        store.on_commit(lambda told, _: heard.append(told))
        with locked(path):
            outcomes = await asyncio.gather(
                *(store.change(session.id, saying(message(), CLOCK.now())) for _ in range(5)), return_exceptions=True
            )
            assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
            assert "locked" in str(outcomes[0])
            assert str(path) in str(outcomes[0])
            with pytest.raises(StoreUnavailable, match="locked"):
                await store.put_job(job(CLOCK.now()))
        assert heard == []
        await assert_whole(store, session)
        assert (await store.change(session.id, saying(message(), CLOCK.now()))).last_seq == 2


async def test_a_full_file_fails_what_does_not_fit_and_nothing_else(path: Path) -> None:
    async with opened(path) as store:
        session = await open_session(store, CLOCK.now())
        await limit_size(store, spare_pages=4)
        said = [message("small"), message("x" * 100_000), message("small too")]
        outcomes = await asyncio.gather(
            *(store.change(session.id, saying(one, CLOCK.now())) for one in said), return_exceptions=True
        )
        assert [isinstance(outcome, StoreUnavailable) for outcome in outcomes] == [False, True, False]
        assert "full" in str(outcomes[1])
        await assert_whole(store, await store.get(session.id))
        assert len(await store.messages(session.id, limit=10)) == 2


async def test_a_full_file_keeps_no_part_of_a_session(path: Path) -> None:
    async with opened(path) as store:
        await limit_size(store, spare_pages=0)
        change = session_to_open(CLOCK.now(), metadata={"large": "x" * 50_000})
        with pytest.raises(StoreUnavailable, match="full"):
            await store.create(change, idempotency_key="k")
        await limit_size(store, spare_pages=100)
        assert await store.create(change, idempotency_key="k") == change.session


async def test_a_renewal_told_while_the_file_is_locked_is_written_when_it_can_be(path: Path) -> None:
    clock = FakeClock()
    async with opened(path, clock) as store:
        session = await open_session(store, clock.now())
        with locked(path):
            told = await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
            await clock.advance(3 * SECOND)
            assert await store.get(session.id) == told
            assert len(await store.log(session.id, limit=10)) == 1
        await clock.advance(SECOND)
        assert len(await store.log(session.id, limit=10)) == 2


async def test_a_renewal_that_could_not_be_written_at_the_end_is_made_good(path: Path) -> None:
    """The run then counts as crashed, and the session ends a second later than the file says."""
    clock = FakeClock()
    store = open_store(f"sqlite:///{path}", clock=clock, busy_timeout=timedelta(milliseconds=10))
    await store.open()
    session = await open_session(store, clock.now())
    clock.step(SECOND)
    with locked(path):
        told = await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
        assert told.expires_at == session.expires_at + SECOND
        await store.close()
    async with opened(path, clock) as again:
        assert (await again.get(session.id)).expires_at >= told.expires_at


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write what is read-only; nobody may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others than its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="agent-sessions-"))
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


async def test_a_read_only_file_is_told_at_the_start(open_folder: Path) -> None:
    path = open_folder / "sessions.db"
    async with opened(path) as store:
        session = await open_session(store, CLOCK.now())
    (open_folder / "sessions.db.lock").chmod(0o666)
    path.chmod(0o444)
    with as_nobody(), pytest.raises(StoreUnavailable, match="read-only"):
        async with opened(path):
            pass
    path.chmod(0o644)
    async with opened(path) as store:
        await assert_whole(store, session)


async def test_a_read_only_folder_is_told_at_the_start(open_folder: Path) -> None:
    open_folder.chmod(0o555)  # noqa: ASYNC240 - a test has no other work
    with as_nobody(), pytest.raises(StoreUnavailable, match="ermission"):
        async with opened(open_folder / "deeper" / "sessions.db"):
            pass


async def test_a_file_that_turns_read_only_takes_nothing(path: Path) -> None:
    async with opened(path) as store:
        assert isinstance(store, SqliteStore)
        session = await open_session(store, CLOCK.now())
        await store._file.write(lambda connection: connection.execute("PRAGMA query_only = ON"))
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.change(session.id, saying(message(), CLOCK.now()))
        await store._file.write(lambda connection: connection.execute("PRAGMA query_only = OFF"))
        await assert_whole(store, session)


@pytest.fixture
def diary(path: Path) -> Iterator[Path]:
    """Somebody's file that is no database, and shall stay as it is."""
    words = "This is a diary, not a database. " * 100
    path.write_text(words)
    yield path
    assert path.read_text() == words


async def test_a_file_of_another_kind_is_left_alone(diary: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is not a SQLite database"):
        async with opened(diary):
            pass


async def test_a_store_is_opened_once(path: Path) -> None:
    async with opened(path):
        with pytest.raises(StoreInUse, match=r"sessions\.db"):
            async with opened(path):
                pass


async def test_a_closed_store_takes_and_gives_nothing(path: Path) -> None:
    async with opened(path) as store:
        session = await open_session(store, CLOCK.now())
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.change(session.id, saying(message(), CLOCK.now()))
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.log(session.id, limit=1)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.check()
