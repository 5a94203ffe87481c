"""The server routes: that it is there, and how it is."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import structlog

from ..middleware import Answer
from . import agent_bodies
from .envelope import enveloped
from .errors import ErrorStyle, Refused
from .health import running_agents
from .render import SERVER_ID
from .times import epoch_ms, iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body

logger = structlog.get_logger(__name__)

SECOND = timedelta(seconds=1)
STOP_AFTER = timedelta(milliseconds=100)
"""Time for the answer to reach whoever had the server stopped."""
_NO_STOP = "The server is not stopped over HTTP unless server.allow_stop says so; stop its process (SIGTERM)"


async def ping(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Answer at once."""
    return Answer(orjson.dumps({"pong": True, "timestamp": epoch_ms(wire.services.clock.now())}))


async def hello(_wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Greet."""
    return Answer(b'{"message":"Hello World!"}')


async def status(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """How many agents there are and how long the server has been running."""
    now = wire.services.clock.now()
    body = {
        "status": "ok",
        "agentCount": running_agents(wire),
        "timestamp": iso(now),
        "agents": agent_bodies.counts(wire.services.agents.all()),
        "uptime": (now - wire.started_at) / SECOND,
        "version": wire.options.version,
    }
    return Answer(orjson.dumps(body))


async def stop(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Stop the process in order, where that is allowed; by default a page in a browser could end everybody's work."""
    if not wire.options.allow_stop:
        raise Refused(403, "STOP_NOT_ALLOWED", message=_NO_STOP)
    logger.warning("server_stop_requested")
    asyncio.get_running_loop().call_later(STOP_AFTER.total_seconds(), signal.raise_signal, signal.SIGTERM)
    return enveloped({"message": "Server is stopping"})


async def debug_servers(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The message servers of elizaOS (there is one) and the agents; never the environment of the process."""
    agents = [agent_bodies.started(agent) for agent in wire.services.agents.all()]
    servers = [{"id": SERVER_ID, "name": "Default Server", "sourceType": "agent_sessions"}]
    body = {
        "success": True,
        "servers": servers,
        "count": len(servers),
        "data": {"runtime": {"agents": agents, "messageServers": servers}, "environment": {}},
    }
    return Answer(orjson.dumps(body))


_SERVER = "/api/server"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_SERVER}/ping", ping, _ENVELOPE),
    Route("GET", f"{_SERVER}/hello", hello, _ENVELOPE),
    Route("GET", f"{_SERVER}/status", status, _ENVELOPE),
    Route("POST", f"{_SERVER}/stop", stop, _ENVELOPE),
    Route("GET", f"{_SERVER}/debug/servers", debug_servers, _ENVELOPE),
)
