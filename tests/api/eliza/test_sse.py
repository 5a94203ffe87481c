"""Replies as event streams: their events, their end, those who leave or read slowly."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent_sessions.domain.errors import AgentFailed
from agent_sessions.domain.log import ReplyMissing, Silence

from .stage import ACTOR, ECHO, SESSIONS, UNKNOWN, event_in, events_of, next_block, reply_of, serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api


async def test_a_stream_begins_with_the_message_and_ends_with_the_reply(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say("one ", "two ", "three")
    session = await api.session(ACTOR)
    async with api.stream(session) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["Connection"] == "keep-alive"
        events = await events_of(response)
    assert [name for name, _ in events] == ["user_message", "chunk", "chunk", "chunk", "done"]
    chunks, done = [data for _, data in events[1:4]], events[4][1]
    assert list(chunks[0]) == ["messageId", "chunk", "index", "type", "text"]
    assert [chunk["index"] for chunk in chunks] == [0, 1, 2]
    assert [chunk["chunk"] for chunk in chunks] == [chunk["text"] for chunk in chunks] == ["one ", "two ", "three"]
    assert {chunk["messageId"] for chunk in chunks} == {done["responseId"]}
    assert (done["text"], done["type"]) == ("one two three", "complete")
    assert done["inReplyTo"] == events[0][1]["id"]
    kept = (await api.ask("GET", session + "/messages")).json["messages"]
    assert [message["id"] for message in kept] == [done["responseId"], done["inReplyTo"]]


async def test_what_is_wrong_with_a_request_is_told_in_json(api: Api) -> None:
    async with api.stream(f"{SESSIONS}/{UNKNOWN}") as response:
        assert (await reply_of(response)).code == "SESSION_NOT_FOUND"
    async with api.stream(await api.session(), "") as response:
        assert (await reply_of(response)).code == "VALIDATION_ERROR"


async def test_a_repeated_stream_tells_that_it_is_one_and_ends_with_the_first_reply(
    api: Api, actor: ScriptedAgent
) -> None:
    actor.will_say("once")
    session = await api.session(ACTOR)
    body = {"content": "hello", "transport": "sse", "metadata": {"clientMessageId": "mine"}}
    address = f"{api.base}{session}/messages"
    async with api.http.post(address, json=body) as first, api.http.post(address, json=body) as again:
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["Content-Type"] == "text/event-stream"
        told, retold = await events_of(first), await events_of(again)
    assert (retold[0], retold[-1]) == (told[0], told[-1])


async def test_silence_ends_the_stream_with_done(api: Api, actor: ScriptedAgent) -> None:
    actor.will_be_silent()
    async with api.stream(await api.session(ACTOR)) as response:
        name, data = (await events_of(response))[-1]
    assert (name, data["text"], data["actions"], data["type"]) == ("done", "", ["IGNORE"], "complete")


async def test_a_failure_ends_the_stream_with_one_error(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say("half a", AgentFailed("The model is overloaded"))
    async with api.stream(await api.session(ACTOR)) as response:
        events = await events_of(response)
    assert [name for name, _ in events] == ["user_message", "chunk", "error"]
    assert events[-1][1] == {"error": "The model is overloaded", "code": "AGENT_FAILED", "type": "error"}


async def test_a_silent_agent_is_waited_for_with_comments(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    told = actor.will_hang("at last")
    async with api.stream(await api.session(ACTOR)) as response:
        assert "event: user_message" in await next_block(response)
        await actor.asked()
        for _ in range(3):
            await clock.advance(timedelta(seconds=15))
            assert await next_block(response) == ": ping"
        told.set()
        assert event_in(await next_block(response))[1]["text"] == "at last"
        assert event_in(await next_block(response))[0] == "done"
        assert await response.content.read() == b""


async def test_a_reply_past_its_deadline_ends_the_stream(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    actor.will_hang("never")
    async with api.stream(await api.session(ACTOR)) as response:
        await actor.asked()
        await clock.advance(timedelta(minutes=2))
        name, data = (await events_of(response))[-1]
    assert (name, data["code"]) == ("error", "AGENT_TIMED_OUT")


async def test_a_client_that_leaves_stops_the_reply(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    actor.will_hang("never")
    session = await api.session(ACTOR)
    async with api.stream(session) as response:
        await next_block(response)
        await actor.asked()
    await _until_left(actor, clock)
    assert await _silence(api, session) is Silence.CANCELLED
    assert (await api.say(session)).json["agentResponse"]["text"] == "Yes."


async def test_it_can_be_configured_to_reply_all_the_same(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent
) -> None:
    async with serving(tmp_path, clock, actor, cancel_on_disconnect=False) as api:
        told = actor.will_hang("kept")
        session = await api.session(ACTOR)
        async with api.stream(session) as response:
            await next_block(response)
            await actor.asked()
        await clock.advance(timedelta(seconds=60))
        told.set()
        found = await api.history(session, count=2)
        assert found[0]["content"] == "kept"


async def test_a_half_closed_stream_counts_as_left(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    actor.will_hang("never")
    session = await api.session(ACTOR)
    url = urlsplit(api.base)
    assert url.hostname
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    body = json.dumps({"content": "hello", "transport": "sse"}).encode()
    head = f"POST {session}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await reader.readuntil(b"user_message")
    await actor.asked()
    writer.write_eof()
    await _until_left(actor, clock)
    writer.close()


async def slow_reader(api: Api, session: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that has asked for a stream and hardly reads it."""
    url = urlsplit(api.base)
    assert url.hostname
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((url.hostname, url.port))
    raw.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=raw)
    body = json.dumps({"content": "hello", "transport": "sse"}).encode()
    head = f"POST {session}/messages HTTP/1.0\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await reader.read(100)
    return reader, writer


