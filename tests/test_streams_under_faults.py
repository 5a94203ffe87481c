"""The promise of the cursor: connections are cut where it hurts most, the server is killed, and readers lack nothing.

Readers follow sessions as event streams and over Socket.IO, through a proxy that breaks connections off at random
bytes, in the middle of frames too, while 500 messages are said and answered and the server is killed twice. Each comes
back with the id, or the cursor, of the last event it got whole. In the end each has exactly the log: every row once, in
order, and of each reply a beginning without gap or double.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from itertools import count, groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp
import pytest

from tests.clients.server import ServerProcess, serving
from tests.socket_reader import SocketReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SEED = 20260302
SESSIONS = 10
READERS = 2
"""Of each session as an event stream; one more reads it over Socket.IO."""
MESSAGES = 50
"""In each session."""
KILLS = (150, 350)
"""The server is killed when so many messages were said."""
BYTES = 4_000
"""How much passes through a connection before it is cut, on average."""
API = "/api/messaging/sessions"
ECHO = "c28ad8ba-81d1-0f6a-a8a9-5d4975a69efa"
BROKEN = (aiohttp.ClientError, ConnectionError, TimeoutError, asyncio.IncompleteReadError)


class CuttingProxy:
    """Passes bytes on to the server, and breaks each connection off after a random number of them."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self.calm = False
        self.cuts = 0
        self._passing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The address it listens at."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for task in self._passing:
                task.cancel()
            await asyncio.gather(*self._passing)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.current_task()
        assert passing is not None
        self._passing.add(passing)
        with suppress(
            ConnectionError, asyncio.CancelledError
        ):  # the streams of Python 3.11 complain of cancelled tasks
            upstream, onward = await asyncio.open_connection("127.0.0.1", self._port)
            asking = asyncio.create_task(self._copy(reader, onward, None))
            try:
                await self._copy(upstream, writer, self._chance.expovariate(1 / BYTES))
            finally:
                asking.cancel()
                onward.transport.abort()
        writer.transport.abort()
        self._passing.discard(passing)

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, allowed: float | None) -> None:
        with suppress(ConnectionError):
            while piece := await source.read(4096):
                if allowed is not None and not self.calm:
                    if len(piece) >= allowed:
                        target.write(piece[: int(allowed)])
                        await target.drain()
                        self.cuts += 1
                        return
                    allowed -= len(piece)
                target.write(piece)
                await target.drain()


