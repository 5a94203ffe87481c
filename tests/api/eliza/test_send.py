"""POST /sessions/:id/messages over http and websocket: order of checks, the answer, order of replies, failures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed

from .stage import ACTOR, ECHO, SESSIONS, UNKNOWN, USER, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api

USER_MESSAGE = [
    *("id", "channel_id", "message_server_id", "author_id", "content", "created_at", "source_type", "raw_message"),
    "metadata",
    *("channelId", "messageServerId", "authorId", "createdAt", "sourceType", "rawMessage"),
]


async def test_the_answer_serves_old_and_new_clients(api: Api) -> None:
    session = await api.session(metadata={"platform": "web"})
    sent = await api.say(session, "hello", metadata={"mood": "good", "sessionId": "forged", "userId": "forged"})
    assert sent.status == 201
    body = sent.json
    flat = ["id", "content", "authorId", "createdAt", "metadata"]
    assert list(body) == ["success", "userMessage", "agentResponse", "sessionStatus", *flat, "data"]
    assert body["data"] == {name: member for name, member in body.items() if name != "data"}
    message = body["userMessage"]
    assert list(message) == USER_MESSAGE
    assert (message["created_at"], message["createdAt"]) == (1767268800001, "2026-01-01T12:00:00.001Z")
    assert (message["author_id"], message["source_type"]) == (USER, "user")
    assert message["raw_message"] == message["rawMessage"] == {"content": "hello"}
    session_id = session.split("/")[-1]
    assert list(message["metadata"])[:4] == ["sessionId", "agentId", "userId", "timeoutConfig"]
    assert message["metadata"]["sessionId"] == session_id
    assert message["metadata"]["userId"] == USER
    assert (message["metadata"]["platform"], message["metadata"]["mood"]) == ("web", "good")
    assert [body[name] for name in flat] == [message[name] for name in flat]
    assert body["sessionStatus"] == {
        "expiresAt": "2026-01-01T12:30:00.000Z",
        "renewalCount": 1,
        "wasRenewed": True,
        "isNearExpiration": False,
    }


async def test_http_waits_for_the_reply(api: Api) -> None:
    session = await api.session()
    body = (await api.say(session, "hello")).json
    reply = body["agentResponse"]
    assert list(reply) == ["thought", "actions", "providers", "text", "simple", "responseId", "inReplyTo"]
    assert (reply["thought"], reply["actions"], reply["text"]) == ("echo thought", ["REPLY"], "echo: hello")
    assert reply["inReplyTo"] == body["userMessage"]["id"]
    newest = (await api.ask("GET", session + "/messages")).json["messages"][0]
    assert newest["id"] == reply["responseId"]


async def test_websocket_accepts_at_once_and_the_reply_appears_in_the_history(api: Api, actor: ScriptedAgent) -> None:
    told = actor.will_hang("later")
    session = await api.session(ACTOR)
    sent = await api.ask("POST", session + "/messages", {"content": "hello"})
    assert sent.status == 201
    assert "agentResponse" not in sent.json
    assert len((await api.ask("GET", session + "/messages")).json["messages"]) == 1
    told.set()
    found = await api.history(session, count=2)
    assert (found[0]["content"], found[0]["isAgent"]) == ("later", True)


@pytest.mark.parametrize(
    ("members", "waits"),
    [
        ({"transport": "http"}, True),
        ({"mode": "sync"}, True),
        ({"mode": "http"}, True),
        ({"transport": "sync"}, True),
        ({"transport": None, "mode": "sync"}, True),
        ({"transport": "websocket", "mode": "sync"}, False),
        ({"mode": "websocket"}, False),
        ({"transport": None}, False),
        ({}, False),
    ],
)
async def test_transports_and_older_modes(api: Api, members: dict[str, Any], waits: bool) -> None:
    session = await api.session()
    sent = await api.ask("POST", session + "/messages", {"content": "hello", **members})
    assert sent.status == 201
    assert ("agentResponse" in sent.json) is waits


CHOICE = "Must be one of: http, sse, websocket, sync, stream"
FORMAT = "Invalid message request format"


@pytest.mark.parametrize(
    ("body", "reason", "before_lookup"),
    [
        ({"transport": "smoke", "content": 5}, f'Invalid transport "smoke". {CHOICE}', True),
        ({"transport": "", "content": "x"}, f'Invalid transport "". {CHOICE}', True),
        ({"mode": "constructor", "content": "x"}, f'Invalid transport "constructor". {CHOICE}', True),
        ({"transport": 5}, 'Invalid transport type "number". Transport must be a string.', True),
        ({"transport": {}}, 'Invalid transport type "object". Transport must be a string.', True),
        ({"mode": False}, 'Invalid transport type "boolean". Transport must be a string.', True),
        ({}, FORMAT, True),
        ([], FORMAT, True),
        ({"content": 5}, FORMAT, True),
        ({"content": None}, FORMAT, True),
        ({"content": ["x"]}, FORMAT, True),
        ({"content": {"text": 5}}, FORMAT, True),
        (..., FORMAT, True),
        ({"content": ""}, "Content cannot be empty", False),
        ({"content": "x" * 4001}, "Content exceeds maximum length of 4000 characters", False),
        ({"content": "😀" * 2001}, "Content exceeds maximum length of 4000 characters", False),
        ({"content": "x", "attachments": {}}, "Attachments must be a list of objects", False),
        ({"content": "x", "attachments": ["a"]}, "Attachments must be a list of objects", False),
    ],
)
async def test_what_is_refused_and_when(api: Api, body: Any, reason: str, before_lookup: bool) -> None:
    session = await api.session()
    refused = await api.ask("POST", session + "/messages", body)
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert refused.message == f"Invalid content: {reason}"
    assert refused.json["error"]["details"] == {"reason": reason}
    unknown = await api.ask("POST", f"{SESSIONS}/{UNKNOWN}/messages", body)
    assert unknown.status == (400 if before_lookup else 404)
    assert (await api.ask("GET", session)).json["renewalCount"] == 0


@pytest.mark.parametrize("metadata", ["abc", 5, True, [], {"k": "x" * 10_233}])
async def test_metadata_of_a_message_follows_the_same_rules(api: Api, metadata: Any) -> None:
    session = await api.session()
    refused = await api.say(session, metadata=metadata)
    assert refused.message.startswith("Invalid metadata: ")
    assert (await api.say(f"{SESSIONS}/{UNKNOWN}", metadata=metadata)).status == 404


@pytest.mark.parametrize("content", [" ", "x" * 4000, "😀" * 2000, "a\u2028b", "\ud7ff", "\x01"])
async def test_content_that_is_taken(api: Api, content: str) -> None:
    session = await api.session()
    assert (await api.say(session, content)).json["agentResponse"]["text"] == f"echo: {content}"


async def test_content_may_be_an_object_with_a_text(api: Api) -> None:
    session = await api.session()
    picture = {"url": "http://localhost/a.png", "n": 1.0}
    sent = await api.say(session, {"text": "hello", "action": "NONE", "attachments": [picture]})
    assert sent.json["content"] == "hello"
    assert sent.json["userMessage"]["raw_message"] == {"content": "hello", "attachments": [picture]}


async def test_attachments_and_metadata_reach_the_agent(api: Api, actor: ScriptedAgent) -> None:
    session = await api.session(ACTOR)
    await api.say(session, "look", attachments=[{"type": "image", "url": "u"}], metadata={"mood": "good"})
    message = (await actor.asked()).message
    assert list(message.attachments) == [{"type": "image", "url": "u"}]
    assert message.metadata["mood"] == "good"


async def test_a_reply_carries_all_the_agent_gave(api: Api, actor: ScriptedAgent) -> None:
    part = ReplyPart(
        text="there",
        thought="hm",
        actions=("REPLY", "WAVE"),
        attachments=({"url": "u"},),
        extra={"providers": ["TIME"], "emotion": "glad", "text": "forged"},
    )
    actor.will_say("hello ", part)
    session = await api.session(ACTOR)
    reply = (await api.say(session)).json["agentResponse"]
    assert (reply["text"], reply["thought"], reply["actions"]) == ("hello there", "hm", ["REPLY", "WAVE"])
    assert (reply["attachments"], reply["emotion"]) == ([{"url": "u"}], "glad")
    assert reply["simple"] is False
    newest = (await api.ask("GET", session + "/messages")).json["messages"][0]
    assert (newest["metadata"]["thought"], newest["metadata"]["attachments"]) == ("hm", [{"url": "u"}])


async def test_three_overlapping_sends_each_get_their_reply_in_order(api: Api, actor: ScriptedAgent) -> None:
    told = actor.will_hang("first")
    actor.will_say("second")
    actor.will_say("third")
    session = await api.session(ACTOR)
    waiting = []
    for number in range(3):
        waiting.append(asyncio.create_task(api.say(session, f"message {number}")))
        await api.history(session, count=number + 1)
    told.set()
    replies = [reply.json["agentResponse"]["text"] for reply in await asyncio.gather(*waiting)]
    assert replies == ["first", "second", "third"]


async def test_too_many_waiting_messages_are_sent_away(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, settings={"replies": {"queue_limit": 2}}) as api:
        told = actor.will_hang("at last")
        session = await api.session(ACTOR)
        for _ in range(2):
            assert (await api.ask("POST", session + "/messages", {"content": "x"})).status == 201
        busy = await api.say(session)
        assert (busy.status, busy.code, busy.headers["Retry-After"]) == (429, "SESSION_BUSY", "1")
        assert (await api.say(await api.session())).status == 201
        told.set()


async def test_silence_is_told_as_such(api: Api, actor: ScriptedAgent) -> None:
    actor.will_be_silent()
    body = (await api.say(await api.session(ACTOR))).json
    assert (body["agentResponse"]["text"], body["agentResponse"]["actions"]) == ("", ["IGNORE"])


@pytest.mark.parametrize(
    ("error", "message"),
    [(AgentFailed("The model is overloaded"), "The model is overloaded"), (KeyError("secret"), "The agent failed to ")],
)
async def test_a_failing_agent_is_told_as_an_error(
    api: Api, actor: ScriptedAgent, error: Exception, message: str
) -> None:
    actor.will_fail(error)
    session = await api.session(ACTOR)
    failed = await api.say(session)
    assert (failed.status, failed.code) == (502, "AGENT_FAILED")
    assert failed.message.startswith(message)
    assert "secret" not in failed.text
    said = (await api.ask("GET", session + "/messages")).json["messages"][0]
    assert failed.json["error"]["details"] == {"messageId": said["id"]}
    assert (await api.say(session)).json["agentResponse"]["text"] == "Yes."


async def test_an_agent_may_take_longer_than_thirty_seconds(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    told = actor.will_hang("at last")
    session = await api.session(ACTOR)
    waiting = asyncio.create_task(api.say(session))
    await actor.asked()
    await clock.advance(timedelta(seconds=119))
    assert not waiting.done()
    told.set()
    assert (await waiting).json["agentResponse"]["text"] == "at last"


async def test_a_reply_past_its_deadline_is_an_error(api: Api, clock: FakeClock, actor: ScriptedAgent) -> None:
    actor.will_hang("never")
    session = await api.session(ACTOR)
    waiting = asyncio.create_task(api.say(session))
    await actor.asked()
    await clock.advance(timedelta(minutes=2))
    late = await waiting
    assert (late.status, late.code) == (504, "AGENT_TIMED_OUT")


@pytest.mark.parametrize("how", ["header", "metadata"])
async def test_a_repeated_send_returns_the_first_outcome(api: Api, actor: ScriptedAgent, how: str) -> None:
    actor.will_say("once")
    session = await api.session(ACTOR)
    options: dict[str, Any] = {"headers": {"Idempotency-Key": "k" * 500}} if how == "header" else {}
    metadata = {"clientMessageId": "mine"} if how == "metadata" else {}
    body = {"content": "hello", "transport": "http", "metadata": metadata}
    first = await api.ask("POST", session + "/messages", body, **options)
    again = await api.ask("POST", session + "/messages", body, **options)
    assert (first.status, again.status) == (201, 201)
    assert again.json["userMessage"] == first.json["userMessage"]
    assert again.json["agentResponse"] == first.json["agentResponse"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len((await api.ask("GET", session + "/messages")).json["messages"]) == 2


async def test_a_client_that_leaves_an_http_send_finds_the_reply_in_the_history(
    api: Api, actor: ScriptedAgent, clock: FakeClock
) -> None:
    told = actor.will_hang("kept")
    session = await api.session(ACTOR)
    waiting = asyncio.create_task(api.say(session))
    await actor.asked()
    waiting.cancel()
    await asyncio.wait((waiting,))
    await clock.advance(timedelta(seconds=5))
    told.set()
    found = await api.history(session, count=2)
    assert found[0]["content"] == "kept"


async def test_whether_the_session_is_near_its_end_is_told(api: Api) -> None:
    near = await api.session(ECHO, timeoutConfig={"timeoutMinutes": 5, "warningThresholdMinutes": 10})
    assert (await api.say(near)).json["sessionStatus"]["isNearExpiration"] is True


async def test_a_waiting_request_is_answered_when_the_server_stops(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent
) -> None:
    async with serving(tmp_path, clock, actor, settings={"server": {"shutdown_seconds": 1}}) as api:
        actor.will_hang("never")
        session = await api.session(ACTOR)
        waiting = asyncio.create_task(api.say(session))
        await actor.asked()
        stopping = asyncio.create_task(api.stop())
        stopped = await waiting
        await stopping
    assert (stopped.status, stopped.code) == (503, "SERVER_STOPPING")
