"""One PostgreSQL database for several processes, and without a server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped]
import pytest

from agent_sessions.domain.errors import ConfigError, InvalidInput, StoreUnavailable
from agent_sessions.domain.log import Expired, ReplyMissing, Silence
from agent_sessions.domain.session import concluded, fallen_due, renewed
from agent_sessions.ports import Repeated
from agent_sessions.store import open_store
from agent_sessions.testing import FakeClock
from agent_sessions.testing.store_samples import SECOND, job, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.domain.session import Change, Session
    from agent_sessions.ports import Store


@asynccontextmanager
async def opened(url: str, clock: FakeClock, patience: timedelta = timedelta(seconds=10)) -> AsyncIterator[Store]:
    store = open_store(url, clock=clock, busy_timeout=patience)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def pair(postgres_url: str, clock: FakeClock) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes on one database."""
    async with opened(postgres_url, clock) as one, opened(postgres_url, clock) as other:
        yield one, other


async def test_a_deadline_fires_once_in_two_processes(pair: tuple[Store, Store], clock: FakeClock) -> None:
    sessions = [await open_session(pair[0], clock.now()) for _ in range(40)]
    heard: list[Expired] = []
    for store in pair:
        store.on_commit(lambda _, entries: heard.extend(e.fact for e in entries if isinstance(e.fact, Expired)))
    ends = sessions[-1].expires_at
    await asyncio.gather(
        *(store.change(session.id, lambda known: fallen_due(known, now=ends)) for session in sessions for store in pair)
    )
    assert len(heard) == 40
    assert [len(await pair[1].log(session.id, limit=9)) for session in sessions] == [2] * 40


async def test_two_processes_write_one_gapless_log(pair: tuple[Store, Store], clock: FakeClock) -> None:
    session = await open_session(pair[0], clock.now())
    writers = (pair[turn % 2].change(session.id, saying(message(), clock.now())) for turn in range(100))
    await asyncio.gather(*writers)
    rows = await pair[0].log(session.id, limit=1000)
    assert [row.seq for row in rows] == list(range(1, 102))
    assert await pair[0].get(session.id) == await pair[1].get(session.id)


async def test_sessions_in_any_order_do_not_block_each_other(pair: tuple[Store, Store], clock: FakeClock) -> None:
    sessions = [await open_session(pair[0], clock.now()) for _ in range(20)]
    orders = (sessions, sessions[::-1])
    await asyncio.gather(
        *(
            store.change(session.id, lambda known: renewed(known, now=clock.now()))
            for store, order in zip(pair, orders, strict=True)
            for session in order
            for _ in range(5)
        )
    )
    assert [(await pair[0].get(session.id)).renewal_count for session in sessions] == [10] * 20


async def test_a_key_counts_in_every_process(pair: tuple[Store, Store], clock: FakeClock) -> None:
    made = await asyncio.gather(
        *(
            pair[turn % 2].create(session_to_open(clock.now()), idempotency_key=f"k{turn % 4 // 2}")
            for turn in range(40)
        )
    )
    assert len({session.id for session in made}) == 2
    outcomes = await asyncio.gather(
        *(pair[turn % 2].change(made[0].id, saying(message(), clock.now()), idempotency_key="m") for turn in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Repeated) for outcome in outcomes) == 19
    assert len(await pair[1].messages(made[0].id, limit=10)) == 1


async def test_a_silent_process_is_dead_after_half_a_minute(postgres_url: str, clock: FakeClock) -> None:
    silent = FakeClock(clock.now())
    async with opened(postgres_url, silent) as gone, opened(postgres_url, clock) as here:
        session = await open_session(gone, clock.now())
        (lost,) = (await gone.change(session.id, saying(message(), clock.now(), room=1))).awaiting
        await here.change(session.id, lambda known: renewed(known, now=clock.now()))
        await clock.advance(29 * SECOND)
        assert await here.awaiting() == []
        await clock.advance(2 * SECOND)
        assert list(await here.awaiting()) == [(session.id, lost)]


async def test_each_message_waits_for_the_process_that_took_it(postgres_url: str, clock: FakeClock) -> None:
    silent = FakeClock(clock.now())
    async with (
        opened(postgres_url, silent) as gone,
        opened(postgres_url, clock) as here,
        opened(postgres_url, clock) as there,
    ):
        session = await open_session(here, clock.now())
        for store in (there, gone, here, gone, there):
            session = await store.change(session.id, saying(message(), clock.now(), room=5))
        await clock.advance(31 * SECOND)
        assert list(await here.awaiting()) == [(session.id, session.awaiting[place]) for place in (1, 3)]
        assert await here.awaiting() == await there.awaiting()
        await here.change(session.id, lambda known: _answered(known, 1, clock))
        await there.change(session.id, lambda known: _answered(known, 0, clock))
        assert list(await here.awaiting()) == [(session.id, session.awaiting[3])]


