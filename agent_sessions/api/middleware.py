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
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web
from structlog.contextvars import STRUCTLOG_KEY_PREFIX

from ..domain.frozen import quick
from .ready import ReadyResponse, fits, untouched
from .stamp import limit_headers

if TYPE_CHECKING:
    from .rate_limit import RateLimiter
    from .stamp import Stamp


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: JSON text, its status, and headers beyond (not instead of) those that every answer has."""

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
            limit_headers.set(quota.headers())
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


_request_id: ContextVar[str] = ContextVar(f"{STRUCTLOG_KEY_PREFIX}request_id")
"""Put into every line of the log that is written for this request, by structlog's ``merge_contextvars``."""

_PROCESS = token_hex(4)
_numbers = count(1)


def request_id_of(request: web.Request) -> str:
    """The caller's own ``X-Request-Id``, else a new one."""
    return request.headers.get("X-Request-Id") or f"{_PROCESS}-{next(_numbers):x}"


def endpoint(
    handler: Handler, *, stamp: Stamp, refuse: Refuse, gate: Gate | None = None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Wrap a handler for aiohttp's router. Without a gate anybody may enter."""

    ready: bool | None = None

    async def served(request: web.Request) -> web.StreamResponse:
        nonlocal ready
        _request_id.set(request_id_of(request))
        try:
            if gate is not None:
                gate.admit(request)
            answer = await handler(request)
        except ConnectionError:
            raise  # the client is gone: aiohttp closes up, and there is nobody to tell
        except Exception as error:  # noqa: BLE001  # the one place where whatever went wrong becomes an answer
            answer = refuse(error)
        if not isinstance(answer, Answer):
            return answer
        if ready is None:
            ready = untouched(request)
        if ready and fits(request, answer.body):
            head = stamp.head(request, answer.status, further=answer.headers)
            return ReadyResponse(status=answer.status, head=head, body=answer.body)
        return web.Response(body=answer.body, status=answer.status, headers=stamp.headers(request, answer.headers))

    return served
