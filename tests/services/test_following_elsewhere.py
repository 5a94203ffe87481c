"""Following a session on one server while another answers in it: one PostgreSQL, one Redis, every row once."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from agent_sessions.app import Server
from agent_sessions.clock import SystemClock
from agent_sessions.config import AgentEntry, Database, Redis, Settings
from agent_sessions.domain.agent import string_to_uuid
from agent_sessions.domain.log import LogEntry
from agent_sessions.services.conversation import Draft
from agent_sessions.testing.agents import ScriptedAgent

from .stage import soon

if TYPE_CHECKING:
    from agent_sessions.services import Services
    from agent_sessions.services.following import Followed

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
USER = "11111111-1111-4111-8111-111111111111"
ACTOR = string_to_uuid("Actor")


@pytest.fixture(autouse=True, scope="module")
def _needs_redis() -> None:
    address = urlsplit(REDIS)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 6379), timeout=5).close()
    except OSError as error:
        missing = f"no Redis at {REDIS}: start one, or set TEST_REDIS_URL ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)


async def two_servers(stack: AsyncExitStack, url: str, agent: ScriptedAgent) -> tuple[Services, Services]:
    settings = Settings(
        database=Database(url=url), redis=Redis(url=REDIS), agents=(AgentEntry(name="Actor", kind="actor"),)
    )
    one, two = [
        await stack.enter_async_context(Server(settings, agent_kinds={"actor": agent.create}, clock=SystemClock()))
        for _ in range(2)
    ]
    return one, two


async def follow(services: Services, session_id: str, *, rows: int) -> list[Followed]:
    """Everything up to this row of the log."""
    events = services.following.events(session_id)
    came: list[Followed] = []
    async for event in events:
        came.append(event)
        if isinstance(event, LogEntry) and event.seq >= rows:
            break
    await events.aclose()
    return came


def check(came: list[Followed], *, rows: int) -> None:
    """Each row once and in order, and of each reply its pieces from the first on, before it is told whole."""
    assert [event.seq for event in came if isinstance(event, LogEntry)] == list(range(1, rows + 1))
    pieces: dict[str, list[int]] = {}
    for event in came:
        if not isinstance(event, LogEntry):
            pieces.setdefault(event.message_id, []).append(event.index)
    assert all(indexes == list(range(len(indexes))) for indexes in pieces.values())


async def test_what_two_servers_do_in_turn_is_told_in_one_order_by_both(postgres_url: str) -> None:
    actor = ScriptedAgent(otherwise=("a ", "b ", "c"))
    rows = 1 + 2 * 40
    async with AsyncExitStack() as stack:
        servers = await two_servers(stack, postgres_url, actor)
        session = await servers[0].sessions.create(agent_id=ACTOR, user_id=USER)
        following = [asyncio.create_task(follow(server, session.id, rows=rows)) for server in servers for _ in range(3)]
        for number in range(40):
            exchange = await servers[number % 2].conversation.send(session.id, Draft(f"number {number}"))
            if number % 3:
                await soon(exchange.turn.outcome())
        everything = await soon(asyncio.gather(*following))
    for came in everything:
        check(came, rows=rows)
    assert any(not isinstance(event, LogEntry) for came in everything[3:] for event in came)


async def test_who_comes_in_the_middle_of_a_reply_made_elsewhere_gets_it_whole(postgres_url: str) -> None:
    pause = asyncio.Event()
    actor = ScriptedAgent(("a", "b", pause, "c"), otherwise=("x", "y"))
    async with AsyncExitStack() as stack:
        here, there = await two_servers(stack, postgres_url, actor)
        session = await here.sessions.create(agent_id=ACTOR, user_id=USER)
        exchange = await here.conversation.send(session.id, Draft("spell"))
        await soon(anext(exchange.turn.chunks()))
        late = asyncio.create_task(follow(there, session.id, rows=5))
        await asyncio.sleep(0.1)
        pause.set()
        await soon(exchange.turn.outcome())
        await here.conversation.send(session.id, Draft("more"))
        came = await soon(late)
    check(came, rows=5)
