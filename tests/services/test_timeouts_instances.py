"""Several processes on one PostgreSQL database, each with its own timeout manager: everything fires once."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest

from agent_sessions.domain.log import Expired, Warned
from agent_sessions.domain.session import renewed
from agent_sessions.services.timeouts import TimeoutManager
from agent_sessions.store import open_store

from .test_timeouts import MINUTE, SECOND, begin, fired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.ports import Store
    from agent_sessions.testing import FakeClock

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture
async def database() -> AsyncIterator[str]:
    """The URL of an empty schema, dropped afterwards."""
    try:
        connection = await asyncpg.connect(SERVER, timeout=5)
    except OSError as error:
        missing = f"no PostgreSQL at {SERVER}: start one with a database 'test', or set TEST_POSTGRES_URL ({error})"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    schema = f"t{uuid4().hex}"
    await connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{SERVER}{'&' if '?' in SERVER else '?'}search_path={schema}"
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


@asynccontextmanager
async def instance(url: str, clock: FakeClock) -> AsyncIterator[tuple[Store, TimeoutManager]]:
    """What one process has: a store and a manager of its own."""
    store = open_store(url, clock=clock)
    await store.open()
    manager = TimeoutManager(store, clock)
    await manager.start()
    await clock.settle()
    try:
        yield store, manager
    finally:
        await manager.stop()
        await store.close()


async def test_two_instances_fire_every_warning_and_expiry_once(database: str, clock: FakeClock) -> None:
    async with instance(database, clock) as (store, one), instance(database, clock) as (_, two):
        lives = {f"s{n}": (2 + n % 5) * MINUTE for n in range(60)}
        await asyncio.gather(*(begin(store, clock, name, life=life, warning=MINUTE) for name, life in lives.items()))
        await clock.advance(10 * MINUTE)
        for name in lives:
            facts = [fact for _, fact in await fired(store, name)]
            assert [type(fact) for fact in facts] == [Warned, Expired]
            assert all(getattr(fact, "late_ms", None) == 0 for fact in facts)
        assert one.statistics.warned + two.statistics.warned == 60
        assert one.statistics.expired + two.statistics.expired == 60


async def test_what_an_instance_that_died_had_in_memory_is_fired_by_another(database: str, clock: FakeClock) -> None:
    async with instance(database, clock) as (survivor, _):
        async with instance(database, clock) as (dying, _):
            await begin(dying, clock, "orphan", life=40 * SECOND, warning=20 * SECOND)
        start = clock.now()
        await clock.advance(timedelta(minutes=2))
        rows = await fired(survivor, "orphan")
        assert [type(fact) for _, fact in rows] == [Warned, Expired]
        assert rows[0][0] - start <= 30 * SECOND
        assert rows[1][0] - start == 40 * SECOND


async def test_a_renewal_through_one_instance_holds_in_the_other(database: str, clock: FakeClock) -> None:
    async with instance(database, clock) as (one, _), instance(database, clock) as (two, _):
        await begin(one, clock, "s", life=50 * SECOND, warning=10 * SECOND)
        await clock.advance(35 * SECOND)
        await two.change("s", lambda session: renewed(session, now=clock.now()))
        await clock.advance(39 * SECOND)
        assert await fired(one) == []
        await clock.advance(20 * SECOND)
        assert [type(fact) for _, fact in await fired(two)] == [Warned, Expired]
