"""A real server on a real port, with a real SQLite file and a clock moved by hand, and what tests of this wire do."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, ClientTimeout, web
from yarl import URL

from agent_sessions.app import SERVICES, create_app
from agent_sessions.config import Database, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from agent_sessions.domain.log import LogEntry
    from agent_sessions.domain.session import Session
    from agent_sessions.services import Services
    from agent_sessions.testing import FakeClock

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE = ClientTimeout(total=20)
SDK_HEADERS = {"X-Recallr-Api-Key": "rai_key", "X-Recallr-Project-Id": "1f7a6f1f-0000-4000-8000-000000000001"}


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
    def detail(self) -> Any:
        return self.json["detail"]


class Api:
    """A client of one running server, with its clock and services. ``headers``: sent where none are given."""

    def __init__(self, runner: web.AppRunner, http: ClientSession, *, services: Services, clock: FakeClock) -> None:
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.http = http
        self.services = services
        self.clock = clock
        self.headers: Mapping[str, str] = SDK_HEADERS
        self._runner = runner
        self._written = asyncio.Event()
        services.store.on_commit(self._committed)

    def _committed(self, _session: Session, _entries: Sequence[LogEntry]) -> None:
        self._written.set()

    async def stop(self) -> None:
        """Stop the server."""
        await self._runner.cleanup()

    async def ask(self, method: str, path: str, body: Any = ..., **options: Any) -> Reply:
        """One request below ``/api/v1``; a body is sent as JSON, bytes as they are. Paths are sent as they stand."""
        if isinstance(body, bytes):
            options["data"] = BytesIO(body)
        elif body is not ...:
            options["json"] = body
        options.setdefault("headers", self.headers)
        url = URL(f"{self.url}/api/v1{path}", encoded=True)
        async with self.http.request(method, url, allow_redirects=False, **options) as response:
            return Reply(response.status, response.headers, await response.text())

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON of an answer that must be a good one."""
        reply = await self.ask("GET", path, **options)
        assert reply.status == 200, reply.text
        return reply.json

    async def user(self, user_id: str = "anna", **members: Any) -> str:
        """The path of a new user."""
        made = await self.ask("POST", "/users", {"custom_user_id": user_id, **members})
        assert made.status == 201, made.text
        return f"/users/{user_id}"

    async def session(self, user: str, *said: str, **members: Any) -> str:
        """The path of a new session in which the user said this."""
        made = await self.ask("POST", f"{user}/sessions", members)
        assert made.status == 201, made.text
        session = f"{user}/sessions/{made.json['session']['session_id']}"
        for text in said:
            assert (await self.say(session, text)).status == 200
        return session

    async def say(self, session: str, text: str, *, role: str = "user") -> Reply:
        """Add a message."""
        return await self.ask("POST", f"{session}/add-message", {"message": text, "role": role})

    async def remember(self, user: str, *said: str, **members: Any) -> str:
        """The path of a session in which this was said, once it is processed."""
        session = await self.session(user, *said, **members)
        assert (await self.ask("POST", f"{session}/process")).status == 200
        await self.until(session, "processed")
        return session

    async def until(self, session: str, status: str) -> None:
        """Wait for what happens in the background."""
        async with asyncio.timeout(PATIENCE.total):
            while True:
                self._written.clear()
                if (await self.get(session))["session"]["status"] == status:
                    return
                await self._written.wait()

    async def memories(self, user: str, query: str = "") -> list[Any]:
        """The user's memories, newest first."""
        items: list[Any] = (await self.get(f"{user}/memories{query}"))["items"]
        return items


@asynccontextmanager
async def serving(folder: Path, clock: FakeClock, **sections: Any) -> AsyncIterator[Api]:
    """Run a server with these sections of settings, on a SQLite file unless they say otherwise."""
    sections.setdefault("database", Database(url=f"sqlite:///{folder}/x.db"))
    app = create_app(Settings(**sections), clock=clock)
    async with listening(app) as runner, ClientSession(timeout=PATIENCE) as http:
        yield Api(runner, http, services=app[SERVICES], clock=clock)


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[web.AppRunner]:
    """The application, served on a port of its own."""
    runner = web.AppRunner(app, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner
    finally:
        await runner.cleanup()
