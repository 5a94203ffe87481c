"""Whether the server is there and fit to serve: for load balancers and people, outside ``/api`` and without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import structlog

from ...domain.agent import AgentStatus
from ...domain.errors import StoreUnavailable
from ..middleware import Answer
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body
    from .render import Json

logger = structlog.get_logger(__name__)


async def alive(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The process answers; nothing else is looked at."""
    return Answer(orjson.dumps({"status": "ok", "timestamp": iso(wire.services.clock.now())}))


async def ready(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Whether messages can be kept and answered: 503 when no agent runs or the store does not answer."""
    report = await readiness(wire)
    fit = _is_fit(report)
    body = {"status": "OK" if fit else "DEGRADED", **report, "agentCount": running_agents(wire)}
    return Answer(orjson.dumps(body), 200 if fit else 503)


async def server_health(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The same under ``/api``; elizaOS's status text stays OK whatever the status code says."""
    report = await readiness(wire)
    return Answer(orjson.dumps({"status": "OK", **report}), 200 if _is_fit(report) else 503)


async def readiness(wire: Wire) -> Json:
    """The version, the time, and how it is with what the server depends on."""
    return {
        "version": wire.options.version,
        "timestamp": iso(wire.services.clock.now()),
        "dependencies": {
            "agents": "healthy" if running_agents(wire) else "no_agents",
            "store": "healthy" if await _store_answers(wire) else "unavailable",
        },
    }


def running_agents(wire: Wire) -> int:
    """How many agents take messages."""
    return sum(agent.status is AgentStatus.ACTIVE for agent in wire.services.agents.all())


def _is_fit(report: Json) -> bool:
    return set(report["dependencies"].values()) == {"healthy"}


async def _store_answers(wire: Wire) -> bool:
    try:
        await wire.services.store.check()
    except StoreUnavailable as error:
        logger.warning("store_unavailable", reason=str(error))
        return False
    return True


ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", alive, open=True),
    Route("GET", "/health", ready, open=True),
    Route("GET", "/api/server/health", server_health),
)
