"""What every request passes: its id, its key, its share of the rate, the headers of its answer, its errors.

Not an aiohttp middleware: a wrapper around each handler of ours, so that an application we are mounted on keeps its
own routes to itself. Knows nothing of any wire's bodies.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from .rate_limit import RateLimiter


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: JSON text, its status, and headers beyond those that every answer has."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] | None = None


Handler: TypeAlias = Callable[[web.Request], Awaitable[Answer | web.StreamResponse]]
Refuse: TypeAlias = Callable[[Exception], Answer]
"""From whatever was raised to the wire's answer."""


class KeyMissing(Exception):
    """The request carries no key, or a wrong one."""


class RateExceeded(Exception):
    """The client made more requests than it may. The rate limit headers say when to come back."""


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

PREFLIGHT_HEADERS: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,PATCH,OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type,Authorization,X-API-KEY,Idempotency-Key,X-Request-Id",
}

_limit_headers: ContextVar[Mapping[str, str] | None] = ContextVar("limit_headers", default=None)
"""The rate limit headers of the answer that is being made; aiohttp runs each request in a context of its own."""


class Stamp:
    """The headers of every answer. ``cors_origins``: who may read them in a browser; empty: whoever asks."""

    def __init__(self, cors_origins: tuple[str, ...] = ()) -> None:
        self._origins = frozenset(cors_origins)
        self._any = "*" in self._origins
        self._plain = CIMultiDict(
            {"Content-Type": "application/json; charset=utf-8", "Access-Control-Allow-Credentials": "true"}
            | {"Vary": "Origin"}
            | dict(SECURITY_HEADERS)
        )

    def headers(self, request: web.Request, further: Mapping[str, str] | None = None) -> CIMultiDict[str]:
        """The headers of an answer to this request."""
        headers = self._plain.copy()
        if origin := request.headers.get("Origin"):
            self._allow(origin, headers)
        if limits := _limit_headers.get():
            headers.update(limits)
        if request_id := request.headers.get("X-Request-Id"):
            headers["X-Request-Id"] = request_id
        if further:
            headers.update(further)
        return headers

    def _allow(self, origin: str, headers: CIMultiDict[str]) -> None:
        if self._any:
            headers["Access-Control-Allow-Origin"] = "*"
        elif not self._origins or origin in self._origins:
            headers["Access-Control-Allow-Origin"] = origin


class Gate:
    """Who may enter: whoever knows the token (anybody when there is none), as often as the limiter allows."""

    def __init__(self, *, token: str | None = None, limiter: RateLimiter | None = None) -> None:
        self._token = token.encode() if token else None
        self._limiter = limiter

    def admit(self, request: web.Request) -> None:
        """Let the request in, counted by its key, else by its address. Raises KeyMissing or RateExceeded."""
        if self._token is None and self._limiter is None:
            return
        known = self._token is not None and self._knows_token(request)
        if self._limiter is not None:
            quota = self._limiter.count("key" if known else f"ip:{request.remote}")
            _limit_headers.set(quota.headers())
            if quota.exceeded:
                raise RateExceeded
        if self._token is not None and not known:
            raise KeyMissing

    def _knows_token(self, request: web.Request) -> bool:
        assert self._token is not None
        given = request.headers.get("X-API-KEY")
        if given is None:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return False
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token)


_PROCESS = token_hex(4)
_numbers = count(1)


def request_id_of(request: web.Request) -> str:
    """The caller's own ``X-Request-Id``, else a new one."""
    return request.headers.get("X-Request-Id") or f"{_PROCESS}-{next(_numbers):x}"


def endpoint(
    handler: Handler, *, stamp: Stamp, refuse: Refuse, gate: Gate | None = None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Wrap a handler for aiohttp's router. Without a gate anybody may enter."""

    async def served(request: web.Request) -> web.StreamResponse:
        structlog.contextvars.bind_contextvars(request_id=request_id_of(request))
        try:
            if gate is not None:
                gate.admit(request)
            answer: Any = await handler(request)
        except Exception as error:  # noqa: BLE001  # the one place where whatever went wrong becomes an answer
            answer = refuse(error)
        if not isinstance(answer, Answer):
            return answer  # type: ignore[no-any-return]
        return web.Response(body=answer.body, status=answer.status, headers=stamp.headers(request, answer.headers))

    return served
