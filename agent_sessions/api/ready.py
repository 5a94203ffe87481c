"""Answers as ready bytes, written to the connection in one piece.

aiohttp's own response assembles, checks and prints its headers anew for each answer, which takes longer than most of
our handlers. What is here uses nothing of aiohttp that is not public, and stands back (see :func:`fits`) wherever the
ordinary way is more than bytes: other people's middlewares and signals, HEAD, old clients, slow readers, large bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientConnectionResetError, HttpVersion11, hdrs, web

if TYPE_CHECKING:
    import asyncio

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.web_request import BaseRequest

LARGEST = 64 * 1024
"""Bytes of a body. Beyond this the ordinary way waits for the client to read."""


class ReadyResponse(web.StreamResponse):
    """A whole answer: ``head`` from the status line to before the length, and the body. The connection stays open."""

    def __init__(self, *, status: int, head: bytes, body: bytes) -> None:
        super().__init__(status=status)
        self._whole = b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
        self._transport: asyncio.Transport | None = None

    @property
    def keep_alive(self) -> bool:
        """Always: it is not used for the last answer of a connection."""
        return True

    @property
    def body_length(self) -> int:
        """For the access log: head included."""
        return len(self._whole)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Note where to write."""
        self._transport = request.transport
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Write everything, once."""
        if self._transport is None or self._transport.is_closing():
            raise ClientConnectionResetError("Cannot write to closing transport")
        self._transport.write(self._whole + data)


def untouched(request: web.Request) -> bool:
    """Whether nobody but us has a say in the answers of the applications that serve this route."""
    return not any(app.middlewares or app.on_response_prepare for app in request.match_info.apps)


def fits(request: web.Request, body: bytes) -> bool:
    """Whether an answer can be written in one piece: the client is up to date, reads, and stays connected."""
    transport = request.transport
    return (
        transport is not None
        and len(body) <= LARGEST
        and not transport.get_write_buffer_size()
        and request.keep_alive
        and request.version == HttpVersion11
        and request.method != hdrs.METH_HEAD
    )
