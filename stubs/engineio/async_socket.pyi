from typing import Any

from . import AsyncServer
from .packet import Packet

class AsyncSocket:
    server: AsyncServer
    sid: str
    queue: Any
    connected: bool
    upgrading: bool
    upgraded: bool
    closed: bool
    closing: bool
    async def receive(self, pkt: Packet) -> None: ...
    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None: ...