PIECES = [f"{number:06d} " + "x" * 20_000 for number in range(400)]
"""More than the buffers between us and a client hold."""


async def test_a_slow_reader_holds_nobody_up_and_misses_nothing(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say(*PIECES)
    session = await api.session(ACTOR)
    reader, writer = await slow_reader(api, session)
    assert (await api.say(await api.session(ECHO))).status == 201
    await api.history(session, count=2)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    received = b""
    while piece := await reader.read(1_000_000):
        received += piece
    assert received.count(b"event: chunk") == len(PIECES)
    assert received.count(b"event: done") == 1
    writer.close()


async def test_a_slow_reader_that_breaks_off_stops_the_reply(
    api: Api, actor: ScriptedAgent, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    never = asyncio.Event()
    actor.will_say(*PIECES, never)
    session = await api.session(ACTOR)
    _, writer = await slow_reader(api, session)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await _until_left(actor, clock)
    assert "Error" not in caplog.text
    assert (await api.say(session)).status == 201


async def test_two_overlapping_streams_are_answered_one_after_the_other(api: Api, actor: ScriptedAgent) -> None:
    told = actor.will_hang("first")
    actor.will_say("second")
    session = await api.session(ACTOR)
    async with api.stream(session, "one") as one:
        await next_block(one)
        async with api.stream(session, "two") as two:
            await next_block(two)
            told.set()
            assert (await events_of(one))[-1][1]["text"] == "first"
            assert (await events_of(two))[-1][1]["text"] == "second"


async def test_a_repeated_stream_tells_the_first_reply(api: Api) -> None:
    session = await api.session()
    body = {"content": "hello", "transport": "sse", "metadata": {"clientMessageId": "k"}}
    streams = []
    for _ in range(2):
        async with api.http.post(f"{api.base}{session}/messages", json=body) as response:
            streams.append(await events_of(response))
    assert streams[0][0] == streams[1][0]
    assert streams[0][-1] == streams[1][-1]


async def test_a_stream_that_broke_off_goes_on_where_it_was(api: Api, actor: ScriptedAgent, clock: FakeClock) -> None:
    pause = asyncio.Event()
    actor.will_say("one ", "two ", pause, "three")
    session = await api.session(ACTOR)
    body, key = {"content": "hello", "transport": "sse"}, {"Idempotency-Key": "k"}
    async with api.http.post(f"{api.base}{session}/messages", json=body, headers=key) as response:
        blocks = [await next_block(response) for _ in range(3)]
    await clock.advance(timedelta(seconds=5))
    last = blocks[1].split("\n")[0].removeprefix("id: ")
    assert last.startswith("2.1.")
    again = key | {"Last-Event-ID": last}
    async with api.http.post(f"{api.base}{session}/messages", json=body, headers=again) as response:
        assert event_in(await next_block(response)) == event_in(blocks[2])
        pause.set()
        rest = await events_of(response)
    assert [(name, data["text"]) for name, data in rest] == [("chunk", "three"), ("done", "one two three")]
    unreadable = key | {"Last-Event-ID": "2.9."}
    async with api.http.post(f"{api.base}{session}/messages", json=body, headers=unreadable) as response:
        assert (await reply_of(response)).status == 400


async def test_open_streams_end_when_the_server_stops(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, settings={"server": {"shutdown_seconds": 1}}) as api:
        actor.will_hang("never")
        async with api.stream(await api.session(ACTOR)) as response:
            await next_block(response)
            await actor.asked()
            stopping = asyncio.create_task(api.stop())
            name, data = (await events_of(response))[-1]
            await stopping
    assert (name, data["code"]) == ("error", "SERVER_STOPPING")


async def _until_left(actor: ScriptedAgent, clock: FakeClock) -> None:
    """Let time pass until the server has noticed that the client is gone (the socket needs real time to tell)."""
    async with asyncio.timeout(20):
        while not actor.left:  # there is no event to wait for: the clock has to be moved
            await clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.001)


async def _silence(api: Api, session: str) -> Silence:
    """Why the session's message stays without a reply, once that is written (the agent is told to stop before)."""
    async with asyncio.timeout(20):
        while True:
            for row in await api.services.store.log(session.split("/")[-1], limit=100):
                if isinstance(row.fact, ReplyMissing):
                    return row.fact.why
            await asyncio.sleep(0)
