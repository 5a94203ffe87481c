"""What is told to an agent on Monday is known to one on Friday; and a program made for RecallrAI sees the same."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest
from aiohttp import ClientSession, web
from recallrai import RecallrAI  # type: ignore[import-untyped]
from recallrai.exceptions import UserNotFoundError  # type: ignore[import-untyped]
from recallrai.models import MessageRole  # type: ignore[import-untyped]

from agent_sessions import SERVICES, ReplyPart, Settings, create_app
from agent_sessions.config import AgentEntry, AgentMemory, Auth, Database, Memory, ProjectEntry
from agent_sessions.domain.log import Message
from agent_sessions.domain.session import MemoryStatus
from agent_sessions.ports import Owner
from agent_sessions.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from pathlib import Path

    from agent_sessions import Character, Context, Services

USER = "11111111-1111-4111-8111-111111111111"
ANNA = Owner("default", USER)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
SESSIONS = "/api/messaging/sessions"
COMPANION, LISTENER, FORGETFUL = (
    AgentEntry(name="Companion", kind="companion"),
    AgentEntry(name="Listener", kind="listening"),
    AgentEntry(name="Forgetful", kind="listening", memory=AgentMemory(backend="none")),
)


class Listening:
    """An agent that keeps every context it is given."""

    def __init__(self, contexts: list[Context]) -> None:
        self._contexts = contexts

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        self._contexts.append(context)
        yield ReplyPart(text="I see.")

    async def close(self) -> None:
        """Nothing is held."""


class House:
    """A server that listens, its clock, and what its listening agents were given."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        self.clock = FakeClock(MONDAY)
        self.contexts: list[Context] = []
        agents = (COMPANION, LISTENER, FORGETFUL)
        settings = Settings(database=Database(url=f"sqlite:///{folder}/x.db"), agents=agents, **sections)
        kinds = {"listening": self._listening}
        self._app = create_app(settings, agent_kinds=kinds, clock=self.clock)
        self.url = ""

    def _listening(self, _character: Character, _options: Mapping[str, Any]) -> Listening:
        return Listening(self.contexts)

    @property
    def services(self) -> Services:
        return self._app[SERVICES]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[House]:
        runner = web.AppRunner(self._app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with ClientSession(self.url) as self._http:
                yield self
        finally:
            await runner.cleanup()

    async def begin(self, agent: str, *, user: str = USER) -> str:
        """A new session over the elizaOS wire."""
        agents = {each.character.name: each.id for each in self.services.agents.all()}
        body = {"agentId": agents[agent], "userId": user, "timeoutConfig": {"timeoutMinutes": 5}}
        async with self._http.post(SESSIONS, json=body) as answer:
            session_id: str = (await answer.json())["sessionId"]
            return session_id

    async def say(self, session_id: str, text: str) -> str:
        body = {"content": text, "transport": "http"}
        async with self._http.post(f"{SESSIONS}/{session_id}/messages", json=body) as answer:
            replied: str = (await answer.json())["agentResponse"]["text"]
            return replied

    async def delete(self, session_id: str, query: str = "") -> int:
        async with self._http.delete(f"{SESSIONS}/{session_id}{query}") as answer:
            return answer.status

    async def until(self, instant: datetime) -> None:
        """Time passes, and all that is due by then is done."""
        await self.clock.advance_to(instant)
        async with asyncio.timeout(20):
            while (await self.services.store.sessions_of(ANNA, limit=1, statuses=[MemoryStatus.PROCESSING])).total:
                await self.clock.settle()

    async def ask_sdk(self, question: Callable[[RecallrAI], Any], *, key: str = "rai_any", project: str = "p") -> Any:
        """What a program made for RecallrAI is answered."""
        client = RecallrAI(api_key=key, project_id=project, base_url=self.url)
        try:
            return await asyncio.to_thread(question, client)
        finally:
            client._http.client.close()


@asynccontextmanager
async def house(folder: Path, **sections: Any) -> AsyncIterator[House]:
    async with House(folder, **sections).open() as opened:
        yield opened


def known(client: RecallrAI) -> list[str]:
    return sorted(memory.content for memory in client.get_user(USER).list_memories().items)


async def test_what_was_told_on_monday_is_known_on_friday(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        monday = await home.begin("Companion")
        await home.say(monday, "I moved to Berlin last week.")
        await home.say(monday, "My sister Anna is getting married on December 5th.")
        await home.until(MONDAY + timedelta(minutes=6))
        assert (await home.services.store.get(monday)).state == "expired"

        await home.until(MONDAY + timedelta(days=4))
        friday = await home.begin("Listener")
        await home.say(friday, "When is my sister's wedding?")
        (context,) = home.contexts
        told = next(each for each in context.recalled if "December 5th" in each.text and each.sources)
        assert "Anna is getting married" in told.text
        assert told.session_id == monday
        said = await home.services.store.messages_at(ANNA, [(monday, seq) for seq in range(1, 20)])
        (source,) = told.sources
        assert source in {entry.fact.id for entry in said if isinstance(entry.fact, Message)}
        assert f"[{told.start:%Y-%m-%d}] {told.text}" in context.memories
        assert await home.ask_sdk(known) == [
            "User moved to Berlin",
            "User's sister Anna is getting married on December 5th",
        ]


async def test_a_program_made_for_recallrai_sees_the_same_user_session_and_memories(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        session_id = await home.begin("Companion")
        await home.say(session_id, "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(minutes=6))

        def look(client: RecallrAI) -> None:
            user = client.get_user(USER)
            (session,) = user.list_sessions().sessions
            assert (session.session_id, session.status.value) == (session_id, "processed")
            (memory,) = user.list_memories().items
            assert (memory.content, memory.session_id) == ("User moved to Berlin", session_id)
            assert memory.event_date_start == datetime(2026, 11, 9, tzinfo=UTC)
            assert session.get_messages(0, 50).messages[0].content == "I moved to Berlin last week."

        await home.ask_sdk(look)


async def test_the_companion_answers_from_what_it_was_told_in_an_earlier_session(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.say(await home.begin("Companion"), "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(days=4))
        told = await home.say(await home.begin("Companion"), "Where do I live?")
        assert told == "From an earlier session I know that you moved to Berlin."
        told = await home.say(await home.begin("Companion"), "When did I move to Berlin?")
        assert told == "From an earlier session I know that you moved to Berlin (9 to 15 November 2026)."


async def test_what_such_a_program_tells_the_agents_know(tmp_path: Path) -> None:
    async with house(tmp_path) as home:

        def tell(client: RecallrAI) -> None:
            session = client.create_user(USER).create_session(auto_process_after_seconds=600)
            session.add_message(role=MessageRole.USER, content="I'm allergic to peanuts.")
            session.process()

        await home.ask_sdk(tell)
        await home.until(MONDAY + timedelta(minutes=1))
        await home.say(await home.begin("Listener"), "What am I allergic to?")
        assert any("allergic to peanuts" in text for text in home.contexts[0].memories)


async def test_an_agent_without_memory_is_given_none_and_leaves_none(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        session_id = await home.begin("Forgetful")
        await home.say(session_id, "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(hours=1))
        assert await home.ask_sdk(known) == []
        await home.say(await home.begin("Forgetful"), "Where do I live?")
        assert [context.memories for context in home.contexts] == [(), ()]


async def test_another_user_is_told_nothing_of_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.say(await home.begin("Companion"), "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(hours=1))
        await home.say(
            await home.begin("Listener", user="22222222-2222-4222-8222-222222222222"), "Who moved to Berlin?"
        )
        assert home.contexts[0].memories == ()


@pytest.mark.parametrize(
    ("setting", "query", "kept"),
    [("keep", "", True), ("keep", "?memory=forget", False), ("forget", "", False), ("forget", "?memory=keep", True)],
)
async def test_a_session_that_is_deleted_is_remembered_unless_it_shall_be_forgotten(
    setting: Literal["keep", "forget"], query: str, kept: bool, tmp_path: Path
) -> None:
    async with house(tmp_path, memory=Memory(on_delete=setting)) as home:
        session_id = await home.begin("Companion")
        await home.say(session_id, "I moved to Berlin last week.")
        assert await home.delete(session_id, query) == 200
        await home.until(MONDAY + timedelta(minutes=1))
        assert await home.ask_sdk(known) == (["User moved to Berlin"] if kept else [])
        sessions = (await home.services.memory_sessions.list(ANNA, limit=10)).total
        assert sessions == (1 if kept else 0)
        assert await home.delete(session_id) == 404


async def test_what_to_forget_must_be_said_in_a_word_that_is_known(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        session_id = await home.begin("Companion")
        assert await home.delete(session_id, "?memory=burn") == 400
        assert await home.delete(session_id) == 200


async def test_a_quiet_conversation_is_remembered_while_it_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path, memory=Memory(auto_process_minutes=2)) as home:
        session_id = await home.begin("Companion")
        await home.say(session_id, "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(minutes=3))
        assert (await home.services.store.get(session_id)).state == "active"
        assert await home.ask_sdk(known) == ["User moved to Berlin"]
        await home.say(session_id, "I'm allergic to peanuts.")
        await home.until(MONDAY + timedelta(minutes=9))
        assert await home.ask_sdk(known) == ["User is allergic to peanuts", "User moved to Berlin"]


async def test_an_erased_user_is_gone_everywhere(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.say(await home.begin("Listener"), "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(hours=1))
        await home.ask_sdk(lambda client: client.get_user(USER).delete())
        with pytest.raises(UserNotFoundError):
            await home.ask_sdk(known)
        await home.say(await home.begin("Listener"), "Where did I move to?")
        assert home.contexts[-1].memories == ()


async def test_a_project_of_its_own_has_its_own_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "rai_shop")
    projects = (
        ProjectEntry(id="shop", keys_env=("SHOP_KEY",), categories=("orders",)),
        ProjectEntry(id="default", keys=("rai_all",)),
    )
    async with house(tmp_path, projects=projects, auth=Auth(token=None)) as home:
        await home.say(await home.begin("Companion"), "I moved to Berlin last week.")
        await home.until(MONDAY + timedelta(hours=1))
        with pytest.raises(UserNotFoundError):
            await home.ask_sdk(known, key="rai_shop", project="shop")
        assert await home.ask_sdk(known, key="rai_all", project="default") == ["User moved to Berlin"]
