"""Following a session: every row once and in order, every piece of a reply once, wherever a reader left off."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent_sessions.app import Server
from agent_sessions.config import AgentEntry, Database, Settings
from agent_sessions.domain.agent import string_to_uuid
from agent_sessions.domain.errors import InvalidInput, SessionExpired, SessionNotFound
from agent_sessions.domain.log import Author, LogEntry, Message
from agent_sessions.domain.timeouts import TimeoutOverrides
from agent_sessions.services.conversation import Draft
from agent_sessions.services.following import Cursor
from agent_sessions.testing.agents import ScriptedAgent

from .stage import soon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.services import Services
    from agent_sessions.services.following import Followed
    from agent_sessions.testing import FakeClock

USER = "11111111-1111-4111-8111-111111111111"
ACTOR = string_to_uuid("Actor")


@asynccontextmanager
async def a_server(folder: Path, clock: FakeClock, agent: ScriptedAgent) -> AsyncIterator[Services]:
    settings = Settings(
        database=Database(url=f"sqlite:///{folder}/sessions.db"), agents=(AgentEntry(name="Actor", kind="actor"),)
    )
    async with Server(settings, agent_kinds={"actor": agent.create}, clock=clock) as services:
        yield services


@pytest.fixture
def actor() -> ScriptedAgent:
    return ScriptedAgent()


@pytest.fixture
async def services(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> AsyncIterator[Services]:
    async with a_server(tmp_path, clock, actor) as running:
        yield running


@pytest.fixture
async def session(services: Services) -> Session:
    return await services.sessions.create(agent_id=ACTOR, user_id=USER)


def short(event: Followed) -> str:
    """An event in a word or two."""
    if not isinstance(event, LogEntry):
        return f"{event.index}:{event.text}"
    fact = event.fact
    return f"{fact.author}: {fact.text}" if isinstance(fact, Message) else type(fact).__name__


class Reader:
    """Somebody who follows a session, leaves, and comes back with the cursor as text."""

    def __init__(self, services: Services, session: Session, cursor: str | None = None) -> None:
        self._services = services
        self._session_id = session.id
        self.cursor = cursor
        self.got: list[str] = []

    async def read(self, until: str) -> list[str]:
        """Follow until this event has come; returns what came this time."""
        came: list[str] = []
        after = None if self.cursor is None else Cursor.parse(self.cursor)
        async with aclosing(self._services.following.events(self._session_id, after=after)) as events:
            while until not in came:
                event = await soon(anext(events))
                self.cursor = str(Cursor.parse(self.cursor or "0").past(event))
                came.append(short(event))
        self.got += came
        return came

    async def read_to_the_end(self) -> list[str]:
        """Follow until no more can come."""
        after = None if self.cursor is None else Cursor.parse(self.cursor)
        self.got += [short(event) async for event in self._services.following.events(self._session_id, after=after)]
        return self.got


async def test_a_reader_gets_what_was_and_then_what_happens(
    services: Services, session: Session, actor: ScriptedAgent
) -> None:
    told = actor.will_hang("one ", "two")
    await services.conversation.send(session.id, Draft("count"))
    reader = Reader(services, session)
    reading = asyncio.create_task(reader.read("agent: one two"))
    await actor.asked()
    told.set()
    assert await soon(reading) == ["Created", "user: count", "0:one ", "1:two", "agent: one two"]


async def test_who_left_in_the_middle_of_a_reply_gets_exactly_the_rest(
    services: Services, session: Session, actor: ScriptedAgent
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    actor.will_say("a", "b", first, "c", "d", second, "e")
    await services.conversation.send(session.id, Draft("spell"))
    early, late = Reader(services, session), Reader(services, session)
    assert await early.read("1:b") == ["Created", "user: spell", "0:a", "1:b"]
    first.set()
    assert await early.read("2:c") == ["2:c"]
    assert await late.read("3:d") == ["Created", "user: spell", "0:a", "1:b", "2:c", "3:d"]
    second.set()
    assert await early.read("agent: abcde") in (["3:d", "4:e", "agent: abcde"], ["agent: abcde"])
    assert await late.read("agent: abcde") in (["4:e", "agent: abcde"], ["agent: abcde"])


async def test_a_finished_reply_is_told_whole(services: Services, session: Session, actor: ScriptedAgent) -> None:
    pause = asyncio.Event()
    actor.will_say("a", pause, "b")
    exchange = await services.conversation.send(session.id, Draft("spell"))
    reader = Reader(services, session)
    await reader.read("0:a")
    pause.set()
    await soon(exchange.turn.outcome())
    assert await reader.read("agent: ab") == ["agent: ab"]


async def test_rows_between_the_pieces_do_not_disturb_them(
    services: Services, session: Session, actor: ScriptedAgent
) -> None:
    pause, other = asyncio.Event(), asyncio.Event()
    actor.will_say("a", pause, "b", other)
    actor.will_say("x", "y")
    await services.conversation.send(session.id, Draft("first"))
    reader = Reader(services, session)
    await reader.read("0:a")
    await services.conversation.send(session.id, Draft("second"))
    assert await reader.read("user: second") == ["user: second"]
    assert reader.cursor is not None
    assert reader.cursor.startswith("3.1.")
    pause.set()
    assert await reader.read("1:b") == ["1:b"]
    other.set()
    assert await reader.read("agent: xy") == ["agent: ab", "0:x", "1:y", "agent: xy"]
    assert reader.cursor == "5"


async def test_the_pieces_of_one_reply_do_not_count_for_the_next(
    services: Services, session: Session, actor: ScriptedAgent
) -> None:
    pause, other = asyncio.Event(), asyncio.Event()
    actor.will_say("a", "b", pause)
    actor.will_say("x", "y", other)
    one = await services.conversation.send(session.id, Draft("first"))
    await services.conversation.send(session.id, Draft("second"))
    reader = Reader(services, session)
    await reader.read("1:b")
    pause.set()
    await soon(one.turn.outcome())
    assert await reader.read("1:y") == ["agent: ab", "0:x", "1:y"]
    other.set()


async def test_a_reader_that_fell_behind_is_read_for(
    services: Services, session: Session, actor: ScriptedAgent
) -> None:
    many = [f"{number} " for number in range(3000)]
    actor.will_say(*many)
    async with aclosing(services.following.events(session.id)) as events:
        assert short(await soon(anext(events))) == "Created"
        exchange = await services.conversation.send(session.id, Draft("count"))
        assert short(await soon(anext(events))) == "user: count"
        await soon(exchange.turn.outcome())
        for _ in range(3):
            await (await services.conversation.send(session.id, Draft("more"))).turn.outcome()
        rows: list[int] = []
        while len(rows) < 7:
            event = await soon(anext(events))
            rows += [event.seq] if isinstance(event, LogEntry) else []
    assert rows == [3, 4, 5, 6, 7, 8, 9]


async def test_it_ends_with_the_session(
    services: Services, session: Session, clock: FakeClock, actor: ScriptedAgent
) -> None:
    reader = Reader(services, session)
    reading = asyncio.create_task(reader.read_to_the_end())
    await clock.settle()
    await clock.advance(timedelta(minutes=30))
    assert await soon(reading) == ["Created", "Warned", "Expired"]


async def test_a_reply_due_at_the_end_is_still_told(services: Services, clock: FakeClock, actor: ScriptedAgent) -> None:
    five = TimeoutOverrides(timeout=timedelta(minutes=5), auto_renew=False)
    session = await services.sessions.create(agent_id=ACTOR, user_id=USER, timeouts=five)
    await clock.advance(timedelta(minutes=4))
    told = actor.will_hang("late")
    await services.conversation.send(session.id, Draft("first"))
    reader = Reader(services, session)
    reading = asyncio.create_task(reader.read_to_the_end())
    await actor.asked()
    await clock.advance(timedelta(minutes=1))
    told.set()
    told_of = [event for event in await soon(reading) if not event.startswith("Process")]
    assert told_of == ["Created", "Warned", "user: first", "Expired", "0:late", "agent: late"]


async def test_who_comes_back_after_the_end_gets_the_rest_once(
    services: Services, session: Session, clock: FakeClock
) -> None:
    reader = Reader(services, session)
    await reader.read("Created")
    await clock.advance(timedelta(minutes=30))
    assert await reader.read_to_the_end() == ["Created", "Warned", "Expired"]
    with pytest.raises(SessionExpired):
        await services.following.check(session.id, Cursor(3))
    with pytest.raises(SessionExpired):
        await services.following.check(session.id)


async def test_a_deleted_session_ends_for_readers_and_cannot_be_followed(services: Services, session: Session) -> None:
    async with aclosing(services.following.events(session.id)) as events:
        await anext(events)
        await services.sessions.end(session.id, forget=True)
        assert [short(event) async for event in events] in (["Ended"], [])
    with pytest.raises(SessionNotFound):
        await services.following.check(session.id, Cursor(1))


async def test_from_now_on(services: Services, session: Session, actor: ScriptedAgent) -> None:
    pause = asyncio.Event()
    actor.will_say("a", pause, "b")
    await services.conversation.send(session.id, Draft("spell"))
    await Reader(services, session).read("0:a")
    reader = Reader(services, session, str(await services.following.now(session.id)))
    pause.set()
    assert await reader.read("agent: ab") in (["1:b", "agent: ab"], ["agent: ab"])


@pytest.mark.parametrize("text", ["", "x", "-1", "1.", "1.2", "1.2.", "1.2.abc/", "1 ", "1.2.0123456789", "9" * 30])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="after"):
        Cursor.parse(text)


async def test_a_cursor_beyond_the_log_is_refused(services: Services, session: Session) -> None:
    with pytest.raises(InvalidInput, match="after"):
        await services.following.check(session.id, Cursor(2))


async def test_a_reader_across_a_restart_lacks_nothing(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    never = asyncio.Event()
    actor.will_say("half", never)
    async with a_server(tmp_path, clock, actor) as before:
        session = await before.sessions.create(agent_id=ACTOR, user_id=USER)
        await before.conversation.send(session.id, Draft("first"))
        reader = Reader(before, session)
        await reader.read("0:half")
    async with a_server(tmp_path, clock, actor) as after:
        again = Reader(after, session, reader.cursor)
        await (await after.conversation.send(session.id, Draft("second"))).turn.outcome()
        assert await again.read("agent: Yes.") == ["ReplyMissing", "user: second", "agent: Yes."]


def test_a_message_by_an_agent_unasked_does_not_finish_a_reply() -> None:
    message = Message(id="other", author=Author.AGENT, author_id=ACTOR, text="By the way")
    row = LogEntry("s", 6, datetime(2026, 3, 2, tzinfo=UTC), message)
    assert str(Cursor.parse("5.2.abcdefgh").past(row)) == "6.2.abcdefgh"
