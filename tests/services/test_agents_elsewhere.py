"""What is done to agents on one server is known to another on the same database."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent_sessions.app import Server
from agent_sessions.config import AgentEntry, Database, Redis, Settings
from agent_sessions.domain.agent import AgentStatus, string_to_uuid
from agent_sessions.domain.errors import AgentNotFound, AlreadyExists
from agent_sessions.domain.log import Message
from agent_sessions.services.conversation import Draft
from agent_sessions.testing import FakeClock

from .stage import soon
from .test_following_elsewhere import REDIS, USER
from .test_following_elsewhere import _needs_redis as _needs_redis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agent_sessions.services import Services

CLARA = {"name": "Clara", "bio": "Kind."}
CONFIGURED = string_to_uuid("Echo")


class Pair:
    """Two servers. ``hurry``: whether time must pass for one to see what the other did."""

    def __init__(self, here: Services, there: Services, clock: FakeClock, *, hurry: bool) -> None:
        self.here = here
        self.there = there
        self._clock = clock
        self._hurry = hurry

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until this is so, over there."""
        async with asyncio.timeout(20):
            while not seen():
                await asyncio.sleep(0.01)
                if self._hurry:
                    await self._clock.advance(timedelta(seconds=1))

    def status_there(self, agent_id: str) -> AgentStatus | None:
        """How the agent stands over there; None: it is not known."""
        try:
            return self.there.agents.get(agent_id).status
        except AgentNotFound:
            return None


@pytest.fixture(params=[True, False], ids=["redis", "database alone"])
async def pair(request: pytest.FixtureRequest, postgres_url: str) -> AsyncIterator[Pair]:
    """With Redis no time passes at all, so that it is the bus that tells."""
    clock = FakeClock()
    settings = Settings(
        database=Database(url=postgres_url),
        redis=Redis(url=REDIS) if request.param else Redis(),
        agents=(AgentEntry(name="Echo", kind="echo"),),
    )
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(Server(settings, clock=clock)) for _ in range(2)]
        yield Pair(here, there, clock, hurry=not request.param)


async def test_a_server_knows_what_another_does_to_agents(pair: Pair) -> None:
    clara = await pair.here.agents.create(CLARA, kind="echo")
    await pair.until(lambda: pair.status_there(clara.id) is AgentStatus.INACTIVE)
    await pair.here.agents.start(clara.id)
    await pair.until(lambda: pair.status_there(clara.id) is AgentStatus.ACTIVE)
    session = await pair.there.sessions.create(agent_id=clara.id, user_id=USER)
    exchange = await pair.there.conversation.send(session.id, Draft("hello"))
    assert isinstance((await soon(exchange.turn.outcome())).fact, Message)
    await pair.here.agents.update(clara.id, {"bio": "Kinder."})
    await pair.until(lambda: pair.there.agents.running(clara.id).definition.character.bio == ("Kinder.",))
    await pair.here.agents.stop(clara.id)
    await pair.until(lambda: pair.status_there(clara.id) is AgentStatus.INACTIVE)
    await pair.here.agents.delete(clara.id)
    await pair.until(lambda: pair.status_there(clara.id) is None)


async def test_an_agent_of_the_configuration_is_started_and_stopped_everywhere(pair: Pair) -> None:
    await pair.here.agents.stop(CONFIGURED)
    await pair.until(lambda: pair.status_there(CONFIGURED) is AgentStatus.INACTIVE)
    await pair.there.agents.start(CONFIGURED)
    await pair.until(lambda: pair.here.agents.is_running(CONFIGURED))
    assert pair.here.agents.get(CONFIGURED).kind == "echo"
    await pair.here.agents.delete(CONFIGURED)
    await pair.until(lambda: pair.status_there(CONFIGURED) is None)


@pytest.mark.parametrize("pair", [True], indirect=True, ids=["redis"])
async def test_an_agent_that_only_the_configuration_knows_is_deleted_everywhere(pair: Pair) -> None:
    await pair.here.agents.delete(CONFIGURED)
    await pair.until(lambda: pair.status_there(CONFIGURED) is None)


async def test_changes_are_of_what_is_there_by_now(pair: Pair) -> None:
    """However late the other server hears of it."""
    clara = await pair.here.agents.create(CLARA, kind="echo")
    with pytest.raises(AlreadyExists):
        await pair.there.agents.create(CLARA, kind="echo")
    await pair.there.agents.update(clara.id, {"system": "You are Clara."})
    await pair.here.agents.update(clara.id, {"bio": "Kinder."})
    await pair.there.agents.start(clara.id)
    running = pair.there.agents.running(clara.id).definition.character
    assert (running.system, running.bio) == ("You are Clara.", ("Kinder.",))
    await pair.here.agents.delete(clara.id)
    with pytest.raises(AgentNotFound):
        await pair.there.agents.stop(clara.id)
