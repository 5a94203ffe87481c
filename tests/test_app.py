"""Three ways to run it: the services alone, mounted on another application, as an application of its own."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web

from agent_sessions import SERVICES, Draft, Server, Settings, create_app, setup
from agent_sessions.app import check
from agent_sessions.config import (
    AgentEntry,
    AgentMemory,
    Auth,
    Database,
    Extraction,
    Memory,
    ProjectEntry,
    RateLimit,
    Replies,
    Sessions,
)
from agent_sessions.config import Server as Listening
from agent_sessions.domain.errors import ConfigError, SessionBusy, SessionExpired, StoreInUse
from agent_sessions.domain.log import Message, ReplyMissing, Silence
from agent_sessions.domain.memory import ProcessingResult, Role
from agent_sessions.domain.recalled import Recalled, RecalledKind
from agent_sessions.ports import Owner
from agent_sessions.testing import FakeClock
from agent_sessions.testing.agents import ScriptedAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from agent_sessions import Services, Session
    from agent_sessions.domain.recalled import Question
    from agent_sessions.ports import ConversationToRemember

USER = "11111111-1111-4111-8111-111111111111"
SESSIONS = "/api/messaging/sessions"
ECHO = AgentEntry(name="Echo", kind="echo", options={"prefix": ""})


def configured(folder: Path, **sections: Any) -> Settings:
    given: dict[str, Any] = {"database": Database(url=f"sqlite:///{folder}/sessions.db"), "agents": (ECHO,), **sections}
    return Settings(**given)


async def begin(services: Services) -> Session:
    return await services.sessions.create(agent_id=services.agents.all()[0].id, user_id=USER)


async def said(services: Services, session: Session, text: str) -> str:
    """What the agent replies to this."""
    outcome = await (await services.conversation.send(session.id, Draft(text))).turn.outcome()
    assert isinstance(outcome.fact, Message)
    return outcome.fact.text


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


# ------------------------------------------------------------------------------------------------------ without HTTP


async def test_the_services_work_without_http(tmp_path: Path) -> None:
    async with Server(configured(tmp_path)) as services:
        session = await begin(services)
        exchange = await services.conversation.send(session.id, Draft("one two"))
        assert "".join([chunk.text async for chunk in exchange.turn.chunks()]) == "one two"
        history = await services.sessions.history(session.id, limit=10)
        assert [entry.fact.text for entry in history.entries if isinstance(entry.fact, Message)] == ["one two"] * 2


async def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    async with Server(settings) as services:
        session = await begin(services)
        await said(services, session, "remember me")
        before = await services.sessions.get(session.id)
    async with Server(settings) as services:
        assert await services.sessions.get(session.id) == before
        assert len((await services.sessions.history(session.id, limit=10)).entries) == 2


async def test_without_settings_a_server_has_an_agent_to_talk_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with Server(Settings()) as services:
        assert await said(services, await begin(services), "Hello, my name is Ada")
    assert (tmp_path / "data" / "agent-sessions.db").exists()


async def test_two_servers_on_one_file_are_refused_while_the_first_runs(tmp_path: Path) -> None:
    async with Server(configured(tmp_path)):
        with pytest.raises(StoreInUse):
            await Server(configured(tmp_path)).open()
    async with Server(configured(tmp_path)) as services:
        await begin(services)


async def test_an_opening_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    broken = configured(tmp_path, agents=(ECHO, AgentEntry(name="Other", kind="none-such")))
    with pytest.raises(ConfigError, match=r"none-such.*installed: .*echo"):
        await Server(broken).open()
    assert asyncio.all_tasks() == before
    async with Server(configured(tmp_path)) as services:
        assert [agent.character.name for agent in services.agents.all()] == ["Echo"]


async def test_nothing_runs_any_more_after_closing(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    agent = ScriptedAgent()
    settings = configured(
        tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), server=Listening(shutdown_seconds=1)
    )
    async with Server(settings, agent_kinds={"actor": agent.create}) as services:
        agent.will_hang()
        exchange = await services.conversation.send((await begin(services)).id, Draft("wait"))
        await agent.asked()
    fact = (await exchange.turn.outcome()).fact
    assert isinstance(fact, ReplyMissing)
    assert fact.why is Silence.INTERRUPTED
    assert agent.closed
    assert asyncio.all_tasks() == before


async def test_committed_facts_reach_the_bus(tmp_path: Path) -> None:
    async with Server(configured(tmp_path)) as services:
        session = await begin(services)
        async with services.bus.subscribe(session.id) as events:
            await said(services, session, "hello")
            seen = aiter(events)
            kinds = [type(await anext(seen)).__name__ for _ in range(3)]
    assert sorted(kinds) == ["LogEntry", "LogEntry", "ReplyChunk"]


# -------------------------------------------------------------------------------------------- what the settings change


async def test_timeouts_come_from_the_settings(tmp_path: Path) -> None:
    clock = FakeClock()
    sessions = Sessions(default_timeout_minutes=2, auto_renew=False, remember_expired_hours=1)
    async with Server(configured(tmp_path, sessions=sessions), clock=clock) as services:
        session = await begin(services)
        assert (session.expires_at - session.created_at).total_seconds() == 120
        assert not session.timeout.auto_renew
        await clock.advance(timedelta(minutes=3))
        with pytest.raises(SessionExpired):
            await services.sessions.get(session.id)


async def test_the_waiting_room_has_the_configured_size(tmp_path: Path) -> None:
    agent = ScriptedAgent()
    settings = configured(tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), replies=Replies(queue_limit=2))
    async with Server(settings, agent_kinds={"actor": agent.create}) as services:
        release = agent.will_hang()
        session = await begin(services)
        turns = [(await services.conversation.send(session.id, Draft(text))).turn for text in "ab"]
        with pytest.raises(SessionBusy):
            await services.conversation.send(session.id, Draft("c"))
        release.set()
        assert all([isinstance((await turn.outcome()).fact, Message) for turn in turns])


async def test_replies_have_the_configured_deadline(tmp_path: Path) -> None:
    agent, clock = ScriptedAgent(), FakeClock()
    settings = configured(
        tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), replies=Replies(deadline_seconds=7)
    )
    async with Server(settings, agent_kinds={"actor": agent.create}, clock=clock) as services:
        agent.will_hang()
        turn = (await services.conversation.send((await begin(services)).id, Draft("hi"))).turn
        await agent.asked()
        await clock.advance(timedelta(seconds=6.9))
        assert not turn.done
        await clock.advance(timedelta(seconds=0.2))
        fact = (await turn.outcome()).fact
        assert isinstance(fact, ReplyMissing)
        assert fact.why is Silence.TIMED_OUT


async def test_agents_are_given_the_configured_amount_of_history(tmp_path: Path) -> None:
    agent = ScriptedAgent()
    settings = configured(
        tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), replies=Replies(history_messages=3)
    )
    async with Server(settings, agent_kinds={"actor": agent.create}) as services:
        session = await begin(services)
        for text in "abc":
            await said(services, session, text)
        assert [message.text for message in agent.contexts[-1].history] == ["Yes.", "b", "Yes."]


async def test_the_key_the_payload_and_the_rate_are_as_configured(tmp_path: Path) -> None:
    settings = configured(
        tmp_path,
        auth=Auth(token="secret"),
        server=Listening(max_payload=2000, cors_origins=("https://a.example",)),
        rate_limit=RateLimit(enabled=True, requests=4),
    )
    async with listening(create_app(settings)) as url, ClientSession(url, headers={"X-API-KEY": "secret"}) as http:
        async with http.get("/api/messaging/sessions", headers={"Origin": "https://a.example"}) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
            assert answer.headers["RateLimit-Limit"] == "4"
        async with http.post(SESSIONS, json={"agentId": "x" * 3000}) as answer:
            assert answer.status == 413
        async with http.get(SESSIONS, headers={"X-API-KEY": "other"}) as answer:
            assert answer.status == 401
        statuses = []
        for _ in range(3):
            async with http.get(SESSIONS) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 200, 429]


async def test_this_machine_alone_is_not_limited_unless_told(tmp_path: Path) -> None:
    async with (
        listening(create_app(configured(tmp_path))) as url,
        ClientSession(url) as http,
        http.get(SESSIONS) as answer,
    ):
        assert "RateLimit-Limit" not in answer.headers


async def test_check_tells_every_agent_that_could_not_run(tmp_path: Path) -> None:
    agents = (
        ECHO,
        AgentEntry(name="One", kind="none-such"),
        AgentEntry(name="Two", kind="echo", options={"prefx": ""}),
    )
    with pytest.raises(ConfigError) as caught:
        await check(configured(tmp_path, agents=agents))
    assert "One" in str(caught.value)
    assert "prefx" in str(caught.value)
    with pytest.raises(ConfigError, match="sqlite:///"):
        await check(configured(tmp_path, database=Database(url="mysql://h/db")))
    await check(configured(tmp_path))
    assert not os.listdir(tmp_path)


# ------------------------------------------------------------------------------------------------- on an application


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello from the host")


async def test_mounted_below_a_prefix_it_leaves_the_other_routes_alone(tmp_path: Path) -> None:
    host = web.Application()
    host.router.add_get("/hello", hello)
    services = setup(host, configured(tmp_path, auth=Auth(token="secret")), prefix="/agents/")
    assert host[SERVICES] is services
    async with listening(host) as url, ClientSession(url) as http:
        async with http.get("/hello") as answer:
            assert await answer.text() == "hello from the host"
            assert set(answer.headers) == {"Content-Type", "Content-Length", "Date", "Server"}
        for missing in ("/nothing", SESSIONS):
            async with http.get(missing) as answer:
                assert answer.status == 404
                assert answer.content_type == "text/plain"
        async with http.get(f"/agents{SESSIONS}") as answer:
            assert answer.status == 401
        body = {"agentId": services.agents.all()[0].id, "userId": USER}
        async with http.post(f"/agents{SESSIONS}", json=body, headers={"X-API-KEY": "secret"}) as answer:
            assert answer.status == 201
            session_id = (await answer.json())["sessionId"]
        assert (await services.sessions.get(session_id)).user_id == USER


@pytest.mark.parametrize(("method", "path"), [("GET", "/sessions"), ("POST", "/"), ("DELETE", "/docs"), ("GET", "//")])
async def test_what_is_not_there_is_told_in_json(tmp_path: Path, method: str, path: str) -> None:
    async with (
        listening(create_app(configured(tmp_path))) as url,
        ClientSession() as http,
        http.request(method, url + path) as response,
    ):
        assert response.status == 404
        assert (await response.json())["error"]["message"] == "API endpoint not found"


async def test_it_can_be_a_subapplication(tmp_path: Path) -> None:
    host = web.Application()
    host.add_subapp("/sub", create_app(configured(tmp_path)))
    async with listening(host) as url, ClientSession(url) as http, http.get(f"/sub{SESSIONS}") as answer:
        assert answer.status == 200


async def test_two_of_them_live_beside_each_other(tmp_path: Path) -> None:
    host = web.Application()
    for name in ("one", "two"):
        host.add_subapp(f"/{name}", create_app(configured(tmp_path / name)))
    async with (
        listening(host) as url,
        ClientSession(url) as http,
        http.get(f"/one{SESSIONS}") as first,
        http.get(f"/two{SESSIONS}") as second,
    ):
        assert (first.status, second.status) == (200, 200)


async def test_open_streams_end_when_the_application_stops(tmp_path: Path) -> None:
    agent = ScriptedAgent()
    app = web.Application()
    settings = configured(
        tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), server=Listening(shutdown_seconds=1)
    )
    services = setup(app, settings, agent_kinds={"actor": agent.create})
    async with ClientSession() as http:
        async with listening(app) as url:
            agent.will_hang()
            session = await begin(services)
            stream = await http.post(
                f"{url}{SESSIONS}/{session.id}/messages", json={"content": "a", "transport": "sse"}
            )
            await agent.asked()
        async with asyncio.timeout(5):
            events = [line for line in (await stream.text()).splitlines() if line.startswith("event: ")]
    assert events[-1] in {"event: error", "event: done"}
    reopened = Server(settings, agent_kinds={"actor": agent.create})
    async with reopened as services:
        (last,) = (await services.store.log(session.id, after=2, limit=10))[-1:]
        assert isinstance(last.fact, ReplyMissing)
        assert last.fact.why is Silence.INTERRUPTED


async def test_the_answers_are_json_whatever_goes_wrong(tmp_path: Path) -> None:
    async with (
        listening(create_app(configured(tmp_path))) as url,
        ClientSession(url) as http,
        http.get("/api/none/such") as answer,
    ):
        assert answer.status == 404
        assert json.loads(await answer.text())["success"] is False


# -------------------------------------------------------------------------------------------------------------- memory


class Diary:
    """A memory backend of the embedding program's own: notes what it is asked to do."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.forgot: list[Owner] = []
        self.closed = 0

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        self.said += [utterance.text for utterance in conversation.utterances if utterance.role is Role.USER]
        return ProcessingResult(conversation.session_id)

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        now = question.now
        return [
            Recalled(
                id=text, kind=RecalledKind.MEMORY, text=text, session_id="s", start=now, end=now, score=1, similarity=1
            )
            for text in self.said
        ]

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        self.forgot.append(owner)

    async def health(self) -> None:
        """Always works."""

    async def close(self) -> None:
        self.closed += 1


