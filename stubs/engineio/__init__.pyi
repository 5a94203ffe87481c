"""What we use of python-engineio, which says nothing about its types."""

from collections.abc import Callable, Mapping
from logging import Logger
from typing import Any

from aiohttp import web

from .async_socket import AsyncSocket

class Reason:
    TRANSPORT_CLOSE: str

class AsyncServer:
    reason: Reason
    sockets: dict[str, AsyncSocket]
    max_http_buffer_size: int
    _async: Mapping[str, Any]
    def __init__(self, **options: Any) -> None: ...
    def create_queue(self) -> Any: ...
    async def handle_request(self, request: web.Request) -> web.StreamResponse: ...
    async def shutdown(self) -> None: ...

Origins = Callable[[str, Mapping[str, Any]], bool]
logger: Logger
