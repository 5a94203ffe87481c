"""A session's events as a stream with a cursor: what was missed comes once, those who do not read hold nobody up."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .stage import ACTOR, PATIENCE, SESSIONS, UNKNOWN, next_block, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientResponse, StreamReader

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api


class Reader:
    """A client that keeps the id of the last event it got, as browsers do."""

    def __init__(self, api: Api, session: str) -> None:
        self._api = api
        self._url = f"{api.base}{session}/events"
        self.last_id: str | None = None
        self.events: list[Any] = []

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[ClientResponse]:
        headers = {} if self.last_id is None else {"Last-Event-ID": self.last_id}
        async with self._api.http.get(self._url, headers=headers) as response:
            assert response.status == 200, await response.text()
            assert await next_block(response) == ": connected"
            yield response

    async def next(self, response: ClientResponse) -> Any:
        """The next event's members. Raises EOFError when the stream has ended."""
        block = await next_block(response)
        while block.startswith(":"):
            block = await next_block(response)
        if not block:
            raise EOFError
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        event = json.loads(fields["data"])
        assert event["type"] == fields["event"]
        self.last_id = fields.get("id", self.last_id)
        self.events.append(event)
        return event

    async def until(self, response: ClientResponse, kind: str) -> list[str]:
        """Read up to the next event of this type; returns the types of all that came."""
        kinds = [""]
        while kinds[-1] != kind:
            kinds.append((await self.next(response))["type"])
        return kinds[1:]

    async def rest(self, response: ClientResponse) -> list[str]:
        """Read to the end of the stream."""
        kinds = []
        try:
            while True:
                kinds.append((await self.next(response))["type"])
        except EOFError:
            return kinds


async def test_a_stream_tells_what_was_and_what_happens(api: Api, actor: ScriptedAgent) -> None:
    session = await api.session(ACTOR)
    told = actor.will_hang("one ", "two")
    reader = Reader(api, session)
    async with reader.connected() as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-cache"
        assert (await reader.next(response))["type"] == "session.created"
        sent = asyncio.create_task(api.say(session, "count"))
        said = await reader.next(response)
        told.set()
        assert await reader.until(response, "message") == ["reply.chunk", "reply.chunk", "message"]
        answer = (await sent).json
    assert (said["message"]["content"], said["seq"], reader.last_id) == ("count", 2, "3")
    assert said["renewal"] == {"expiresAt": answer["sessionStatus"]["expiresAt"], "renewalCount": 1}
    assert [event["text"] for event in reader.events[2:4]] == ["one ", "two"]
    reply = reader.events[-1]["message"]
    assert (
        {event["messageId"] for event in reader.events[2:4]} == {reply["id"]} == {answer["agentResponse"]["responseId"]}
    )
    assert reply["inReplyTo"] == said["message"]["id"]


async def test_who_drops_in_the_middle_of_a_reply_gets_exactly_what_was_missed(api: Api, actor: ScriptedAgent) -> None:
    pause, other = asyncio.Event(), asyncio.Event()
    actor.will_say("a", "b", pause, "c", other, "d")
    session = await api.session(ACTOR)
    await api.say(session, "spell", transport="websocket")
    reader, witness = Reader(api, session), Reader(api, session)
    async with reader.connected() as response:
        while len(reader.events) < 4:
            await reader.next(response)
    pause.set()
    async with witness.connected() as response:
        while len(witness.events) < 5:
            await witness.next(response)
    async with reader.connected() as response:
        assert (await reader.next(response))["text"] == "c"
        other.set()
        await reader.until(response, "message")
    assert [event.get("text") for event in reader.events] == [None, None, "a", "b", "c", "d", None]
    assert reader.events[-1]["message"]["content"] == "abcd"
    assert reader.events[:5] == witness.events


async def test_the_place_can_stand_in_the_address(api: Api, actor: ScriptedAgent) -> None:
    session = await api.session(ACTOR)
    await api.say(session)
    for address, first in (("?after=2", 3), ("?after=", 1), ("?after=0", 1)):
        async with api.http.get(f"{api.base}{session}/events{address}") as response:
            await next_block(response)
            assert f'"seq":{first},' in await next_block(response)
    async with api.http.get(f"{api.base}{session}/events?after=1", headers={"Last-Event-ID": "2"}) as response:
        await next_block(response)
        assert '"seq":3,' in await next_block(response)


