"""The sessions routes, messages apart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from ..middleware import Answer
from . import render, schemas
from .errors import Refused
from .paths import session_id
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.session import Session
    from ...domain.timeouts import TimeoutOverrides
    from ..bodies import Body

MAX_PAGE = 1000
MAX_OFFSET = 2**62
SECOND = timedelta(seconds=1)


async def create_session(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Begin a session. An ``Idempotency-Key`` that this user used before with this agent gives the session of then."""
    asked = schemas.members(body)
    between = schemas.participants(asked)
    wire.services.agents.running(between.agent_id)
    key = schemas.idempotency_key(request)
    session = await wire.services.sessions.create(
        agent_id=between.agent_id,
        user_id=between.user_id,
        metadata=schemas.metadata(asked),
        timeouts=schemas.new_timeouts(asked),
        idempotency_key=None if key is None else f"{between.user_id}/{between.agent_id}/{key}",
    )
    return Answer(orjson.dumps(render.new_session(session)), 201)


async def list_sessions(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Live sessions, oldest first: of an agent or a user where named, a page at a time."""
    sessions, now = wire.services.sessions, wire.services.clock.now()
    page = await sessions.list(
        agent_id=request.query.get("agentId"),
        user_id=request.query.get("userId"),
        limit=schemas.whole(request, "limit", default=MAX_PAGE, low=1, high=MAX_PAGE),
        after=request.query.get("after") or None,
        offset=schemas.whole(request, "offset", default=0, low=0, high=MAX_OFFSET),
    )
    counts = await sessions.counts()
    body = {
        "sessions": [render.session_info(session, now) for session in page.sessions],
        "total": page.total,
        "stats": {
            "totalSessions": counts.active + counts.expired,
            "activeSessions": counts.active,
            "expiredSessions": counts.expired,
        },
        "nextCursor": page.next_after,
    }
    return Answer(orjson.dumps(body))


async def health(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """How many sessions live, and how many of them are near their end."""
    now = wire.services.clock.now()
    counts = await wire.services.sessions.counts()
    body = {
        "status": "healthy",
        "activeSessions": counts.active,
        "timestamp": iso(now),
        "expiringSoon": counts.expiring,
        "uptime": (now - wire.started_at) / SECOND,
    }
    return Answer(orjson.dumps(body))


async def get_session(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One session."""
    return _info(wire, await wire.services.sessions.get(session_id(request)))


async def renew_session(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Move the end, whatever the session's ``autoRenew`` says."""
    return _info(wire, await wire.services.sessions.renew(session_id(request)))


async def heartbeat(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Record activity."""
    return _info(wire, await wire.services.sessions.heartbeat(session_id(request)))


async def change_timeout(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Change the timeouts that the body names."""
    wishes = await _wishes(wire, request, body)
    return _info(wire, await wire.services.sessions.reconfigure(session_id(request), wishes))


async def delete_session(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """End the session, and remember or forget what was said as ``?memory=`` says, else as the server is set up.

    ``data`` is there because the official client returns that member.
    """
    forget = schemas.forgetting(request)
    session = await wire.services.sessions.end(session_id(request), forget=forget)
    deleted = {"success": True, "message": f"Session {session.id} deleted successfully"}
    return Answer(orjson.dumps({**deleted, "data": deleted}))


async def _wishes(wire: Wire, request: web.Request, body: Body) -> TimeoutOverrides:
    """What is asked for. What is wrong with it is told only about a session that is there and alive."""
    sessions = wire.services.sessions
    try:
        return schemas.changed_timeouts(schemas.members(body), sessions.policy.limits)
    except Refused:
        await sessions.get(session_id(request))
        raise


def _info(wire: Wire, session: Session) -> Answer:
    return Answer(orjson.dumps(render.session_info(session, wire.services.clock.now())))


_SESSIONS = "/api/messaging/sessions"
_SESSION = f"{_SESSIONS}/{{session_id}}"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_SESSIONS}/health", health),
    Route("POST", f"{_SESSION}/heartbeat", heartbeat),
    Route("GET", _SESSION, get_session),
    Route("DELETE", _SESSION, delete_session),
    Route("POST", f"{_SESSION}/renew", renew_session),
    Route("PATCH", f"{_SESSION}/timeout", change_timeout),
    Route("GET", _SESSIONS, list_sessions),
    Route("POST", _SESSIONS, create_session),
)
