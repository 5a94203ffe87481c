"""Who may enter, and into which project: by the key and the project id that a request carries."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ...domain.user import DEFAULT_PROJECT
from ..middleware import KeyMissing, RateExceeded
from ..stamp import limit_headers

if TYPE_CHECKING:
    from aiohttp import web

    from ..rate_limit import RateLimiter
    from .options import RecallrOptions

SDK_PREFIX = "rai_"
"""Clients take only keys that begin with this; a key without it may be given with it put in front."""


class Entrance:
    """Lets requests into projects, as often as the limiter allows.

    A project with keys of its own is entered by these alone; every other project id means the default project, entered
    by the server's token. Without any projects and token, everybody is in the default project.
    """

    def __init__(self, options: RecallrOptions, *, limiter: RateLimiter | None = None) -> None:
        self._keys = {project.id: _accepted(project.keys) for project in options.projects}
        self._token = _accepted((options.token,)) if options.token else ()
        self._open = not self._keys and not self._token
        self._limiter = limiter

    def project_of(self, request: web.Request) -> str:
        """The project that the request may work in. Raises KeyMissing or RateExceeded."""
        project = DEFAULT_PROJECT if self._open else self._opened(request)
        if self._limiter is not None:
            quota = self._limiter.count(f"ip:{request.remote}" if self._open or project is None else f"key:{project}")
            limit_headers.set(quota.headers())
            if quota.exceeded:
                raise RateExceeded
        if project is None:
            raise KeyMissing
        return project

    def _opened(self, request: web.Request) -> str | None:
        """The project that the request's key opens; None when it opens none."""
        named = request.headers.get("X-Recallr-Project-Id", "")
        keys = self._keys.get(named)
        if not _is_one_of(_key_in(request), self._token if keys is None else keys):
            return None
        return DEFAULT_PROJECT if keys is None else named


def _accepted(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    """What clients may show for these keys."""
    prefixed = (SDK_PREFIX + key for key in keys if not key.startswith(SDK_PREFIX))
    return tuple(key.encode() for key in (*keys, *prefixed))


def _key_in(request: web.Request) -> bytes:
    given = request.headers.get("X-Recallr-Api-Key") or request.headers.get("X-API-KEY")
    if not given:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else ""
    return given.strip().encode("utf-8", "surrogateescape")


def _is_one_of(given: bytes, keys: tuple[bytes, ...]) -> bool:
    """Compared in constant time, and with every one, so that nothing is to be learned from how long it takes."""
    return sum(hmac.compare_digest(given, key) for key in keys) > 0  # a generator would stop early
