"""A web server that speaks OpenAI's chat completions, streamed, and does as a test tells it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChatEndpoint:
    """``pieces`` are the texts it streams; an Event among them makes it wait. ``failures`` are answered first, in turn.

    ``ending``: how the stream ends: "done", "drop" (the connection breaks), "malformed", "error" or "filtered".
    """

    def __init__(self) -> None:
        self.pieces: Sequence[str | asyncio.Event] = ("Hello", " there")
        self.thoughts: Sequence[str] = ()
        self.failures: list[int] = []
        self.ending = "done"
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = asyncio.Event()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it was asked last."""
        messages: list[dict[str, Any]] = self.requests[-1]["messages"]
        return messages

    def app(self) -> web.Application:
        """The server."""
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        return app

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.keys.append(request.headers["Authorization"])
        if self.failures:
            return _failure(self.failures.pop(0))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._stream(response)
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise
        if self.ending == "drop":
            assert request.transport is not None
            request.transport.abort()
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        for thought in self.thoughts:
            await _send(response, {"reasoning_content": thought})
        for piece in self.pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await _send(response, {"content": piece})
        match self.ending:
            case "done":
                await _send(response, {}, finish="stop")
                await response.write(b"data: [DONE]\n\n")
            case "malformed":
                await response.write(b"data: {not json\n\n")
            case "error":
                await response.write(b'data: {"error": {"message": "out of memory at 0xdead"}}\n\n')
            case "filtered":
                await _send(response, {}, finish="content_filter")


def _failure(status: int) -> web.Response:
    error = {"error": {"message": "internal detail sk-secret", "type": "some_type", "code": "some_code"}}
    return web.json_response(error, status=status, headers={"retry-after-ms": "1"})


async def _send(response: web.StreamResponse, delta: dict[str, Any], *, finish: str | None = None) -> None:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "tiny",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
