"""A reader of one session over Socket.IO, spoken by hand, who comes back to where the cursor says."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from typing import Any

import aiohttp

SOCKET = "/socket.io/?EIO=4&transport=websocket"
WITHOUT_ROW = frozenset({"authenticated", "connection_established", "channel_joined", "room_joined"})
"""What is told of the connection itself."""


class SocketReader:
    """Follows one session by its cursors alone.

    ``told``: of each event about a row the row's number, the event's name and its payload. ``pieces``: of each reply.
    """

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.told: list[tuple[int, str, dict[str, Any]]] = []
        self.pieces: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.connections = 0
        self._cursor = "0"

    @property
    def seen(self) -> int:
        """The last row that was told."""
        return self.told[-1][0] if self.told else 0

    async def follow(self, http: aiohttp.ClientSession) -> None:
        """Go on until cancelled, whatever happens to the connection."""
        while True:
            with suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
                await self._connect(http)
            await asyncio.sleep(0.01)

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(SOCKET, timeout=aiohttp.ClientWSTimeout(ws_close=1)) as socket:
            self.connections += 1
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(socket, frame.data)

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, said: str) -> None:
        if said.startswith("42"):
            self._take(*json.loads(said[2:]))
        elif said.startswith("40"):
            wish = {"roomId": self.session_id, "after": self._cursor}
            await socket.send_str(f"42{json.dumps(['join', wish])}")
        elif said.startswith("0"):
            await socket.send_str("40")
        elif said == "2":
            await socket.send_str("3")

    def _take(self, event: str, payload: dict[str, Any]) -> None:
        assert event != "messageError", payload
        if event in WITHOUT_ROW:
            return
        self._cursor = payload["cursor"]
        if event == "messageStreamChunk":
            self.pieces[payload["messageId"]].append(payload)
        else:
            self.told.append((int(self._cursor.partition(".")[0]), event, payload))
