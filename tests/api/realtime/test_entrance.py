"""Who comes in, how, and what clients that misbehave can do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, WSMsgType

from agent_sessions.api.realtime.options import SocketOptions
from agent_sessions.clock import SystemClock
from agent_sessions.config import Auth, RateLimit
from agent_sessions.config import Server as ServerSettings

from .sockets import ALICE, PATIENCE, Refused, serving, settings_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientWebSocketResponse

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .sockets import Stage

KEY = "a-key-of-ours"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


@pytest.fixture
async def guarded(tmp_path: Path, actor: ScriptedAgent, clock: FakeClock) -> AsyncIterator[Stage]:
    """A server that wants a key."""
    async with serving(settings_in(tmp_path, auth=Auth(token=KEY)), actor, clock=clock) as running:
        yield running


async def test_whoever_comes_in_is_told_who_it_is(stage: Stage) -> None:
    client = await stage.client(auth={"entityId": ALICE})
    assert (await client.next("authenticated")) == {"entityId": ALICE, "timestamp": 1767268800000}
    assert (await client.next("connection_established"))["socketId"] == client.socket.get_sid()
    assert client.names()[:2] == ["authenticated", "connection_established"]


async def test_nobody_needs_to_say_who_it_is(stage: Stage) -> None:
    client = await stage.client()
    assert (await client.next("authenticated"))["entityId"] is None


@pytest.mark.parametrize("entity_id", ["alice", "", 7, {}])
async def test_who_says_nonsense_is_refused(stage: Stage, entity_id: object) -> None:
    with pytest.raises(Refused, match="Valid entityId required"):
        await stage.client(auth={"entityId": entity_id})


SHOWN: list[dict[str, Any]] = [
    {"auth": {"apiKey": KEY}},
    {"auth": {"token": KEY}},
    {"auth": {"token": f"Bearer {KEY}"}},
    {"headers": {"x-api-key": KEY}},
    {"headers": {"Authorization": f"Bearer {KEY}"}},
]


@pytest.mark.parametrize("shown", SHOWN)
async def test_the_key_is_taken_wherever_it_is_shown(guarded: Stage, shown: dict[str, Any]) -> None:
    client = await guarded.client(**shown)
    await client.next("connection_established")


@pytest.mark.parametrize("shown", [{}, {"auth": {"apiKey": "another"}}, {"auth": {"apiKey": 7, "entityId": ALICE}}])
async def test_without_the_key_nobody_comes_in(guarded: Stage, shown: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="Invalid or missing API Key"):
        await guarded.client(**shown)


async def test_a_connection_that_does_not_come_in_is_told_nothing_and_closed(guarded: Stage, clock: FakeClock) -> None:
    session = await guarded.session()
    async with ClientSession() as http, http.ws_connect(guarded.url + WEBSOCKET) as socket:
        assert (await socket.receive_str()).startswith("0{")
        await socket.send_str(f'42["join",{{"roomId":"{session.id}"}}]')
        await guarded.services.sessions.renew(session.id)
        await clock.advance(SocketOptions().connect_within)
        message = await socket.receive(PATIENCE)
        assert message.type is WSMsgType.CLOSE


async def test_pages_of_other_origins_are_kept_out_where_origins_are_listed(
    tmp_path: Path, actor: ScriptedAgent, clock: FakeClock
) -> None:
    settings = settings_in(tmp_path, server=ServerSettings(cors_origins=("https://ours.example",)))
    async with serving(settings, actor, clock=clock) as stage, ClientSession() as http:
        path = f"{stage.url}/socket.io/?EIO=4&transport=polling"
        for origin, status in (("https://ours.example", 200), ("https://theirs.example", 400)):
            async with http.get(path, headers={"Origin": origin}) as answer:
                assert answer.status == status
                allowed = answer.headers.get("Access-Control-Allow-Origin")
                assert allowed == (origin if status == 200 else None)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
async def test_every_transport_carries_long_messages_and_many_at_once(
    stage: Stage, transports: tuple[str, ...]
) -> None:
    session = await stage.session()
    client = await stage.client(transports=transports)
    await client.join(session.channel_id)
    long = "ü" * 100_000
    await client.send(session.channel_id, long)
    assert (await client.next("messageBroadcast"))["text"] == long
    for number in range(40):
        await client.say("leave", f"room {number}")
    for number in range(40):
        assert (await client.next("room_left"))["roomId"] == f"room {number}"


async def test_it_is_served_below_a_prefix(tmp_path: Path, actor: ScriptedAgent, clock: FakeClock) -> None:
    async with serving(settings_in(tmp_path), actor, clock=clock, prefix="/chat") as stage:
        client = await stage.client()
        await client.next("connection_established")


GARBAGE = [
    "",
    "x",
    "4",
    "49",
    "4" + "[" * 100_000,
    "42",
    "42{}",
    "42[]",
    "42[7]",
    '42["message"',
    '42["connect",{"aiohttp.request":1}]',
    '42["disconnect"]',
    '42["message",7]',
    '42["message",{"type":2}]',
    '42["2",' + "[" * 5000 + "]" * 5000 + "]",
    '451-["message",{"_placeholder":true,"num":0}]',
    "43[]",
    "44{}",
    "40/admin,",
    "40",
]


async def test_a_client_can_leave_and_come_in_again_over_one_connection(stage: Stage) -> None:
    async with ClientSession() as http, http.ws_connect(stage.url + WEBSOCKET) as socket:
        await _enter(socket)
        await socket.send_str("41")
        await socket.send_str(f'40{{"entityId":"{ALICE}"}}')
        assert (await socket.receive_str()).startswith('40{"sid":')
        assert ALICE in await socket.receive_str()


async def test_garbage_harms_nobody_but_its_sender(stage: Stage) -> None:
    neighbour = await stage.client()
    async with ClientSession() as http:
        for text in GARBAGE:
            async with http.ws_connect(stage.url + WEBSOCKET) as socket:
                await _enter(socket)
                await socket.send_str(text)
                await socket.send_bytes(b"\x00\xff")
                await socket.send_str('42["leave","after all"]')
                while (said := await socket.receive(PATIENCE)).type is WSMsgType.TEXT:
                    if "room_left" in said.data:
                        break
    await neighbour.settled()


async def test_what_is_wrong_is_told_to_whoever_did_it(stage: Stage) -> None:
    client = await stage.client()
    asked: list[tuple[Any, str]] = [
        ({"type": 1, "payload": {}}, "channelId is required for joining."),
        ({"type": 1, "payload": {"roomId": "x" * 201}}, "channelId must be at most 200 characters"),
        ({"type": 2, "payload": {"channelId": ALICE, "senderId": ALICE}}, "and message are required."),
        ({"type": 2, "payload": {"channelId": "here", "senderId": ALICE, "message": "hi"}}, "channelId must be a UUID"),
        ({"type": 2, "payload": {"channelId": ALICE, "senderId": "me", "message": "hi"}}, "senderId must be a UUID"),
        (
            {"type": 2, "payload": {"channelId": ALICE, "senderId": ALICE, "message": "hi", "metadata": [1]}},
            "metadata must be an object",
        ),
        (
            {"type": 2, "payload": {"channelId": ALICE, "senderId": ALICE, "message": "hi", "attachments": "x"}},
            "attachments must be a list of objects",
        ),
    ]
    for told, error in asked:
        await client.say("message", told)
        assert error in (await client.next("messageError"))["error"]


@pytest.mark.parametrize("kind", [3, 4, 5, 6, 0, None, "soon"])
async def test_other_envelopes_are_passed_over(stage: Stage, kind: object) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.say("message", {"type": kind, "payload": {"channelId": session.channel_id}})
    await client.settled()
    assert client.names() == ["authenticated", "connection_established", "channel_left", "room_left"]


async def test_the_numbers_are_names_of_events_too(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client(auth={"entityId": ALICE})
    await client.say("1", {"roomId": session.channel_id})
    await client.next("room_joined")
    await client.say("2", {"roomId": session.channel_id, "message": "hi", "serverId": ALICE})
    assert (await client.next("messageBroadcast"))["senderId"] == ALICE


async def test_a_client_can_ask_too_often(tmp_path: Path, actor: ScriptedAgent, clock: FakeClock) -> None:
    settings = settings_in(tmp_path, rate_limit=RateLimit(enabled=True, requests=3))
    async with serving(settings, actor, clock=clock) as stage:
        client = await stage.client()
        for _ in range(4):
            await client.say("leave", "somewhere")
        assert (await client.next("messageError"))["error"].startswith("Too many requests")
        assert len(client.all("room_left")) == 3


async def test_open_sockets_do_not_keep_the_server_from_stopping(tmp_path: Path, actor: ScriptedAgent) -> None:
    """The runner would wait for its whole shutdown time, which is the test's patience."""
    async with serving(settings_in(tmp_path), actor, clock=SystemClock()) as stage:
        sockets = await stage.client()
        polling = await stage.client(transports=("polling",))
        await sockets.next("connection_established")
        await polling.next("connection_established")
        async with asyncio.timeout(PATIENCE / 2):
            await stage.runner.cleanup()
            await sockets.socket.wait()


async def _enter(socket: ClientWebSocketResponse) -> None:
    await socket.receive_str()
    await socket.send_str("40")
    for _ in range(3):
        await socket.receive_str()
