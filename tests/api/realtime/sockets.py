"""A server on a real port, and clients of python-socketio that remember what they were told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import socketio
from aiohttp import ClientSession, web
from socketio.exceptions import ConnectionError as NotConnected

from agent_sessions.app import create_app, setup
from agent_sessions.app.server import SERVICES
from agent_sessions.config import AgentEntry, Database, Settings
from agent_sessions.config.memory import AgentMemory
from agent_sessions.domain.agent import string_to_uuid
from agent_sessions.domain.timeouts import NOTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.domain.timeouts import TimeoutOverrides
    from agent_sessions.ports import Clock
    from agent_sessions.services import Services
    from agent_sessions.testing.agents import ScriptedAgent

ACTOR = string_to_uuid("Actor")
ALICE = "11111111-1111-4111-8111-111111111111"
BOB = "22222222-2222-4222-8222-222222222222"
PATIENCE = 15
"""Seconds that what is to happen may take on a busy machine."""


class Refused(Exception):
    """A client was not let in; with what it was told."""


class Client:
    """A client that keeps what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self._news = asyncio.Condition()
        self._taken: dict[str, int] = {}
        self.socket.on("*", self._note)
        self.socket.on("connect_error", self._note_refusal)

    async def _note(self, name: str, payload: Any = None) -> None:
        async with self._news:
            self.told.append((name, payload))
            self._news.notify_all()

    async def _note_refusal(self, refusal: Any) -> None:
        await self._note("connect_error", refusal)

    async def say(self, name: str, payload: Any = None) -> None:
        """Emit an event."""
        await self.socket.emit(name, payload)

    async def join(self, room: str, **members: Any) -> Any:
        """Join a room; returns what is told of that."""
        await self.say("message", {"type": 1, "payload": {"channelId": room, "entityId": ALICE, **members}})
        return await self.next("channel_joined")

    async def send(self, room: str, text: str = "hello", **members: Any) -> None:
        """Send a message."""
        payload = {"channelId": room, "senderId": ALICE, "message": text, **members}
        await self.say("message", {"type": 2, "payload": payload})

    async def next(self, name: str) -> Any:
        """The payload of the next event of this name, those told before included."""
        seen = self._taken.get(name, 0)
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.all(name)) > seen)
        self._taken[name] = seen + 1
        return self.all(name)[seen]

    async def until(self, fits: Callable[[], bool]) -> None:
        """Return when what was told fits."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(fits)

    async def settled(self) -> None:
        """Return when everything sent before has come: the server answers a client's requests in order."""
        await self.say("leave", "no such room")
        await self.next("room_left")

    def all(self, name: str) -> list[Any]:
        """The payloads of every event of this name so far."""
        return [payload for told, payload in self.told if told == name]

    def names(self) -> list[str]:
        """The names of all events so far."""
        return [name for name, _ in self.told]


@dataclass
class Stage:
    """A running server."""

    runner: web.AppRunner
    services: Services
    clients: list[Client]
    path: str = "socket.io"

    @property
    def url(self) -> str:
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def client(self, *, transports: tuple[str, ...] = ("websocket",), **options: Any) -> Client:
        """A connected client."""
        client = Client()
        self.clients.append(client)
        options |= {"transports": list(transports), "socketio_path": self.path, "wait_timeout": PATIENCE}
        try:
            await client.socket.connect(self.url, **options)
        except NotConnected as error:
            raise Refused(client.all("connect_error")) from error
        return client

    async def session(self, timeouts: TimeoutOverrides | None = None) -> Session:
        """A new session of Alice with the actor."""
        return await self.services.sessions.create(agent_id=ACTOR, user_id=ALICE, timeouts=timeouts or NOTHING)


def settings_in(folder: Path, **members: Any) -> Settings:
    """Settings of a server that keeps its data in this folder."""
    given = {"database": Database(url=f"sqlite:///{folder}/sessions.db"), **members}
    return Settings(agents=(AgentEntry(name="Actor", kind="actor", memory=AgentMemory(backend="none")),), **given)


@asynccontextmanager
async def serving(settings: Settings, agent: ScriptedAgent, *, clock: Clock, prefix: str = "") -> AsyncIterator[Stage]:
    """Serve with an agent that says what a test tells it."""
    kinds = {"actor": agent.create}
    if prefix:
        app = web.Application()
        setup(app, settings, prefix=prefix, agent_kinds=kinds, clock=clock)
    else:
        app = create_app(settings, agent_kinds=kinds, clock=clock)
    runner = web.AppRunner(app, shutdown_timeout=PATIENCE)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stage = Stage(runner, app[SERVICES], [], path=f"{prefix.strip('/')}/socket.io".lstrip("/"))
    try:
        yield stage
    finally:
        for client in stage.clients:
            await client.socket.disconnect()
        await runner.cleanup()


async def ask(stage: Stage, method: str, path: str, body: Any = None) -> Any:
    """A request over HTTP; its JSON."""
    async with ClientSession() as http, http.request(method, stage.url + path, json=body) as response:
        return await response.json() if response.status != 204 else None
