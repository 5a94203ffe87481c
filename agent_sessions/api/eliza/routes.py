"""Every route of this wire, and how they are put on an application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..middleware import Gate, endpoint
from ..pulse import Pulse
from ..rate_limit import RateLimiter
from ..stamp import Stamp
from ..streams import OpenStreams
from . import (
    agents,
    audio,
    channels,
    events,
    health,
    jobs,
    logs,
    memories,
    message_servers,
    messages,
    runs,
    server,
    sessions,
    statistics,
    submit,
    system,
    uploads,
    webhooks,
    worlds,
)
from .bodies import read_body
from .errors import ErrorStyle, error_answer
from .events import Frames
from .history import PageCache
from .paths import Fallback, check_agent_query
from .wire import Route, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from ...services import Services
    from ..middleware import Answer
    from .options import ElizaOptions

ROUTES: tuple[Route, ...] = (
    *messages.ROUTES,
    *sessions.ROUTES,
    *events.ROUTES,
    *worlds.ROUTES,  # before the agents: the word "worlds" stands where an agent's id would
    *agents.ROUTES,
    *jobs.ROUTES,
    *channels.ROUTES,
    *submit.ROUTES,
    *memories.ROUTES,
    *runs.ROUTES,
    *logs.ROUTES,
    *uploads.ROUTES,
    *audio.ROUTES,
    *message_servers.ROUTES,
    *server.ROUTES,
    *statistics.ROUTES,
    *webhooks.ROUTES,
    *system.ROUTES,
    *health.ROUTES,
)
"""All of them; each file of handlers has its table. Fixed segments come before named ones, and what is asked for most
comes first, because aiohttp tries the routes of one fixed beginning in order."""


def register(app: web.Application, services: Services, options: ElizaOptions, *, prefix: str = "") -> None:
    """Put every route on this application under ``prefix``, and what is under ``/api`` and no route into a JSON 404."""
    stamp = Stamp(services.clock, cors_origins=options.cors_origins)
    streams = OpenStreams(services.clock)
    wire = Wire(
        services=services,
        options=options,
        stamp=stamp,
        pages=PageCache(),
        streams=streams,
        pulse=Pulse(services.clock, interval=options.keep_alive_interval),
        frames=Frames(),
        started_at=services.clock.now(),
    )
    gate = Gate(token=options.token, limiter=_limiter(services, options))
    fallback = Fallback(prefix)
    for route in ROUTES:
        served = endpoint(
            partial(_serve, wire, route),
            stamp=stamp,
            refuse=partial(_refuse, wire, route.style),
            gate=None if route.open else gate,
        )
        _add(app, route, path=prefix + route.path, served=served)
        fallback.add(route, served)
    unknown = endpoint(fallback.not_found, stamp=stamp, refuse=partial(_refuse, wire, ErrorStyle.NESTED), gate=gate)
    app.router.add_route("*", fallback.pattern, fallback.resolving(otherwise=unknown, stamp=stamp))
    app.on_shutdown.append(streams.close)


async def _serve(wire: Wire, route: Route, request: web.Request) -> Answer | web.StreamResponse:
    """What happens to every request of this wire before its handler: the agent query, then the body."""
    if "?" in request.raw_path:
        check_agent_query(request, wire.services.agents)
    body = await read_body(request, limit=wire.options.body_limit) if request.body_exists else {}
    return await route.handler(wire, request, body)


def _refuse(wire: Wire, style: ErrorStyle, error: Exception) -> Answer:
    return error_answer(error, style, now=wire.services.clock.now())


def _limiter(services: Services, options: ElizaOptions) -> RateLimiter | None:
    if options.rate_limit is None:
        return None
    return RateLimiter(options.rate_limit, window=options.rate_window, clock=services.clock)


def _add(
    app: web.Application, route: Route, *, path: str, served: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    if route.method == "GET":
        app.router.add_get(path, served)  # and HEAD
    else:
        app.router.add_route(route.method, path, served)
