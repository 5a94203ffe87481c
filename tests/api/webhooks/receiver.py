"""A web server that is told of events, and servers that tell it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from agent_sessions.app import Server
from agent_sessions.config import AgentEntry, Database, Settings, WebhookEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.services import Services
    from agent_sessions.testing import FakeClock

SECRET = f"whsec_{base64.b64encode(b'one secret of thirty-two letters').decode()}"
OTHER_SECRET = f"whsec_{base64.b64encode(b'another one, also of 32 letters.').decode()}"
STEP = timedelta(milliseconds=50)
PATIENCE = 30
"""Seconds of real time that anything may take."""

Decide = Callable[["Heard"], Awaitable[web.StreamResponse] | int]


@dataclass(frozen=True)
class Heard:
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def session_id(self) -> str:
        return self.id.rpartition(":")[0]

    @property
    def seq(self) -> int:
        return int(self.id.rpartition(":")[2])

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Hears what it is told, and answers as ``decide`` says: a status, or whatever that awaits. ``took``: with 2xx."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.took: list[Heard] = []
        self.decide: Decide = lambda _: 204
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        heard = Heard({name.lower(): value for name, value in request.headers.items()}, await request.read())
        self.heard.append(heard)
        decided = self.decide(heard)
        answer = web.Response(status=decided) if isinstance(decided, int) else await decided
        if answer.status < 300:
            self.took.append(heard)
        return answer

    def types(self, session_id: str | None = None) -> list[str]:
        """Of what it took, in order."""
        return [each.event["type"] for each in self.took if session_id in (None, each.session_id)]

    def seqs(self, session_id: str) -> list[int]:
        """Of what it took of a session, in order."""
        return [each.seq for each in self.took if each.session_id == session_id]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


def webhook(receiver: Receiver, **changes: Any) -> WebhookEntry:
    """An entry of the settings that tells this receiver everything."""
    return WebhookEntry.model_validate({"name": "hook", "url": receiver.url, "secrets": [SECRET], **changes})


def telling(url: str, *webhooks: WebhookEntry) -> Settings:
    """Settings of a server with these webhooks."""
    return Settings(database=Database(url=url), agents=(AgentEntry(name="Echo", kind="echo"),), webhooks=webhooks)


def server(url: str, clock: FakeClock, *webhooks: WebhookEntry) -> Server:
    """A server with these webhooks."""
    return Server(telling(url, *webhooks), clock=clock)


async def session_of(services: Services, user_id: str = "11111111-1111-4111-8111-111111111111") -> str:
    """The id of a new session with the echo."""
    agent_id = services.agents.all()[0].id
    return (await services.sessions.create(agent_id=agent_id, user_id=user_id)).id


async def until(clock: FakeClock, happened: Callable[[], bool], *, step: timedelta = STEP) -> None:
    """Let time pass until this is so."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await clock.advance(step)
            await asyncio.sleep(0.001)


async def never(clock: FakeClock, happened: Callable[[], bool], *, within: timedelta, step: timedelta = STEP) -> None:
    """Let so much time pass, in which this does not come to be so."""
    end = clock.now() + within
    while clock.now() < end:
        await clock.advance(step)
        await asyncio.sleep(0.001)
        assert not happened()
