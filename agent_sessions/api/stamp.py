"""The headers that every answer has, as a mapping and as ready bytes. Knows nothing of any wire's bodies."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ..ports import Clock

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self';style-src 'self' 'unsafe-inline' https: http:;script-src * 'unsafe-inline' 'unsafe-eval';"
        "img-src 'self' data: blob: https: http:;font-src 'self' https: http: data:;"
        "connect-src 'self' ws: wss: https: http:;media-src 'self' blob: data:;object-src 'none';"
        "frame-src 'self' data:;base-uri 'self';form-action 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "1; mode=block",
}
"""As the elizaOS server sends them on every API answer."""

COMMON_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json; charset=utf-8",
    "Access-Control-Allow-Credentials": "true",
    "Vary": "Origin",
    **SECURITY_HEADERS,
}

PREFLIGHT_HEADERS: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,PATCH,OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type,Authorization,X-API-KEY,Idempotency-Key,Last-Event-ID,X-Request-Id",
}

HEADS_KEPT = 0.5
"""Seconds."""

limit_headers: ContextVar[Mapping[str, str] | None] = ContextVar("limit_headers", default=None)
"""The rate limit headers of the answer that is being made; aiohttp runs each request in a context of its own."""


class Stamp:
    """The headers of every answer. ``cors_origins``: who may read them in a browser; empty: whoever asks."""

    def __init__(self, clock: Clock, *, cors_origins: tuple[str, ...] = ()) -> None:
        self._clock = clock
        self._origins = frozenset(cors_origins)
        self._any = "*" in self._origins
        self._common = CIMultiDict(COMMON_HEADERS)
        self._lines = _lines(COMMON_HEADERS)
        self._heads: dict[int, bytes] = {}

    def headers(self, request: web.Request, further: Mapping[str, str] | None = None) -> CIMultiDict[str]:
        """The headers of an answer to this request; those of ``further`` replace ours."""
        headers = self._common.copy()
        headers.update(self._own(request))
        if further:
            headers.update(further)
        return headers

    def head(self, request: web.Request, status: int, *, further: Mapping[str, str] | None = None) -> bytes:
        """The same as bytes, from the status line to before the length; ``further`` must hold none of ours."""
        head = self._heads.get(status) or self._make_head(status)
        own = self._own(request)
        if further:
            own.update(further)
        return head + _lines(own) if own else head

    def _make_head(self, status: int) -> bytes:
        """A head with the present date, which is told in whole seconds and kept for half of one."""
        if not self._heads:
            asyncio.get_running_loop().call_later(HEADS_KEPT, self._heads.clear)
        date = format_datetime(self._clock.now(), usegmt=True)
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nDate: {date}\r\n"
        self._heads[status] = head = line.encode() + self._lines
        return head

    def _own(self, request: web.Request) -> dict[str, str]:
        """The headers that only this request's answer has."""
        limits = limit_headers.get()
        own = dict(limits) if limits else {}
        if request_id := request.headers.get("X-Request-Id"):
            own["X-Request-Id"] = request_id
        if origin := request.headers.get("Origin"):
            if self._any:
                own["Access-Control-Allow-Origin"] = "*"
            elif not self._origins or origin in self._origins:
                own["Access-Control-Allow-Origin"] = origin
        return own


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("utf-8", "surrogateescape")
