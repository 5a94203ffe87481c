"""Every route of this wire, and how they are put on an application."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from ..bodies import charset_of, parse, read_bytes
from ..middleware import endpoint
from ..rate_limit import RateLimiter
from ..stamp import PREFLIGHT_HEADERS, Stamp
from ..streams import OpenStreams
from . import conflicts, context, memories, search, sessions, users
from .entrance import Entrance
from .errors import error_answer, no_endpoint
from .wire import Call, Wire

if TYPE_CHECKING:
    from ...services import Services
    from ..bodies import Body
    from ..middleware import Answer
    from .options import RecallrOptions
    from .wire import Route

VERSION = "/api/v1"

ROUTES: tuple[Route, ...] = (
    *sessions.ROUTES,
    *context.ROUTES,
    *users.ROUTES,
    *memories.ROUTES,
    *search.ROUTES,
    *conflicts.ROUTES,
)
"""All of them; each file of handlers has its table."""

_SEGMENT = re.compile(r"\{(\w+)\}")
ANY_TEXT = r"{\1:[^/]+}"
"""A segment of a path: otherwise aiohttp takes none with braces in it."""

PREFLIGHT = {
    **PREFLIGHT_HEADERS,
    "Access-Control-Allow-Headers": (
        PREFLIGHT_HEADERS["Access-Control-Allow-Headers"] + ",X-Recallr-Api-Key,X-Recallr-Project-Id"
    ),
}


def register(app: web.Application, services: Services, options: RecallrOptions, *, prefix: str = "") -> None:
    """Put every route on this application under ``prefix``, and what is under ``/api/v1`` and no route into a 404."""
    stamp = Stamp(services.clock, cors_origins=options.cors_origins)
    wire = Wire(services=services, options=options, stamp=stamp, streams=OpenStreams(services.clock))
    entrance = Entrance(options, limiter=_limiter(services, options))
    for route in ROUTES:
        served = endpoint(partial(_serve, wire, entrance, route), stamp=stamp, refuse=error_answer)
        path = prefix + VERSION + _SEGMENT.sub(ANY_TEXT, route.path)
        if route.method == "GET":
            app.router.add_get(path, served)  # and HEAD
        else:
            app.router.add_route(route.method, path, served)
    otherwise = endpoint(partial(_unknown, stamp), stamp=stamp, refuse=error_answer)
    app.router.add_route("*", prefix + VERSION + r"{rest:(/.*)?}", otherwise)
    app.on_shutdown.append(wire.streams.close)


async def _serve(wire: Wire, entrance: Entrance, route: Route, request: web.Request) -> Answer | web.StreamResponse:
    """What happens to every request of this wire before its handler: its project, then its body."""
    project = entrance.project_of(request)
    body = await _read(request, limit=wire.options.body_limit) if route.takes_body else {}
    return await route.handler(Call(wire, request, project, body))


async def _read(request: web.Request, *, limit: int) -> Body:
    """The request's JSON, whatever type it says it is; an empty object when there is none. Raises Unreadable."""
    raw = await read_bytes(request, limit=limit) if request.body_exists else b""
    return parse(raw, charset=charset_of(request.headers.get("Content-Type", ""))) if raw.strip() else {}


async def _unknown(stamp: Stamp, request: web.Request) -> web.StreamResponse:
    """Answers preflights; refuses everything else: there is nothing here."""
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=stamp.headers(request, PREFLIGHT))
    raise no_endpoint()


def _limiter(services: Services, options: RecallrOptions) -> RateLimiter | None:
    if options.rate_limit is None:
        return None
    return RateLimiter(options.rate_limit, window=options.rate_window, clock=services.clock)
