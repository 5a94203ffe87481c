"""A web server that speaks OpenAI's chat completions with a JSON schema, and answers what a test tells it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence


def fact(content: str, *messages: int, **members: Any) -> dict[str, Any]:
    """A fact as a model tells it."""
    empty: dict[str, Any] = {
        "first_day": None,
        "last_day": None,
        "categories": [],
        "relation": "new",
        "known": None,
        "question": None,
    }
    return {"content": content, "messages": list(messages), **empty, **members}


class ModelEndpoint:
    """``facts`` and ``summary`` are what it answers, unless ``text`` says otherwise. ``status``: of its answers.

    ``finish`` is why it stopped; ``stalled`` makes it wait for ever; ``tokens``: what it says the answer took, None:
    nothing. Notes what it was asked, and with which keys.
    """

    def __init__(self) -> None:
        self.facts: Sequence[dict[str, Any]] = ()
        self.summary = "User and assistant talked."
        self.text: str | None = None
        self.status = 200
        self.finish = "stop"
        self.refusal: str | None = None
        self.stalled = False
        self.tokens: int | None = 100
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []

    @property
    def question(self) -> str:
        """What it was asked last."""
        asked: str = self.requests[-1]["messages"][-1]["content"]
        return asked

    def app(self) -> web.Application:
        """The server."""
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        return app

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.keys.append(request.headers["Authorization"])
        if self.stalled:
            await asyncio.Event().wait()
        if self.status != 200:
            error = {"error": {"message": "insides of the provider sk-secret", "type": "t", "code": "c"}}
            return web.json_response(error, status=self.status, headers={"retry-after-ms": "1"})
        told = json.dumps({"facts": list(self.facts), "summary": self.summary})
        message = {"role": "assistant", "content": told if self.text is None else self.text, "refusal": self.refusal}
        usage = {"prompt_tokens": self.tokens, "completion_tokens": 0, "total_tokens": self.tokens}
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 0,
                "model": "tiny",
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
                "usage": None if self.tokens is None else usage,
            }
        )
