"""Rooms: who is told what, in which words, in which order, and how a client that was away catches up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from agent_sessions.domain.log import Message
from agent_sessions.domain.timeouts import TimeoutOverrides
from agent_sessions.ports import ChannelChanged
from agent_sessions.services.conversation import Draft

from .sockets import ACTOR, ALICE, BOB, ask

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .sockets import Stage

SERVER_ID = "00000000-0000-0000-0000-000000000000"
BOTH_SPELLINGS = ("channelId", "roomId", "serverId", "messageServerId")


async def test_a_message_is_told_to_its_sender_with_its_own_id_and_to_others_without(stage: Stage) -> None:
    session = await stage.session()
    alice, bob = await stage.client(), await stage.client()
    await alice.join(session.channel_id)
    await bob.join(session.channel_id)
    own_id = str(uuid4())
    await alice.send(session.channel_id, "hi", messageId=own_id, senderName="Alice", metadata={"mood": "good"})
    mine, ack = await alice.next("messageBroadcast"), await alice.next("messageAck")
    theirs = await bob.next("messageBroadcast")
    assert mine == {**theirs, "clientMessageId": own_id}
    assert ack["clientMessageId"] == own_id
    assert ack["messageId"] == theirs["id"]
    assert ack["status"] == "received_by_server_and_processing"
    assert (ack["channelId"], ack["roomId"]) == (session.channel_id,) * 2
    assert (theirs["text"], theirs["senderId"], theirs["senderName"]) == ("hi", ALICE, "Alice")
    assert theirs["source"] == "socketio_client"
    assert theirs["metadata"]["mood"] == "good"
    assert [theirs[name] for name in BOTH_SPELLINGS[:2]] == [session.channel_id] * 2
    assert theirs["serverId"] == theirs["messageServerId"] == SERVER_ID
    assert isinstance(theirs["createdAt"], int)
    assert bob.all("messageAck") == []


async def test_a_reply_has_one_id_while_it_is_made_when_it_is_made_and_in_the_history(
    stage: Stage, actor: ScriptedAgent
) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.id)
    actor.will_say("Good ", "morning")
    await client.send(session.id, "hi")
    await client.next("messageComplete")
    chunks = client.all("messageStreamChunk")
    assert [(chunk["index"], chunk["chunk"]) for chunk in chunks] == [(0, "Good "), (1, "morning")]
    reply = client.all("messageBroadcast")[-1]
    assert (reply["text"], reply["senderId"], reply["senderName"]) == ("Good morning", ACTOR, "Actor")
    assert (reply["source"], reply["actions"]) == ("agent_response", ["REPLY"])
    history = await ask(stage, "GET", f"/api/messaging/sessions/{session.id}/messages")
    newest = history["messages"][0]
    assert {chunk["messageId"] for chunk in chunks} == {reply["id"]} == {newest["id"]}
    assert all(reply[name] for name in BOTH_SPELLINGS)
    order = [name for name in client.names() if name.startswith("message")]
    assert order == [
        "messageBroadcast",
        "messageAck",
        *["messageStreamChunk"] * 2,
        "messageBroadcast",
        "messageComplete",
    ]


async def test_what_is_said_over_http_is_answered_here_but_not_repeated(stage: Stage) -> None:
    """As elizaOS has it: clients that post over HTTP take what comes here for the agent's."""
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    await ask(stage, "POST", f"/api/messaging/sessions/{session.id}/messages", {"content": "hi"})
    await client.next("messageComplete")
    assert [message["senderId"] for message in client.all("messageBroadcast")] == [ACTOR]


