"""The promise that counts most: kill the server under load, again and again, and nothing that was acknowledged is lost.

Clients keep talking, repeat what got no answer under the same Idempotency-Key, renew their sessions and make new ones,
while the server is killed with SIGKILL twenty times. Then every session is read back, over HTTP and in the file.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp

from tests.clients.server import ServerProcess, serving

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20
CLIENTS = 12
API = "/api/messaging/sessions"
ECHO = "c28ad8ba-81d1-0f6a-a8a9-5d4975a69efa"
LOST = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass
class Told:
    """What the server told clients about one session: its latest end, and what was acknowledged (text to reply id)."""

    expires_at: str
    said: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Clients:
    """Clients that go on whatever happens to the server."""

    http: aiohttp.ClientSession
    told: dict[str, Told] = field(default_factory=dict)
    stopping: bool = False

    async def client(self) -> None:
        """Make sessions and talk in them, some for longer than others."""
        while not self.stopping:
            made = await self._until_answered("POST", API, {"agentId": ECHO, "userId": str(uuid4())}, key=str(uuid4()))
            session_id = made["sessionId"]
            self.told[session_id] = Told(made["expiresAt"])
            for _ in range(random.randint(1, 25)):
                await self._say(session_id)
                await self._renew(session_id)

    async def _say(self, session_id: str) -> None:
        text, transport = f"words {uuid4()}", random.choice(["http", "websocket"])
        body = {"content": text, "transport": transport}
        answer = await self._until_answered("POST", f"{API}/{session_id}/messages", body, key=text)
        reply = answer.get("agentResponse") or {}
        self.told[session_id].said[text] = reply.get("responseId")
        self._note_end(session_id, answer["sessionStatus"]["expiresAt"])

    async def _renew(self, session_id: str) -> None:
        route = random.choice(["heartbeat", "renew"])
        for _ in range(random.randint(0, 3)):
            answer = await self._once("POST", f"{API}/{session_id}/{route}", None, key=None)
            if answer is not None:
                self._note_end(session_id, answer["expiresAt"])

    def _note_end(self, session_id: str, expires_at: str) -> None:
        told = self.told[session_id]
        told.expires_at = max(told.expires_at, expires_at)  # ISO times of one form sort as times

    async def _until_answered(self, method: str, path: str, body: dict[str, Any], *, key: str) -> dict[str, Any]:
        while True:
            if (answer := await self._once(method, path, body, key=key)) is not None:
                return answer
            await asyncio.sleep(0.02)

    async def _once(
        self, method: str, path: str, body: dict[str, Any] | None, *, key: str | None
    ) -> dict[str, Any] | None:
        """The answer; None when the server was killed meanwhile, or says that it was while it made the reply."""
        headers = {} if key is None else {"Idempotency-Key": key}
        with suppress(*LOST):
            async with self.http.request(method, path, json=body, headers=headers) as response:
                answer: dict[str, Any] = await response.json()
                if response.status == 503 and answer["error"]["code"] == "REPLY_INTERRUPTED":
                    return await self._as_said(path, body)
                assert response.status in (200, 201), answer
                return answer
        return None

    async def _as_said(self, path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """A message that is kept though its reply was interrupted, in the form of an answer without a reply."""
        session_id = path.split("/")[4]
        with suppress(*LOST):
            async with self.http.get(f"{API}/{session_id}/messages?limit=100") as response:
                texts = [message["content"] for message in (await response.json())["messages"]]
            async with self.http.get(f"{API}/{session_id}") as response:
                session = await response.json()
            assert body is not None
            assert body["content"] in texts
            return {"sessionStatus": {"expiresAt": session["expiresAt"]}}
        return None


async def test_nothing_acknowledged_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    settings = {
        "database": {"url": "sqlite:///sessions.db"},
        "agents": [{"name": "echo-agent", "kind": "echo"}],
    }
    with serving(tmp_path, settings) as server:
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=20)) as http:
            clients = Clients(http)
            talking = [asyncio.create_task(clients.client()) for _ in range(CLIENTS)]
            for _ in range(KILLS):
                await asyncio.sleep(random.uniform(0.2, 0.8))
                await _kill_and_restart(server)
            await asyncio.sleep(0.3)
            clients.stopping = True
            await asyncio.gather(*talking)
            for session_id, told in clients.told.items():
                await _check_over_http(http, session_id, told)
    assert sum(len(told.said) for told in clients.told.values()) > KILLS * CLIENTS
    _check_logs(tmp_path / "sessions.db")


async def _kill_and_restart(server: ServerProcess) -> None:
    await asyncio.to_thread(server.stop, signal.SIGKILL)
    await asyncio.to_thread(server.start)


async def _check_over_http(http: aiohttp.ClientSession, session_id: str, told: Told) -> None:
    async with http.get(f"{API}/{session_id}") as response:
        session = await response.json()
        assert response.status == 200, session
    assert session["expiresAt"] >= told.expires_at, "a session ends earlier than a client was told"
    messages = await _history(http, session_id)
    said = Counter(message["content"] for message in messages if not message["isAgent"])
    replies = Counter(message["metadata"]["inReplyTo"] for message in messages if message["isAgent"])
    ids = {message["id"] for message in messages}
    assert {text: said[text] for text in told.said} == dict.fromkeys(told.said, 1), "each message is there, once"
    assert not [count for count in replies.values() if count > 1], "no message is answered twice"
    assert {reply for reply in told.said.values() if reply} <= ids, "each reply that a client got is there"


async def _history(http: aiohttp.ClientSession, session_id: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    before = ""
    while True:
        async with http.get(f"{API}/{session_id}/messages?limit=100{before}") as response:
            page = await response.json()
        messages += page["messages"]
        if not page["hasMore"]:
            return messages
        before = f"&before={page['cursors']['before']}"


def _check_logs(file: Path) -> None:
    """Each log is numbered without a gap, its times go forward, and nothing waits for a reply any more."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT session_id, seq, at FROM log ORDER BY session_id, seq").fetchall()
        waiting = connection.execute("SELECT count(*) FROM sessions WHERE awaiting <> '[]'").fetchone()
    logs: dict[str, list[tuple[int, int]]] = {}
    for session_id, seq, at in rows:
        logs.setdefault(session_id, []).append((seq, at))
    for log in logs.values():
        assert [seq for seq, _ in log] == list(range(1, len(log) + 1))
        assert all(earlier < later for (_, earlier), (_, later) in pairwise(log))
    assert waiting == (0,)
