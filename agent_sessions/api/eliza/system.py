"""The system routes: the version, whether a key is needed, and an environment that is never shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from ..middleware import Answer
from .envelope import enveloped
from .errors import ErrorStyle, Refused
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body

SECOND = timedelta(seconds=1)

_NO_ENVIRONMENT = "The server's environment is neither read nor written over HTTP; use config.yaml or its environment"


async def version(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """What runs here, and for how long."""
    now = wire.services.clock.now()
    body = {
        "version": wire.options.version,
        "source": "server",
        "timestamp": iso(now),
        "environment": "production",
        "uptime": (now - wire.started_at) / SECOND,
    }
    return Answer(orjson.dumps(body))


async def config(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Whether calls need a key."""
    return enveloped({"requiresAuth": wire.options.token is not None})


async def get_environment(_wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Nothing, whatever the environment holds: it is full of secrets."""
    return enveloped({})


async def set_environment(_wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Refuse."""
    raise Refused(403, "ENVIRONMENT_NOT_WRITABLE", message=_NO_ENVIRONMENT)


_SYSTEM = "/api/system"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_SYSTEM}/version", version, _ENVELOPE),
    Route("GET", f"{_SYSTEM}/config", config, _ENVELOPE),
    Route("GET", f"{_SYSTEM}/env/local", get_environment, _ENVELOPE),
    Route("POST", f"{_SYSTEM}/env/local", set_environment, _ENVELOPE),
)