class Reader:
    """Follows one session by its events' ids alone."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.rows: list[dict[str, Any]] = []
        self.pieces: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._last_id = ""
        self.connections = 0

    async def follow(self, http: aiohttp.ClientSession) -> None:
        """Go on until cancelled, whatever happens to the connection."""
        while True:
            with suppress(*BROKEN):
                await self._connect(http)
            await asyncio.sleep(0.01)

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        async with http.get(f"{API}/{self.session_id}/events", headers=headers) as response:
            assert response.status == 200, await response.text()
            self.connections += 1
            while (block := await response.content.readuntil(b"\n\n")).endswith(b"\n\n"):
                if not block.startswith(b":"):
                    self._take(block.decode())

    @property
    def seen(self) -> int:
        """The last row that was told."""
        return self.rows[-1]["seq"] if self.rows else 0

    def _take(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.strip().split("\n"))
        event = json.loads(fields["data"])
        self._last_id = fields["id"]
        if fields["event"] == "reply.chunk":
            self.pieces[event["messageId"]].append(event)
        else:
            self.rows.append(event)


class Speaker:
    """Says things in one session, each until it was heard."""

    said = count(1)

    def __init__(self, session_id: str, chance: random.Random) -> None:
        self.session_id = session_id
        self._chance = chance

    async def speak(self, http: aiohttp.ClientSession, server: ServerProcess) -> None:
        for _ in range(MESSAGES):
            words = " ".join(f"word{self._chance.randrange(1000)}" for _ in range(self._chance.randint(1, 15)))
            transport = self._chance.choice(["http", "websocket"])
            await self._until_heard(http, {"content": words, "transport": transport})
            if next(self.said) in KILLS:
                await asyncio.to_thread(server.stop, signal.SIGKILL)
                await asyncio.to_thread(server.start)

    async def _until_heard(self, http: aiohttp.ClientSession, body: dict[str, Any]) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        while True:
            with suppress(*BROKEN):
                async with http.post(f"{API}/{self.session_id}/messages", json=body, headers=key) as response:
                    if response.status in (201, 503):  # 503: heard, but the reply was interrupted
                        return
                    assert response.status == 429, await response.text()
            await asyncio.sleep(0.05)


async def whole_log(http: aiohttp.ClientSession, session_id: str) -> list[dict[str, Any]]:
    """The log as one reader gets it who is never disturbed."""
    witness = Reader(session_id)
    async with http.get(f"{API}/{session_id}") as response:
        assert response.status == 200
    following = asyncio.create_task(witness.follow(http))
    quiet = 0
    while quiet < 5:  # the replies to the last messages are under way
        seen = len(witness.rows)
        await asyncio.sleep(0.2)
        awaited = 2 * MESSAGES + 1
        quiet = quiet + 1 if len(witness.rows) == seen >= awaited else 0
    following.cancel()
    return witness.rows


def check(reader: Reader, log: list[dict[str, Any]]) -> None:
    """Exactly the log, and of each reply a beginning without gap or double."""
    assert [row["seq"] for row in reader.rows] == list(range(1, len(log) + 1))
    assert reader.rows == log
    check_pieces(reader.pieces, log)


def check_socket(reader: SocketReader, log: list[dict[str, Any]]) -> None:
    """Every row in order and no event twice, each message as it is in the log, and of each reply a beginning."""
    assert [row for row, _ in groupby(seq for seq, _, _ in reader.told)] == list(range(1, len(log) + 1))
    events = [(seq, event) for seq, event, _ in reader.told]
    assert len(set(events)) == len(events)
    heard = [(seq, told["id"], told["text"]) for seq, event, told in reader.told if event == "messageBroadcast"]
    assert heard == [(row["seq"], row["message"]["id"], row["message"]["content"]) for row in messages(log)]
    check_pieces(reader.pieces, log)


def messages(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in log if row["type"] == "message"]


def check_pieces(of_replies: dict[str, list[dict[str, Any]]], log: list[dict[str, Any]]) -> None:
    replies = {row["message"]["id"]: row["message"]["content"] for row in messages(log)}
    for message_id, pieces in of_replies.items():
        assert [piece["index"] for piece in pieces] == list(range(len(pieces)))
        if message_id in replies:  # one that was being made when the server was killed is in no log
            assert replies[message_id].startswith("".join(piece["text"] for piece in pieces))


async def test_readers_lack_nothing_whatever_happens_to_their_connections(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    settings = {
        "database": {"url": "sqlite:///sessions.db"},
        "agents": [{"name": "echo-agent", "kind": "echo", "options": {"words": True}}],
    }
    with serving(tmp_path, settings) as server:
        proxy = CuttingProxy(server.port, chance)
        async with proxy.running() as address, _client(server.url) as direct, _client(address) as disturbed:
            ids = [await _new_session(direct) for _ in range(SESSIONS)]
            readers = [Reader(session_id) for session_id in ids for _ in range(READERS)]
            sockets = [SocketReader(session_id) for session_id in ids]
            everybody: list[Reader | SocketReader] = [*readers, *sockets]
            following = [asyncio.create_task(reader.follow(disturbed)) for reader in everybody]
            await asyncio.gather(*(Speaker(session_id, chance).speak(direct, server) for session_id in ids))
            logs = dict(zip(ids, await asyncio.gather(*(whole_log(direct, one) for one in ids)), strict=True))
            proxy.calm = True
            await _until_all_is_seen(everybody, following, logs)
            for task in following:
                task.cancel()
            await asyncio.wait(following)
    for reader in readers:
        check(reader, logs[reader.session_id])
    for socket in sockets:
        check_socket(socket, logs[socket.session_id])
    assert proxy.cuts > 100
    assert all(reader.connections > 3 for reader in everybody)
    # A busy machine tells few pieces live: whoever comes back late gets the row instead.
    assert sum(len(pieces) for reader in readers for pieces in reader.pieces.values()) > 100
    assert sum(len(pieces) for socket in sockets for pieces in socket.pieces.values()) > 10


async def _until_all_is_seen(
    everybody: list[Reader | SocketReader], following: list[asyncio.Task[None]], logs: dict[str, list[dict[str, Any]]]
) -> None:
    for _ in range(600):
        behind = [reader for reader in everybody if reader.seen < len(logs[reader.session_id])]
        if not behind:
            return
        over, _ = await asyncio.wait(following, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        for task in over:
            task.result()  # says why nobody follows any more
    told = [f"{type(one).__name__} {one.session_id}: {one.seen}, {one.connections} connections" for one in behind]
    pytest.fail(f"behind the log of {len(logs[behind[0].session_id])} rows: {told}")


def _client(address: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        address,
        timeout=aiohttp.ClientTimeout(total=None, connect=5, sock_connect=5, sock_read=20),
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
    )


async def _new_session(http: aiohttp.ClientSession) -> str:
    async with http.post(API, json={"agentId": ECHO, "userId": str(uuid4())}) as response:
        made: dict[str, Any] = await response.json()
    return str(made["sessionId"])