def _answered(session: Session, place: int, clock: FakeClock) -> Change | None:
    """The wait of one of the session's messages ends."""
    return concluded(session, ReplyMissing(session.awaiting[place], Silence.CHOSEN), now=clock.now())


async def test_a_process_that_closed_is_gone_at_once(postgres_url: str, clock: FakeClock) -> None:
    async with opened(postgres_url, clock) as here:
        async with opened(postgres_url, clock) as gone:
            session = await open_session(gone, clock.now())
            (lost,) = (await gone.change(session.id, saying(message(), clock.now(), room=1))).awaiting
            assert await here.awaiting() == []
        assert list(await here.awaiting()) == [(session.id, lost)]


async def test_many_processes_may_start_at_once(postgres_url: str, clock: FakeClock) -> None:
    stores = [open_store(postgres_url, clock=clock) for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    session = await open_session(stores[0], clock.now())
    assert [await store.get(session.id) for store in stores] == [session] * 4
    for store in stores:
        await store.close()


async def test_a_lost_connection_is_told_and_made_again(postgres_url: str, clock: FakeClock) -> None:
    async with opened(postgres_url, clock) as store, _observer(postgres_url) as observer:
        session = await open_session(store, clock.now())
        async with observer.transaction():
            await observer.execute("SELECT * FROM sessions FOR UPDATE")
            waiting = asyncio.create_task(store.change(session.id, saying(message(), clock.now())))
            while not await observer.fetchval(_WAITING):  # noqa: ASYNC110 - the server has no event to wait for
                await asyncio.sleep(0)
            await observer.execute(_TERMINATE)
            with pytest.raises(StoreUnavailable):
                await waiting
        assert await store.get(session.id) == session
        await store.put_job(job(clock.now()))
        assert (await store.change(session.id, saying(message(), clock.now()))).last_seq == 2


_OTHERS = "pid <> pg_backend_pid() AND query LIKE '%sessions%' AND datname = current_database()"
_WAITING = f"SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {_OTHERS}"
_TERMINATE = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {_OTHERS}"


@asynccontextmanager
async def _observer(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_locked_row_fails_who_waits_for_it_and_leaves_nothing(postgres_url: str, clock: FakeClock) -> None:
    """Patience enough for all else, however busy the machine is."""
    patience = timedelta(seconds=3)
    async with opened(postgres_url, clock, patience) as store, _observer(postgres_url) as observer:
        session = await open_session(store, clock.now())
        async with observer.transaction():
            await observer.execute("SELECT * FROM sessions FOR UPDATE")
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await store.change(session.id, saying(message(), clock.now()))
        assert await store.get(session.id) == session
        assert (await store.change(session.id, saying(message(), clock.now()))).last_seq == 2


async def test_a_read_only_database_is_told(postgres_url: str, clock: FakeClock) -> None:
    async with opened(postgres_url, clock) as store:
        session = await open_session(store, clock.now())
    read_only = open_store(f"{postgres_url}&default_transaction_read_only=on", clock=clock)
    with pytest.raises(StoreUnavailable, match="read-only"):
        await read_only.open()
    async with opened(postgres_url, clock) as store:
        assert await store.get(session.id) == session


async def test_text_postgres_cannot_store_is_refused_by_name(postgres_url: str, clock: FakeClock) -> None:
    async with opened(postgres_url, clock) as store:
        outcomes = await asyncio.gather(
            store.create(session_to_open(clock.now())),
            store.create(session_to_open(clock.now(), user_id="nul \x00")),
            store.create(session_to_open(clock.now(), user_id="lone \ud800")),
            store.create(session_to_open(clock.now(), metadata={"inside JSON": "nul \x00"})),
            return_exceptions=True,
        )
        assert [isinstance(outcome, InvalidInput) for outcome in outcomes] == [False, True, True, False]
        assert "U+0000" in str(outcomes[1])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://postgres@127.0.0.1:1/test", "cannot be reached"),
        ("postgresql://postgres@no-such-host.invalid/test", "cannot be reached"),
    ],
)
async def test_a_server_that_is_not_there_is_told(clock: FakeClock, url: str, words: str) -> None:
    with pytest.raises(StoreUnavailable, match=words):
        await open_store(url, clock=clock).open()


async def test_a_database_that_is_not_there_is_told(postgres_url: str, clock: FakeClock) -> None:
    missing = postgres_url.partition("?")[0].rpartition("/")[0] + "/no_such_database"
    with pytest.raises(StoreUnavailable, match="does not exist"):
        await open_store(missing, clock=clock).open()


@pytest.mark.parametrize("url", ["postgresql://host:port/x", "postgresql://localhost/x?sslmode=perhaps"])
async def test_a_url_that_makes_no_sense_is_refused(clock: FakeClock, url: str) -> None:
    with pytest.raises(ConfigError, match="URL"):
        await open_store(url, clock=clock).open()


def test_a_password_is_not_shown(clock: FakeClock) -> None:
    store = open_store("postgresql://me:secret@db.example:5433/talk?sslmode=require", clock=clock)
    assert store.description == "PostgreSQL database db.example:5433/talk"