async def test_what_is_said_in_the_channel_over_http_is_told_to_its_room(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    said = {"author_id": BOB, "message_server_id": SERVER_ID, "content": "hi"}
    await ask(stage, "POST", f"/api/messaging/channels/{session.channel_id}/messages", said)
    assert (await client.next("messageBroadcast"))["senderId"] == BOB


async def test_a_reply_that_fails_is_told_with_what_was_said_of_it(stage: Stage, actor: ScriptedAgent) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    actor.will_say("Half a ", RuntimeError("password=hunter2"))
    await client.send(session.channel_id)
    error, end = await client.next("messageStreamError"), await client.next("messageComplete")
    assert error["partialText"] == "Half a "
    assert error["messageId"] == client.all("messageStreamChunk")[0]["messageId"]
    assert error["agentId"] == ACTOR
    assert "hunter2" not in str(client.told)
    assert error["inReplyTo"] == end["inReplyTo"] == client.all("messageAck")[0]["messageId"]


async def test_an_agent_that_chooses_silence_ends_the_waiting_without_an_error(
    stage: Stage, actor: ScriptedAgent
) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    actor.will_be_silent()
    await client.send(session.channel_id)
    assert (await client.next("messageComplete"))["reason"] == "chosen"
    assert client.all("messageStreamError") == []


async def test_the_life_of_a_session_is_told(stage: Stage, clock: FakeClock) -> None:
    session = await stage.session(TimeoutOverrides(timeout=timedelta(minutes=30)))
    client = await stage.client()
    await client.join(session.channel_id)
    await clock.advance(timedelta(minutes=1))
    await stage.services.sessions.renew(session.id)
    await clock.advance(timedelta(minutes=25))
    renewed, warned = await client.next("sessionRenewed"), await client.next("sessionExpirationWarning")
    assert (renewed["sessionId"], renewed["renewalCount"]) == (session.id, 1)
    assert renewed["expiresAt"] == "2026-01-01T12:31:00.000Z"
    assert (warned["sessionId"], warned["minutesRemaining"]) == (session.id, 5)
    await clock.advance(timedelta(minutes=5))
    expired = await client.next("sessionExpired")
    assert (expired["sessionId"], expired["expiredAt"]) == (session.id, "2026-01-01T12:31:00.000Z")


async def test_joining_a_session_that_has_expired_says_so(stage: Stage, clock: FakeClock) -> None:
    session = await stage.session()
    await clock.advance(timedelta(minutes=31))
    client = await stage.client()
    await client.join(session.id)
    assert (await client.next("sessionExpired"))["expiredAt"] == "2026-01-01T12:30:00.000Z"
    await client.send(session.id)
    assert (await client.next("messageError"))["code"] == "SESSION_EXPIRED"


async def test_a_client_that_was_away_is_told_what_it_missed_once_and_then_what_happens(stage: Stage) -> None:
    session = await stage.session()
    other = await stage.client()
    await other.join(session.channel_id)
    await _talk(stage, session.id, "one", "two")
    await other.until(lambda: len(other.all("messageComplete")) == 2)
    seen = other.all("messageBroadcast")[0]["cursor"]

    client = await stage.client()
    await client.join(session.channel_id, after=seen)
    await client.next("messageComplete")
    await _talk(stage, session.id, "three")
    await client.next("messageComplete")
    said = [message["text"] for message in client.all("messageBroadcast")]
    assert said == ["two", "Yes.", "three", "Yes."]
    rows = [message["cursor"] for message in client.all("messageBroadcast")]
    assert rows == sorted(set(rows), key=lambda cursor: int(cursor.partition(".")[0]))


async def test_a_client_that_comes_back_in_the_midst_of_a_reply_is_told_the_rest(
    stage: Stage, actor: ScriptedAgent
) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    go_on = asyncio.Event()
    actor.will_say("one ", "two ", go_on, "three")
    await client.send(session.channel_id)
    await client.until(lambda: len(client.all("messageStreamChunk")) == 2)
    cursor = client.all("messageStreamChunk")[0]["cursor"]
    back = await stage.client()
    await back.join(session.channel_id, after=cursor)
    await back.until(lambda: len(back.all("messageStreamChunk")) == 1)
    go_on.set()
    await back.next("messageComplete")
    assert [chunk["chunk"] for chunk in back.all("messageStreamChunk")] == ["two ", "three"]


async def test_whoever_joins_at_whatever_moment_lacks_nothing_and_gets_nothing_twice(
    stage: Stage, actor: ScriptedAgent
) -> None:
    session = await stage.session()
    for number in range(20):
        actor.will_say(f"{number} ", "and ", "more")
    talking = asyncio.create_task(_talk(stage, session.id, *map(str, range(20))))
    clients = []
    for _ in range(8):
        client = await stage.client()
        await client.say("join", {"roomId": session.id, "after": "0"})
        clients.append(client)
    await talking
    log = await stage.services.store.log(session.id, after=0, limit=100)
    said = [row.fact.id for row in log if isinstance(row.fact, Message)]
    for client in clients:
        await client.until(lambda heard=client: len(heard.all("messageComplete")) == 20)  # type: ignore[misc]
        assert [message["id"] for message in client.all("messageBroadcast")] == said
        pieces = [(piece["messageId"], piece["index"]) for piece in client.all("messageStreamChunk")]
        assert len(pieces) == len(set(pieces))
        assert all(index == 0 or (reply, index - 1) in pieces for reply, index in pieces)


async def test_a_cursor_that_is_none_is_told_to_be_none(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    for cursor in ("soon", "99"):
        await client.say("join", {"roomId": session.id, "after": cursor})
        error = await client.next("messageError")
        assert "after" in error["error"]


async def test_whoever_left_is_told_nothing(stage: Stage) -> None:
    session = await stage.session()
    client, other = await stage.client(), await stage.client()
    for each in (client, other):
        await each.say("join", {"roomId": session.channel_id})
        await each.next("room_joined")
    await client.say("leave", {"roomId": session.channel_id})
    await client.next("room_left")
    await _talk(stage, session.id, "hi")
    await other.next("messageComplete")
    await client.settled()
    assert client.all("messageBroadcast") == []


async def test_a_room_can_be_joined_before_there_is_one(stage: Stage) -> None:
    channel = str(uuid4())
    alice, bob = await stage.client(), await stage.client()
    assert (await alice.join(channel))["channelId"] == channel
    await bob.join(channel)
    await alice.send(channel, "anybody here?", messageServerId=SERVER_ID)
    assert (await bob.next("messageBroadcast"))["text"] == "anybody here?"
    assert (await alice.next("messageBroadcast"))["text"] == "anybody here?"
    await alice.next("messageAck")
    await bob.send(channel, "I am", senderId=BOB)
    assert (await alice.next("messageBroadcast"))["senderId"] == BOB
    assert len(bob.all("messageBroadcast")) == 1 or (await bob.next("messageBroadcast"))["text"] == "I am"


async def test_whoever_sends_without_being_in_the_room_is_told_that_it_was_sent(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.send(session.channel_id, messageId="mine")
    assert (await client.next("messageBroadcast"))["clientMessageId"] == "mine"
    assert (await client.next("messageAck"))["clientMessageId"] == "mine"


async def test_a_message_sent_twice_under_one_id_is_said_once(stage: Stage, actor: ScriptedAgent) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    own_id = str(uuid4())
    for _ in range(2):
        await client.send(session.channel_id, messageId=own_id)
    first, again = await client.next("messageAck"), await client.next("messageAck")
    assert first == again
    await client.next("messageComplete")
    assert len(actor.contexts) == 1


async def test_the_same_id_of_another_sender_or_room_is_another_message(stage: Stage) -> None:
    one, other = await stage.session(), await stage.session()
    client = await stage.client()
    own_id = str(uuid4())
    for room, sender in ((one, ALICE), (other, ALICE), (one, BOB)):
        await client.send(room.channel_id, messageId=own_id, senderId=sender)
    acks = [(await client.next("messageAck"))["messageId"] for _ in range(3)]
    assert len({*acks, own_id}) == 4


async def test_what_becomes_of_a_channel_is_told(stage: Stage) -> None:
    channel = str(uuid4())
    client = await stage.client()
    await client.join(channel)
    await client.send(channel, "first")
    message_id = (await client.next("messageAck"))["messageId"]
    await stage.services.channels.delete_message(channel, message_id)
    assert (await client.next("messageDeleted")).items() >= {"messageId": message_id, "channelId": channel}.items()
    await stage.services.channels.update(channel, name="Renamed")
    updated = await client.next("channelUpdated")
    assert (updated["channelId"], updated["updates"]["name"]) == (channel, "Renamed")
    stage.services.bus.publish(
        ChannelChanged(channel, (await stage.services.channels.session_of(channel)).id, "completed")
    )
    assert (await client.next("messageComplete"))["channelId"] == channel
    await stage.services.channels.clear(channel)
    assert (await client.next("channelCleared"))["channelId"] == channel
    await stage.services.channels.delete(channel)
    assert (await client.next("channelDeleted"))["channelId"] == channel


async def test_what_elizaos_has_no_event_for_is_told_by_the_names_of_the_event_stream(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id)
    await stage.services.sessions.reconfigure(session.id, TimeoutOverrides(timeout=timedelta(minutes=60)))
    changed = await client.next("session.reconfigured")
    assert changed["timeoutConfig"]["timeoutMinutes"] == 60
    await stage.services.sessions.end(session.id)
    assert (await client.next("session.ended"))["sessionId"] == session.id


async def _talk(stage: Stage, session_id: str, *texts: str) -> None:
    """Say these over HTTP, each with its answer."""
    for text in texts:
        exchange = await stage.services.conversation.send(session_id, Draft(text))
        await exchange.turn.outcome()
