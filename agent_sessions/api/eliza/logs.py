"""The lines that the server wrote about itself: of all, and of one agent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import orjson
import structlog

from ...services.log_lines import LEVELS
from ..middleware import Answer
from . import schemas
from .agents import agent_in_path
from .envelope import enveloped, nothing, uuid_in_path
from .errors import ErrorStyle, cut
from .times import epoch_ms
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...services.log_lines import LogLine
    from ..bodies import Body
    from .render import Json

logger = structlog.get_logger(__name__)

DEFAULT_LINES, MAX_LINES = 100, 1000
FARTHEST = 2**62


async def list_logs(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The last lines, newest first: of a level and above, about an agent, where named."""
    level = cut(request.query.get("level") or "all").lower()
    agent_id = request.query.get("agentId") or _agent_named(wire, request)
    found = wire.services.log_lines.recent(level=LEVELS.get(level, 0), agent_id=agent_id)
    limit = schemas.whole(request, "limit", default=DEFAULT_LINES, low=1, high=MAX_LINES)
    shown = [_line(each) for each in found[:limit]]
    told = {"requestedLevel": level, "level": level, "levels": list(LEVELS)}
    return Answer(orjson.dumps({"logs": shown, "count": len(shown), "total": len(found), **told}))


async def take_logs(_wire: Wire, _request: web.Request, body: Body) -> Answer:
    """Write down that a client had something to log (at debug, what it said included); nothing is kept to be read."""
    given = body.get("logs") if isinstance(body, dict) else body
    entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    for entry in entries:
        said = {name: cut(str(entry.get(name, ""))) for name in ("level", "source", "message")}
        logger.debug("client_logged", client_level=said["level"], source=said["source"], message=said["message"])
    return Answer(orjson.dumps({"received": len(entries)}))


async def clear_logs(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Let go of the lines that are kept."""
    cleared = wire.services.log_lines.clear()
    return Answer(orjson.dumps({"status": "success", "message": "Logs cleared successfully", "cleared": cleared}))


async def list_agent_logs(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The last lines about an agent, newest first."""
    agent_id = agent_in_path(wire, request).id
    count = schemas.whole(request, "count", default=DEFAULT_LINES, low=1, high=MAX_LINES)
    offset = schemas.whole(request, "offset", default=0, low=0, high=FARTHEST)
    found = wire.services.log_lines.recent(agent_id=agent_id)[offset : offset + count]
    return enveloped([_entry(agent_id, each) for each in found])


async def delete_agent_log(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Let go of one line; one that is gone already makes no difference."""
    agent_in_path(wire, request)
    wire.services.log_lines.remove(uuid_in_path(request, "log_id", of="log"))
    return nothing()


def _agent_named(wire: Wire, request: web.Request) -> str | None:
    """The id of the agent that ``agentName`` names; a name that no agent has finds nothing."""
    name = request.query.get("agentName")
    if not name or name == "all":
        return None
    return next((each.id for each in wire.services.agents.all() if each.character.name == name), name)


def _line(line: LogLine) -> Json:
    agent = {"agentId": line.fields["agent_id"]} if "agent_id" in line.fields else {}
    return {**line.fields, "id": line.id, "time": _ms(line), "level": line.level, "msg": line.event, **agent}


def _entry(agent_id: str, line: LogLine) -> Json:
    body = {"message": line.event, "level": line.level, **line.fields}
    return {"id": line.id, "entityId": agent_id, "type": line.event, "body": body, "createdAt": _ms(line)}


def _ms(line: LogLine) -> int | None:
    try:
        return epoch_ms(datetime.fromisoformat(line.at))
    except (ValueError, TypeError):
        return None  # a host application's own form of times


_SERVER = "/api/server/logs"
_AGENT = "/api/agents/{agent_id}/logs"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("GET", _SERVER, list_logs, _ENVELOPE),
    Route("POST", _SERVER, take_logs, _ENVELOPE),
    Route("DELETE", _SERVER, clear_logs, _ENVELOPE),
    Route("GET", _AGENT, list_agent_logs, _ENVELOPE),
    Route("DELETE", f"{_AGENT}/{{log_id}}", delete_agent_log, _ENVELOPE),
)
