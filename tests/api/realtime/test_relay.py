"""One reader of the bus for all rooms: what it loses it reads in the log, what happens on other servers it hears."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from agent_sessions.api.realtime.connections import Connection
from agent_sessions.api.realtime.lines import Outgoing
from agent_sessions.api.realtime.relay import Relay
from agent_sessions.bus.local import BUFFER
from agent_sessions.clock import SystemClock
from agent_sessions.config import Database
from agent_sessions.config import Redis as RedisSettings
from agent_sessions.domain.timeouts import TimeoutOverrides
from agent_sessions.services.conversation import Draft
from agent_sessions.testing.agents import ScriptedAgent

from ...store.conftest import postgres_url as postgres_url
from .sockets import ALICE, serving, settings_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engineio.async_socket import AsyncSocket

    from .sockets import Stage

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


async def test_more_than_the_bus_keeps_is_told_all_the_same(stage: Stage) -> None:
    """A burst of which the relay can read nothing in between: the events are published while it does not run."""
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    rows = await stage.services.store.log(session.id, after=0, limit=1)
    for _ in range(BUFFER + 1):
        stage.services.bus.publish(rows[0])
    exchange = await stage.services.conversation.send(session.id, Draft("hi"))
    await exchange.turn.outcome()
    await client.next("messageComplete")
    await stage.services.sessions.reconfigure(session.id, TimeoutOverrides(timeout=timedelta(minutes=60)))
    await client.next("session.reconfigured")
    assert len(client.all("messageBroadcast")) == 1


async def test_rows_the_bus_brought_twice_or_not_at_all_are_told_once(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    for text in ("one", "two"):
        await (await stage.services.conversation.send(session.id, Draft(text))).turn.outcome()
    for row in await stage.services.store.log(session.id, after=0, limit=100):
        stage.services.bus.publish(row)
    await stage.services.sessions.end(session.id)
    await client.next("session.ended")
    assert len(client.all("messageBroadcast")) == len(client.all("messageComplete")) == 2


async def test_the_bus_is_read_only_while_somebody_listens(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    for _ in range(3):
        await client.join(session.channel_id)
        exchange = await stage.services.conversation.send(session.id, Draft("hi"))
        await exchange.turn.outcome()
        await client.next("messageComplete")
        await client.say("leave", {"roomId": session.channel_id})
        await client.next("room_left")


async def test_who_enters_where_the_last_one_just_left_is_told(stage: Stage) -> None:
    """While a client is on its way in, another makes the room, enters it and leaves it."""
    session = await stage.session()
    relay = Relay(stage.services)
    late, quick, third = (client_of_the_library() for _ in range(3))
    on_the_way = await relay.room_of(session)
    made = relay.enter(await relay.room_of(session), quick, after=None)
    await relay.tell(made)
    relay.leave(quick, made)
    entered = relay.enter(on_the_way, late, after=None)
    await relay.tell(entered)
    relay.leave(quick, made)  # told twice that it left
    assert relay.enter(await relay.room_of(session), third, after=None) is entered
    await (await stage.services.conversation.send(session.id, Draft("hi"))).turn.outcome()
    await until(lambda: min(sent_to(late), sent_to(third)) >= 3)
    assert not sent_to(quick)
    await relay.close()


async def test_what_happens_before_the_relay_listens_is_told(stage: Stage) -> None:
    session = await stage.session()
    relay = Relay(stage.services)
    client = client_of_the_library()
    room = relay.enter(await relay.room_of(session), client, after=None)
    await (await stage.services.conversation.send(session.id, Draft("hi"))).turn.outcome()
    await relay.tell(room)
    assert sent_to(client) >= 3
    await relay.close()


def client_of_the_library() -> Connection:
    """A client that polls, and has not yet."""
    polled = SimpleNamespace(closed=False, queue=Outgoing(limit=1_000_000))
    return Connection(str(uuid4()), cast("AsyncSocket", polled), entity_id=None)


def sent_to(connection: Connection) -> int:
    """How many events wait for a client."""
    return connection._outgoing.qsize()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)


async def test_what_happens_on_one_server_is_told_by_the_other(tmp_path: Path, postgres_url: str) -> None:
    _needs_redis()
    settings = settings_in(tmp_path, database=Database(url=postgres_url), redis=RedisSettings(url=REDIS))
    async with AsyncExitStack() as stack:
        agents = ScriptedAgent(), ScriptedAgent()
        one, other = [
            await stack.enter_async_context(serving(settings, agent, clock=SystemClock())) for agent in agents
        ]
        session = await one.session()
        here, there = await one.client(), await other.client()
        await here.join(session.channel_id)
        await there.join(session.channel_id)
        agents[0].will_say("Good ", "morning")
        await here.send(session.channel_id, "hi", messageId="mine")
        await there.next("messageComplete")
        assert [message["text"] for message in there.all("messageBroadcast")] == ["hi", "Good morning"]
        assert [chunk["chunk"] for chunk in there.all("messageStreamChunk")] == ["Good ", "morning"]
        await there.send(session.channel_id, "and to you", senderId=ALICE)
        await here.until(lambda: len(here.all("messageComplete")) == 2)
        assert [message["text"] for message in here.all("messageBroadcast")][2:] == ["and to you", "Yes."]
        await one.services.channels.update(session.channel_id, name="Renamed")
        assert (await there.next("channelUpdated"))["updates"]["name"] == "Renamed"


def _needs_redis() -> None:
    address = urlsplit(REDIS)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 6379), timeout=1).close()
    except OSError:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no Redis at {REDIS}")