async def test_from_now_on(api: Api) -> None:
    session = await api.session(ACTOR)
    await api.say(session, "before")
    async with api.http.get(f"{api.base}{session}/events?after=now") as response:
        await next_block(response)
        await api.say(session, "after")
        assert '"content":"after"' in await next_block(response)


async def test_a_stream_ends_with_its_session(api: Api, clock: FakeClock) -> None:
    session = await api.session(ACTOR)
    reader = Reader(api, session)
    async with reader.connected() as response:
        await reader.next(response)
        await clock.advance(timedelta(minutes=30))
        assert await reader.rest(response) == ["session.warned", "session.expired"]
    warned, expired = reader.events[1:]
    assert (warned["minutesRemaining"], warned["lateMs"], expired["lateMs"]) == (5, 0, 0)
    refused = await api.ask("GET", f"{session}/events", headers={"Last-Event-ID": str(reader.last_id)})
    assert (refused.status, refused.code) == (410, "SESSION_EXPIRED")


async def test_who_was_away_at_the_end_learns_of_it(api: Api, clock: FakeClock) -> None:
    session = await api.session(ACTOR)
    reader = Reader(api, session)
    async with reader.connected() as response:
        await reader.next(response)
    await clock.advance(timedelta(minutes=30))
    async with reader.connected() as response:
        assert (await reader.rest(response))[:2] == ["session.warned", "session.expired"]
    assert (await api.ask("GET", f"{session}/events")).status == 410


async def test_a_deleted_session_is_told_to_those_who_follow_it(api: Api) -> None:
    session = await api.session(ACTOR)
    reader = Reader(api, session)
    async with reader.connected() as response:
        await reader.next(response)
        await api.ask("DELETE", session)
        assert await reader.rest(response) == ["session.ended"]
    assert (await api.ask("GET", f"{session}/events", headers={"Last-Event-ID": "1"})).status == 404


async def test_what_is_wrong_is_told_before_the_stream_begins(api: Api) -> None:
    session = await api.session(ACTOR)
    assert (await api.ask("GET", f"{SESSIONS}/{UNKNOWN}/events")).code == "SESSION_NOT_FOUND"
    bad = await api.ask("GET", f"{session}/events?after=yesterday")
    assert (bad.status, bad.code, bad.json["error"]["details"]["field"]) == (400, "VALIDATION_ERROR", "after")
    bad = await api.ask("GET", f"{session}/events", headers={"Last-Event-ID": "x"})
    assert (bad.status, bad.json["error"]["details"]["field"]) == (400, "Last-Event-ID")
    beyond = await api.ask("GET", f"{session}/events?after=99")
    assert (beyond.status, beyond.json["error"]["details"]["field"]) == (400, "after")
    assert (await api.ask("POST", f"{session}/events")).status == 404


async def test_head_tells_the_headers_only(api: Api) -> None:
    session = await api.session(ACTOR)
    head = await api.ask("HEAD", f"{session}/events")
    assert (head.status, head.headers["Content-Type"], head.text) == (200, "text/event-stream", "")
    assert (await api.ask("HEAD", f"{SESSIONS}/{UNKNOWN}/events")).status == 404


async def test_other_origins_and_keys(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, token="secret", cors_origins=("https://chat.example",)) as api:
        key, origin = {"X-API-KEY": "secret"}, {"Origin": "https://chat.example"}
        made = await api.ask("POST", SESSIONS, {"agentId": ACTOR, "userId": UNKNOWN}, headers=key)
        events = f"{SESSIONS}/{made.json['sessionId']}/events"
        assert (await api.ask("GET", events)).status == 401
        assert (await api.ask("OPTIONS", events, headers=origin)).headers["Access-Control-Allow-Headers"].count("Last-")
        async with api.http.get(api.base + events, headers=key | origin) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "https://chat.example"
            assert await next_block(response) == ": connected"


async def test_idle_streams_show_signs_of_life(api: Api, clock: FakeClock) -> None:
    session = await api.session(ACTOR, timeoutConfig={"timeoutMinutes": 600})
    async with api.http.get(f"{api.base}{session}/events?after=now") as response:
        assert await next_block(response) == ": connected"
        await clock.advance(timedelta(seconds=30))
        assert await next_block(response) == ": ping"


