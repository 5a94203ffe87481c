"""The bus between processes: the contract over a real Redis, and what happens when Redis goes away."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from agent_sessions.bus import open_bus
from agent_sessions.bus.redis import RedisBus
from agent_sessions.domain import log
from agent_sessions.domain.errors import ConfigError
from agent_sessions.ports import FellBehind
from agent_sessions.testing.bus_contract import BUFFER, BusContract, entry, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.ports import EventBus

URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
NAME = uuid4().hex
"""Keeps other test runs on the same Redis out of this one."""
ADDRESS = (urlsplit(URL).hostname or "127.0.0.1", urlsplit(URL).port or 6379)


def _reachable() -> bool:
    try:
        socket.create_connection(ADDRESS, timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True, scope="module")
def _needs_redis() -> None:
    if not _reachable():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no Redis at {URL}")


@asynccontextmanager
async def opened(url: str = URL, *, outbox: int = 10_000) -> AsyncIterator[RedisBus]:
    bus = RedisBus(url, name=NAME, buffer=BUFFER, outbox=outbox)
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


class TestRedisBus(BusContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[EventBus]:
        async with opened() as bus:
            yield bus

    @pytest.fixture
    async def peer(self, bus: EventBus) -> AsyncIterator[EventBus]:
        async with opened() as peer:
            yield peer


class TestRedisBusInItsOwnProcess(BusContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[EventBus]:
        async with opened() as bus:
            yield bus


class Cable:
    """A connection to Redis that can be pulled out and put back."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._port = 0
        self._streams: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._streams:
            writer.transport.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        redis_reader, redis_writer = await asyncio.open_connection(*ADDRESS)
        self._streams |= {writer, redis_writer}
        self._pumps |= {
            asyncio.create_task(_pump(reader, redis_writer)),
            asyncio.create_task(_pump(redis_reader, writer)),
        }


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
    except OSError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    cable = Cable()
    await cable.plug()
    yield cable
    await cable.pull()


async def test_when_redis_comes_back_readers_are_told_and_hear_again(cable: Cable) -> None:
    async with opened() as steady, opened(cable.url) as cut:
        async with cut.subscribe("s") as subscription:
            await cable.pull()
            steady.publish(entry("s", 1))
            await cable.plug()
            with pytest.raises(FellBehind):
                await read(subscription, 1)
        async with cut.subscribe("s") as again:
            steady.publish(entry("s", 2))
            assert await read(again, 1) == [entry("s", 2)]


async def test_what_is_published_while_redis_is_away_arrives_later_once_and_in_order(cable: Cable) -> None:
    async with opened(cable.url) as cut, opened() as steady, steady.subscribe("s") as subscription:
        cut.publish(entry("s", 1))
        assert await read(subscription, 1) == [entry("s", 1)]
        await cable.pull()
        for seq in range(2, 20):
            cut.publish(entry("s", seq))
            await asyncio.sleep(0)
        await cable.plug()
        assert await read(subscription, 18) == [entry("s", seq) for seq in range(2, 20)]


async def test_readers_of_the_same_process_need_no_redis(cable: Cable) -> None:
    async with opened(cable.url) as cut, cut.subscribe("s") as subscription:
        await cable.pull()
        cut.publish(entry("s", 1))
        assert await read(subscription, 1) == [entry("s", 1)]
        await cable.plug()


async def test_when_too_much_waits_for_redis_the_others_are_told(cable: Cable) -> None:
    async with opened(cable.url, outbox=10) as cut, opened() as steady, steady.subscribe("s") as subscription:
        await cable.pull()
        for seq in range(35):
            cut.publish(entry("s", seq))
        await cable.plug()
        with pytest.raises(FellBehind):
            await read(subscription, 35)


async def test_opening_without_redis_goes_on_and_connects_later(cable: Cable) -> None:
    await cable.pull()
    async with opened(cable.url) as late, opened() as steady:
        async with late.subscribe("s") as subscription:
            await cable.plug()
            with pytest.raises(FellBehind):
                await read(subscription, 1)
        async with late.subscribe("s") as again:
            steady.publish(entry("s", 1))
            assert await read(again, 1) == [entry("s", 1)]


async def test_an_event_that_json_cannot_say_is_told_as_a_gap_and_harms_no_other() -> None:
    async with opened() as bus, opened() as peer:
        async with peer.subscribe("s") as subscription:
            unsayable = log.Message(
                id="m", author=log.Author.USER, author_id="u", text="", metadata={"n": 2**70, "o": object()}
            )
            bus.publish(entry("s", 1, unsayable))
            with pytest.raises(FellBehind):
                await read(subscription, 1)
        async with peer.subscribe("s") as again:
            bus.publish(entry("s", 2))
            assert await read(again, 1) == [entry("s", 2)]


async def test_databases_of_one_redis_do_not_hear_each_other() -> None:
    other_database = f"redis://{ADDRESS[0]}:{ADDRESS[1]}/1"
    async with (
        opened() as here,
        opened(other_database) as there,
        opened(other_database) as peer,
        peer.subscribe() as subscription,
    ):
        here.publish(entry("s", 1))
        there.publish(entry("s", 2))
        assert await read(subscription, 1) == [entry("s", 2)]


@pytest.mark.parametrize("url", ["http://host", "redis://host:port", "nonsense"])
def test_an_unusable_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="Redis URL"):
        open_bus(url)
