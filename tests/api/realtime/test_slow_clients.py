"""Clients that do not read what they are sent cost a bounded amount of memory, then are sent away with a cursor."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from aiohttp import ClientSession
from structlog.testing import capture_logs

from agent_sessions.services.conversation import Draft

from .sockets import ALICE, PATIENCE

if TYPE_CHECKING:
    from .sockets import Stage

LONG = "x" * 200_000


async def test_a_websocket_that_is_not_read_is_closed_and_harms_nobody(stage: Stage) -> None:
    session = await stage.session()
    client = await stage.client()
    await client.join(session.channel_id, after="1")
    sleeper = await _sleeper(stage, session.channel_id)
    sent = 0
    try:
        with capture_logs() as logs:
            while not any(line["event"] == "slow_client_disconnected" for line in logs):
                await (await stage.services.conversation.send(session.id, Draft(LONG))).turn.outcome()
                await client.next("messageComplete")
                sent += 1
        read = await asyncio.wait_for(_all_of(sleeper), PATIENCE)
    finally:
        sleeper.close()
    assert b'["resume",{"reason":"too slow"' in read
    assert len(client.all("messageBroadcast")) == 2 * sent


async def test_a_client_that_stops_polling_is_forgotten(stage: Stage) -> None:
    session = await stage.session()
    watcher = await stage.client()
    await watcher.join(session.channel_id)
    async with ClientSession() as http:
        url = f"{stage.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(url) as opened:
            sid = (await opened.text()).partition('"sid":"')[2].partition('"')[0]
        for packet in ("40", f'42["join",{{"roomId":"{session.channel_id}"}}]'):
            async with http.post(f"{url}&sid={sid}", data=packet) as taken:
                assert taken.status == 200
        for _ in range(10):
            await watcher.send(session.channel_id, LONG, senderId=ALICE)
            await watcher.next("messageComplete")
        async with asyncio.timeout(PATIENCE):
            while (await _poll(http, f"{url}&sid={sid}")) != 400:
                pass


async def _sleeper(stage: Stage, channel_id: str) -> socket.socket:
    """A websocket that joined a room and reads nothing more."""
    host, port = stage.runner.addresses[0][:2]
    loop = asyncio.get_running_loop()
    raw = socket.create_connection((host, port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    head = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(raw, head.encode())
    for text in ("40", f'42["join",{{"roomId":"{channel_id}","after":"1"}}]'):
        await loop.sock_sendall(raw, _masked(text.encode()))
    seen = b""
    while b"room_joined" not in seen:
        seen += await loop.sock_recv(raw, 4096)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    return raw


def _masked(text: bytes) -> bytes:
    """A client's frame, with a mask of zeros."""
    return (
        b"\x81"
        + (b"\xfe" + len(text).to_bytes(2, "big") if len(text) > 125 else bytes([128 + len(text)]))
        + (b"\0\0\0\0" + text)
    )


async def _all_of(raw: socket.socket) -> bytes:
    """Everything until the connection is closed."""
    loop, read = asyncio.get_running_loop(), b""
    try:
        while piece := await loop.sock_recv(raw, 1 << 20):
            read += piece
    except ConnectionError:
        pass
    return read


async def _poll(http: ClientSession, url: str) -> int:
    async with http.get(url) as answer:
        await answer.read()
        return answer.status
