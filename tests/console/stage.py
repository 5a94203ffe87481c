"""The console in a real browser, on a real server in the same process, whose clock a test moves by hand.

Python drives the system's Chromium: a browser of the package's own would weigh three times as much, and tests written
for Node would need a second process and a protocol to move the clock with.
"""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from playwright.async_api import ViewportSize, expect

from agent_sessions import SERVICES, Settings, TimeoutOverrides, create_app, setup
from agent_sessions.config import AgentEntry, Auth, Database
from agent_sessions.domain.log import Author, Message
from agent_sessions.services.conversation import Draft

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from playwright.async_api import BrowserContext, Locator, Page

    from agent_sessions import LogEntry, Services, Session
    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

ANNA = "11111111-1111-4111-8111-111111111111"
AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 20_000
"""How long the page may take to show something; long, because other tests run beside."""
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=800)
KEY = "a-key-of-ours"

expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str:
    """The browser; skips (in CI: fails) where there is none."""
    return shutil.which("chromium") or missing("no chromium command: install Chromium (Debian: chromium)")


def axe() -> str:
    """The program that looks for what is in people's way."""
    return AXE.read_text() if AXE.is_file() else missing("axe-core is not installed: run npm ci in tests/console/node")


def missing(what: str) -> str:
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)
    return ""


@dataclass
class Console:
    """A running server, and one page of a browser that shows its console."""

    runner: web.AppRunner
    page: Page
    services: Services
    clock: FakeClock
    agent: ScriptedAgent
    prefix: str
    trouble: list[str]

    @property
    def url(self) -> str:
        """Of the console, with the slash at the end."""
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}{self.prefix}/"

    async def open(self, place: str = "") -> None:
        """Go to a place, like ``sessions``."""
        await self.page.goto(f"{self.url}#/{place}")

    async def session(self, *, minutes: float = 30, auto_renew: bool = True, user: str = ANNA) -> Session:
        """A session with the scripted agent."""
        agent = next(each for each in self.services.agents.all() if each.character.name == "Actor")
        timeouts = TimeoutOverrides(timeout=timedelta(minutes=minutes), auto_renew=auto_renew)
        return await self.services.sessions.create(agent_id=agent.id, user_id=user, timeouts=timeouts)

    async def say(self, session_id: str, *texts: str) -> None:
        """Say something as some other client does, and wait for the replies."""
        for text in texts:
            exchange = await self.services.conversation.send(session_id, Draft(text))
            await exchange.turn.outcome()

    async def remember(self, *texts: str, user: str = ANNA) -> None:
        """A conversation that is over and has become memories."""
        session = await self.session(user=user)
        await self.say(session.id, *texts)
        await self.services.sessions.end(session.id)
        await self.clock.advance(timedelta(seconds=2))

    async def said(self, session_id: str) -> list[str]:
        """What users said in this session."""
        rows: Sequence[LogEntry] = await self.services.store.log(session_id, limit=100)
        return [row.fact.text for row in rows if isinstance(row.fact, Message) and row.fact.author is Author.USER]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def drop_connections(self) -> None:
        """As when the network fails: every connection is gone."""
        assert self.runner.server is not None
        for connection in self.runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()


@asynccontextmanager
async def console(
    folder: Path,
    context: BrowserContext,
    clock: FakeClock,
    agent: ScriptedAgent,
    *,
    prefix: str = "",
    key: str | None = None,
    **sections: Any,
) -> AsyncIterator[Console]:
    """A server with an actor and an echo, and a page that is not yet anywhere."""
    settings = Settings(
        database=Database(url=f"sqlite:///{folder}/sessions.db"),
        auth=Auth(token=key),
        agents=(
            AgentEntry(name="Actor", kind="actor", bio=["Says what it is told."]),
            AgentEntry(name="Echo", kind="echo"),
        ),
        **sections,
    )
    runner = web.AppRunner(_application(settings, clock, agent, prefix=prefix), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page = await context.new_page()
    services = runner.app[SERVICES]
    shown = Console(runner, page, services, clock, agent, prefix, [])
    _listen_for_trouble(shown)
    try:
        yield shown
    finally:
        await page.close()
        await runner.cleanup()


def _application(settings: Settings, clock: FakeClock, agent: ScriptedAgent, *, prefix: str) -> web.Application:
    kinds = {"actor": agent.create}
    if not prefix:
        return create_app(settings, agent_kinds=kinds, clock=clock)
    app = web.Application()
    setup(app, settings, prefix=prefix, agent_kinds=kinds, clock=clock)
    return app


def _listen_for_trouble(shown: Console) -> None:
    """Note errors of the page's own, what its policy refused, and every request that leaves the server."""
    shown.page.on("pageerror", lambda error: shown.trouble.append(str(error)))
    shown.page.on(
        "console", lambda said: shown.trouble.append(said.text) if "Content Security Policy" in said.text else None
    )
    shown.page.on("request", lambda asked: None if asked.url.startswith(shown.url) else shown.trouble.append(asked.url))