async def test_a_program_can_bring_a_memory_of_its_own(tmp_path: Path) -> None:
    diary, agent, clock = Diary(), ScriptedAgent(), FakeClock()
    settings = configured(
        tmp_path, agents=(AgentEntry(name="Actor", kind="actor"),), memory=Memory(backend="diary", options={"a": 1})
    )
    given: list[Mapping[str, Any]] = []

    def create(options: Mapping[str, Any]) -> Diary:
        given.append(options)
        return diary

    kinds = {"agent_kinds": {"actor": agent.create}, "memory_backends": {"diary": create}}
    async with Server(settings, clock=clock, **kinds) as services:  # type: ignore[arg-type]
        agent.will_say("I see.")
        session = await begin(services)
        await said(services, session, "I live in Rome")
        await clock.advance(timedelta(hours=1))
        assert diary.said == ["I live in Rome"]
        agent.will_say("I see.")
        await said(services, await begin(services), "Where do I live?")
        assert [text for context in agent.contexts for text in context.memories] == ["[2026-01-01] I live in Rome"]
        await services.users.erase(Owner("default", USER))
        assert set(diary.forgot) == {Owner("default", USER)}
    assert (given, diary.closed) == ([{"a": 1}], 1)


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"memory": Memory(backend="diry")}, "memory.backend: no plugin named 'diry' for agent_sessions.memory"),
        ({"memory": Memory(options={"a": 1})}, "memory.options: the backend local has none"),
        (
            {"agents": (AgentEntry(name="A", kind="echo", memory=AgentMemory(backend="none", options={"a": 1})),)},
            "agent 'A': memory.backend: memory backend none: unknown option a",
        ),
        ({"extraction": Extraction(model="m", api_key_env="NO_SUCH_KEY")}, "extraction.api_key_env: the environment"),
        ({"projects": (ProjectEntry(id="shop"),)}, "projects: 'shop' has no keys"),
        ({"projects": (ProjectEntry(id="shop", keys_env=("NO_SUCH_KEY",)),)}, "projects: 'shop': the environment has"),
    ],
)
async def test_mistakes_about_memory_are_told_by_the_check(tmp_path: Path, sections: Any, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await check(configured(tmp_path, **sections))
    assert str(caught.value).startswith(told)


async def test_agents_may_differ_in_when_conversations_become_memories(tmp_path: Path) -> None:
    agents = (
        ECHO,
        AgentEntry(name="Quick", kind="echo", memory=AgentMemory(auto_process_minutes=1)),
        AgentEntry(name="Never", kind="echo", memory=AgentMemory(backend="none")),
    )
    async with Server(configured(tmp_path, agents=agents, memory=Memory(auto_process_minutes=7))) as services:
        quiet = {}
        for agent in services.agents.all():
            session = await services.sessions.create(agent_id=agent.id, user_id=USER)
            quiet[agent.character.name] = session.processing.quiet
    assert quiet == {"Echo": timedelta(minutes=7), "Quick": timedelta(minutes=1), "Never": None}
