"""A real server on a real port, with a real SQLite file, an agent that says what a test tells it, and a clock moved by
hand."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, ClientTimeout, web

from agent_sessions.api.eliza.options import ElizaOptions
from agent_sessions.api.eliza.routes import register
from agent_sessions.app import Server
from agent_sessions.config import AgentEntry, Database, Settings
from agent_sessions.domain.agent import string_to_uuid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from aiohttp import ClientResponse

    from agent_sessions.ports import Clock
    from agent_sessions.services import Services
    from agent_sessions.testing.agents import ScriptedAgent

SESSIONS = "/api/messaging/sessions"
ECHO = string_to_uuid("echo-agent")
ECHO_TWO = string_to_uuid("echo-agent-two")
ACTOR = string_to_uuid("Actor")
USER = "11111111-1111-4111-8111-111111111111"
UNKNOWN = "deadbeef-0000-4000-8000-00000000dead"
PATIENCE = ClientTimeout(total=20)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> Any:
        """The code inside a nested error."""
        return self.json["error"]["code"]

    @property
    def message(self) -> Any:
        """The message inside a nested error."""
        return self.json["error"]["message"]


class Api:
    """A client of one running server."""

    def __init__(self, runner: web.AppRunner, http: ClientSession, services: Services) -> None:
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.http = http
        self.services = services
        self._runner = runner

    async def stop(self) -> None:
        """Stop the server."""
        await self._runner.cleanup()

    async def ask(self, method: str, path: str, body: Any = ..., **options: Any) -> Reply:
        """One request; a body is sent as JSON, bytes as they are."""
        if isinstance(body, bytes):
            options["data"] = body
        elif body is not ...:
            options["json"] = body
        async with self.http.request(method, self.base + path, **options) as response:
            return await reply_of(response)

    async def create(self, agent_id: str = ECHO, **members: Any) -> Reply:
        """Begin a session."""
        return await self.ask("POST", SESSIONS, {"agentId": agent_id, "userId": USER, **members})

    async def session(self, agent_id: str = ECHO, **members: Any) -> str:
        """The path of a new session."""
        created = await self.create(agent_id, **members)
        assert created.status == 201, created.text
        return f"{SESSIONS}/{created.json['sessionId']}"

    async def say(self, session: str, content: Any = "hello", **members: Any) -> Reply:
        """Send a message; over http unless said otherwise."""
        return await self.ask("POST", f"{session}/messages", {"content": content, "transport": "http", **members})

    async def history(self, session: str, *, count: int) -> list[Any]:
        """The messages of a session, newest first, as soon as there are so many."""
        async with asyncio.timeout(PATIENCE.total):
            while True:
                found: list[Any] = (await self.ask("GET", f"{session}/messages")).json["messages"]
                if len(found) >= count:
                    return found

    def stream(self, session: str, content: str = "hello") -> Any:
        """Send a message over sse; an async context manager that gives the response."""
        body = {"content": content, "transport": "sse"}
        return self.http.post(f"{self.base}{session}/messages", json=body)


async def reply_of(response: ClientResponse) -> Reply:
    return Reply(response.status, response.headers, await response.text())


async def events_of(response: ClientResponse) -> list[tuple[str, Any]]:
    """Every event of a whole stream, comments apart."""
    blocks = (await response.text()).split("\n\n")
    assert blocks.pop() == ""
    return [event_in(block) for block in blocks if not block.startswith(":")]


async def next_block(response: ClientResponse) -> str:
    """The next event or comment of a stream that still runs."""
    async with asyncio.timeout(PATIENCE.total):
        return (await response.content.readuntil(b"\n\n")).decode().removesuffix("\n\n")


def event_in(block: str) -> tuple[str, Any]:
    """An event's name and its JSON."""
    *_, name, text = block.split("\n")
    assert name.startswith("event: ")
    assert text.startswith("data: ")
    return name.removeprefix("event: "), json.loads(text.removeprefix("data: "))


@asynccontextmanager
async def serving(
    folder: Path,
    clock: Clock,
    agent: ScriptedAgent,
    *,
    prefix: str = "",
    second_settings: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Api]:
    """Run a server with two echo agents and one actor; the api it offers."""
    configured = Settings(
        database=Database(url=f"sqlite:///{folder}/sessions.db"),
        agents=(
            AgentEntry(name="echo-agent", kind="echo"),
            AgentEntry(name="echo-agent-two", kind="echo", settings=dict(second_settings or TWO_SETTINGS)),
            AgentEntry(name="Actor", kind="actor"),
        ),
        **(settings or {}),
    )
    server = Server(configured, agent_kinds={"actor": agent.create}, clock=clock)
    app = web.Application()
    register(app, server.services, replace(ElizaOptions(), **options), prefix=prefix)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        async with server:
            yield

    app.cleanup_ctx.append(running)
    runner = web.AppRunner(app, shutdown_timeout=5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with ClientSession(timeout=PATIENCE) as http:
            yield Api(runner, http, server.services)
    finally:
        await runner.cleanup()


TWO_SETTINGS = {
    "SESSION_TIMEOUT_MINUTES": "60",
    "SESSION_MAX_DURATION_MINUTES": "120",
    "SESSION_WARNING_THRESHOLD_MINUTES": "10",
    "SESSION_AUTO_RENEW": "false",
}