async def test_a_stream_ends_when_the_server_stops(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor) as api:
        reader = Reader(api, await api.session(ACTOR))
        async with reader.connected() as response:
            await reader.next(response)
            stopping = asyncio.create_task(api.stop())
            assert await reader.rest(response) == []
            await stopping


def deaf_reader(api: Api, path: str, *, buffer: int = 4096) -> socket.socket:
    """A client that asks for events and reads nothing."""
    url = urlsplit(api.base)
    assert url.hostname
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    deaf.connect((url.hostname, url.port))
    deaf.sendall(f"GET {path}/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\n\r\n".encode())
    return deaf


def received(deaf: socket.socket) -> bytes:
    """Everything that had reached it, once the server has let go of it."""
    deaf.settimeout(PATIENCE.total)
    whole = b""
    try:
        while piece := deaf.recv(1_000_000):
            whole += piece
    except ConnectionResetError:
        pass
    return whole


PIECES = [f"{number:06d} " + "x" * 20_000 for number in range(400)]
"""More than the buffers between us and a client hold."""
REPLIED = b'"isAgent":true'


async def read_until(reader: StreamReader, sign: bytes) -> bytes:
    """Everything up to this sign, or up to the end."""
    whole = b""
    async with asyncio.timeout(PATIENCE.total):
        while sign not in whole[-1_000_000:] and (piece := await reader.read(500_000)):
            whole += piece
    return whole


async def test_a_reader_that_takes_nothing_is_let_go_and_holds_nobody_up(
    api: Api, actor: ScriptedAgent, clock: FakeClock
) -> None:
    actor.will_say(*PIECES)
    session = await api.session(ACTOR)
    deaf = deaf_reader(api, session)
    async with api.http.get(f"{api.base}{session}/events") as other:
        sent = asyncio.create_task(api.say(session))
        whole = await read_until(other.content, REPLIED)
        assert whole.count(b"event: reply.chunk") == len(PIECES)
    assert (await sent).status == 201
    await clock.advance(timedelta(seconds=90))
    whole = await asyncio.to_thread(received, deaf)
    deaf.close()
    assert b"event: session.created" in whole
    assert whole.count(b"event: reply.chunk") < len(PIECES)


async def test_a_reader_that_was_let_go_is_told_where_to_come_back(
    api: Api, actor: ScriptedAgent, clock: FakeClock
) -> None:
    actor.will_say(*PIECES)
    session = await api.session(ACTOR)
    deaf = deaf_reader(api, session)
    await api.say(session)
    await clock.advance(timedelta(seconds=75))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    whole = await asyncio.to_thread(received, deaf)
    deaf.close()
    last_id = whole.rpartition(b"\nid: ")[2].partition(b"\n")[0].decode()
    resume = whole.rpartition(b"event: resume\ndata: ")[2].partition(b"\n")[0]
    assert json.loads(resume) == {"type": "resume", "after": last_id}


async def test_a_reader_that_takes_its_time_is_kept(api: Api, actor: ScriptedAgent, clock: FakeClock) -> None:
    actor.will_say(*PIECES)
    session = await api.session(ACTOR, timeoutConfig={"timeoutMinutes": 600})
    slow = deaf_reader(api, session, buffer=65_536)
    await api.say(session)
    slow.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=slow)
    whole, beaten = b"", 0
    async with asyncio.timeout(PATIENCE.total):
        while REPLIED not in whole[-1_000_000:]:
            whole += await reader.read(500_000)
            if len(whole) > beaten + 1_000_000:
                beaten = len(whole)
                await clock.advance(timedelta(seconds=15))
    assert b"event: resume" not in whole
    writer.close()


async def test_many_readers_of_one_session_get_the_same(api: Api) -> None:
    session = await api.session(ACTOR)
    connected = asyncio.Semaphore(0)

    async def read() -> list[Any]:
        reader = Reader(api, session)
        async with reader.connected() as response:
            await reader.next(response)
            connected.release()
            await reader.until(response, "reply.chunk")
            await reader.until(response, "message")
        return reader.events

    reading = [asyncio.create_task(read()) for _ in range(50)]
    for _ in reading:
        await connected.acquire()
    await api.say(session)
    everything = await asyncio.gather(*reading)
    assert [event["type"] for event in everything[0]] == ["session.created", "message", "reply.chunk", "message"]
    assert all(events == everything[0] for events in everything)
