"""A web server that speaks OpenAI's embeddings. Texts that speak of the same subject, by a list of words, are alike."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

SUBJECTS = (
    ("hamster", "zoology", "dog", "pet"),
    ("shares", "prices", "economics"),
    ("Porto", "Berlin", "residence"),
    ("guitar", "music"),
)


def vector_of(text: str) -> list[float]:
    """One direction per subject, and one that all texts share."""
    return [1.0, *(3.0 * sum(word in text for word in subject) for subject in SUBJECTS)]


class EmbeddingEndpoint:
    """``status``: of its answers; ``stalled`` makes it wait for ever. Notes what it was asked, and with which keys."""

    def __init__(self) -> None:
        self.status = 200
        self.stalled = False
        self.texts: list[str] = []
        self.keys: list[str] = []

    def app(self) -> web.Application:
        """The server."""
        app = web.Application()
        app.router.add_post("/v1/embeddings", self._embed)
        return app

    async def _embed(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        self.keys.append(request.headers["Authorization"])
        self.texts += asked["input"]
        if self.stalled:
            await asyncio.Event().wait()
        if self.status != 200:
            return web.json_response({"error": {"message": "out of order, key sk-secret"}}, status=self.status)
        vectors = [
            {"object": "embedding", "index": place, "embedding": vector_of(text)}
            for place, text in enumerate(asked["input"])
        ]
        # in whatever order: each says its place
        return web.json_response({"object": "list", "model": asked["model"], "data": vectors[::-1]})
