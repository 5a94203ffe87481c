"""What was erased is shown nowhere again, by no server, though all of them had it in memory."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions import Draft, Server, Settings
from agent_sessions.config import AgentEntry, Database
from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.context_request import ContextRequest, Strategy
from agent_sessions.domain.errors import AgentSessionsError, NotFound
from agent_sessions.domain.log import Message
from agent_sessions.ports import Owner

from .stage import Actor, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from pathlib import Path

    from agent_sessions import Services
    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.session import Session
    from agent_sessions.testing import FakeClock

    Erase = Callable[[Services, Session], Awaitable[None]]

SECRET, QUESTION = "The key is under the mat", "Where is the key?"
ANNA = Owner("default", "11111111-1111-4111-8111-111111111111")


class Servers:
    """Servers on one database, each with an agent that tells what it was given."""

    def __init__(self, url: str, clock: FakeClock, *, count: int) -> None:
        settings = Settings(database=Database(url=url), agents=(AgentEntry(name="Ada", kind="telltale"),))
        kinds: dict[str, Any] = {"telltale": lambda character, options: Actor(self._reply)}
        self._servers = [Server(settings, agent_kinds=kinds, clock=clock) for _ in range(count)]
        self._opened = AsyncExitStack()
        self.clock = clock
        self.services: Sequence[Services] = ()

    async def __aenter__(self) -> Servers:
        self.services = [await self._opened.enter_async_context(server) for server in self._servers]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._opened.aclose()

    async def _reply(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield ReplyPart(text=f"given: {[said.text for said in context.history]}, {context.memories}")

    async def session(self) -> Session:
        agent = self.services[0].agents.all()[0]
        return await self.services[0].sessions.create(agent_id=agent.id, user_id=ANNA.user_id)

    async def say(self, services: Services, session: Session, text: str) -> str:
        """Say it; returns what the agent says to it."""
        await self.clock.advance(timedelta(seconds=1))
        exchange = await services.conversation.send(session.id, Draft(text))
        end = await soon(exchange.turn.outcome())
        assert isinstance(end.fact, Message)
        return end.fact.text

    async def shown(self, session: Session) -> list[str]:
        """What each server shows of the session, all ways of asking together."""
        return [" ".join([text async for text in _shown(services, session)]) for services in self.services]


async def _shown(services: Services, session: Session) -> AsyncGenerator[str, None]:
    request = ContextRequest(strategy=Strategy.BALANCED, memories_threshold=0.0, summaries_threshold=0.0)
    for asked in (
        services.sessions.history(session.id, limit=50),
        services.channels.history(session.id, limit=50),
        services.channels.history(session.channel_id, limit=50),
    ):
        with suppress(NotFound):
            yield str([entry.fact for entry in (await asked).entries])
    with suppress(NotFound):
        yield str(await services.contexts.context(ANNA, session.id, request))


async def delete_message(services: Services, session: Session) -> None:
    page = await services.channels.history(session.id, limit=50)
    for entry in page.entries:
        if isinstance(entry.fact, Message) and SECRET in entry.fact.text:
            await services.channels.delete_message(session.id, entry.fact.id)


async def clear_channel(services: Services, session: Session) -> None:
    await services.channels.clear(session.channel_id)


async def delete_channel(services: Services, session: Session) -> None:
    await services.channels.delete(session.channel_id)


async def forget_session(services: Services, session: Session) -> None:
    await services.sessions.end(session.id, forget=True)


async def remove_session(services: Services, session: Session) -> None:
    await services.memory_sessions.remove(ANNA, session.id)


async def erase_user(services: Services, _session: Session) -> None:
    await services.users.erase(ANNA)


ERASURES = [delete_message, clear_channel, delete_channel, forget_session, remove_session, erase_user]


async def erased_for_good(servers: Servers, erase: Erase) -> None:
    """Erase at the last server what all of them showed."""
    session = await servers.session()
    here, there = servers.services[0], servers.services[-1]
    await servers.say(here, session, SECRET)
    await servers.say(there, session, QUESTION)
    assert all(SECRET in shown for shown in await servers.shown(session))
    await erase(there, session)
    assert not any(SECRET in shown for shown in await servers.shown(session))
    with suppress(AgentSessionsError):  # the session may be gone, too
        assert SECRET not in await servers.say(here, session, QUESTION)
    assert not any(SECRET in shown for shown in await servers.shown(session))


@pytest.mark.parametrize("erase", ERASURES)
async def test_by_one_server(tmp_path: Path, clock: FakeClock, erase: Erase) -> None:
    async with Servers(f"sqlite:///{tmp_path}/sessions.db", clock, count=1) as servers:
        await erased_for_good(servers, erase)


@pytest.mark.parametrize("erase", ERASURES)
async def test_by_the_other_server(clock: FakeClock, postgres_url: str, erase: Erase) -> None:
    async with Servers(postgres_url, clock, count=2) as servers:
        await erased_for_good(servers, erase)


async def brought_in_as_it_was(servers: Servers) -> None:
    """Erase the user, bring in what was exported before the secret was told, and talk on until the log is as long."""
    session = await servers.session()
    here, there = servers.services[0], servers.services[-1]
    await servers.say(here, session, "Hello")
    lines = [f"{line}\n".encode() async for line in there.portability.export(ANNA)]
    await servers.say(here, session, SECRET)
    assert all(SECRET in shown for shown in await servers.shown(session))
    length = (await here.store.get(session.id)).last_seq
    await there.users.erase(ANNA)
    await there.portability.import_(lambda: lines)
    assert (await there.store.get(session.id)).last_seq < length
    for shown in await servers.shown(session):
        assert "Hello" in shown
        assert SECRET not in shown
    assert SECRET not in await servers.say(there, session, QUESTION)
    assert (await here.store.get(session.id)).last_seq == length
    for shown in await servers.shown(session):
        assert QUESTION in shown
        assert SECRET not in shown


async def test_by_one_server_that_brings_in_what_was_before(tmp_path: Path, clock: FakeClock) -> None:
    async with Servers(f"sqlite:///{tmp_path}/sessions.db", clock, count=1) as servers:
        await brought_in_as_it_was(servers)


async def test_by_the_other_server_that_brings_in_what_was_before(clock: FakeClock, postgres_url: str) -> None:
    async with Servers(postgres_url, clock, count=2) as servers:
        await brought_in_as_it_was(servers)
