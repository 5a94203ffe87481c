"""Message servers of elizaOS: there is one, with its channels and agents.

Every agent belongs to it until a client takes it out, which is kept in the agent's settings. Sessions ask nobody's
membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.agent import UUID_SHAPE
from ...domain.errors import AgentNotFound
from . import channel_bodies, schemas
from .envelope import enveloped
from .errors import ErrorStyle, Refused, invalid
from .render import SERVER_ID
from .times import iso
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.agent import AgentDefinition
    from ..bodies import Body
    from ..middleware import Answer
    from .render import Json

MAX_CHANNELS = 1000
MAX_OFFSET = 2**62

OUTSIDE = "outsideMessageServer"
"""The setting of an agent that was taken out of the message server."""


async def current_server(_wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The message server there is."""
    return enveloped({"messageServerId": SERVER_ID})


async def all_servers(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The one message server, under the newest name and the older."""
    there = [_home(wire)]
    return enveloped({"messageServers": there, "servers": there})


async def server_channels(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The channels of a message server that somebody made, oldest first; those of sessions are found by their ids."""
    asked = request.match_info["server_id"]
    server_id = channel_bodies.server_id({"server_id": asked})
    limit = schemas.whole(request, "limit", default=MAX_CHANNELS, low=1, high=MAX_CHANNELS)
    offset = schemas.whole(request, "offset", default=0, low=0, high=MAX_OFFSET)
    found = await wire.services.channels.list(server_id=server_id, limit=limit, offset=offset)
    return enveloped({"channels": [channel_bodies.channel(each) for each in found]})


async def only_one(_wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """Refuse to make, empty or delete message servers: there is one."""
    message = "This server has one message server, which is neither made nor deleted over the API; make channels in it"
    raise Refused(403, "NOT_SUPPORTED", message=message)


async def list_agents(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The ids of the agents on a message server."""
    server_id = _server(request)
    return enveloped(
        {"messageServerId": server_id, "agents": [agent.id for agent in wire.services.agents.all() if _belongs(agent)]}
    )


async def add_agent(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Have the agent belong to the server (again)."""
    server_id = _server(request)
    agent = _agent(wire, body.get("agentId") if isinstance(body, dict) else None)
    if not _belongs(agent):
        await wire.services.agents.update(agent.id, {"settings": {OUTSIDE: None}})
    message = "Agent added to message server successfully"
    return enveloped({"messageServerId": server_id, "agentId": agent.id, "message": message}, 201)


async def remove_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Have the agent belong to the server no more."""
    server_id = _server(request)
    agent = _agent(wire, request.match_info["agent_id"])
    await wire.services.agents.update(agent.id, {"settings": {OUTSIDE: True}})
    message = "Agent removed from message server successfully"
    return enveloped({"messageServerId": server_id, "agentId": agent.id, "message": message})


async def list_servers(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The ids of the message servers an agent belongs to."""
    agent = _agent(wire, request.match_info["agent_id"])
    return enveloped({"agentId": agent.id, "messageServers": [SERVER_ID] if _belongs(agent) else []})


def _home(wire: Wire) -> Json:
    started = iso(wire.started_at)
    return {
        "id": SERVER_ID,
        "name": "Default Server",
        "sourceType": "agent_sessions",
        "sourceId": None,
        "metadata": {},
        "createdAt": started,
        "updatedAt": started,
    }


def _belongs(agent: AgentDefinition) -> bool:
    return not agent.character.settings.get(OUTSIDE)


def _server(request: web.Request) -> str:
    given: str = request.match_info["server_id"]
    if not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid messageServerId format")
    if given != SERVER_ID:
        raise Refused(404, "NOT_FOUND", message="Message server not found")
    return given


def _agent(wire: Wire, given: object) -> AgentDefinition:
    if not isinstance(given, str) or not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid agentId format")
    try:
        return wire.services.agents.get(given)
    except AgentNotFound:
        raise Refused(404, "NOT_FOUND", message="Agent not found") from None


_TEXT = ErrorStyle.TEXT
_MESSAGING = "/api/messaging"


def _routes(servers: str) -> tuple[Route, ...]:
    """The routes under this name for message servers."""
    one = f"{servers}/{{server_id}}"
    agents = f"{one}/agents"
    return (
        Route("GET", f"{one}/channels", server_channels, _TEXT),
        Route("GET", agents, list_agents, _TEXT),
        Route("POST", agents, add_agent, _TEXT),
        Route("DELETE", f"{agents}/{{agent_id}}", remove_agent, _TEXT),
        Route("POST", f"{one}/sync-channels", only_one, _TEXT),
        Route("DELETE", one, only_one, _TEXT),
        Route("GET", servers, all_servers, _TEXT),
        Route("POST", servers, only_one, _TEXT),
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_MESSAGING}/message-server/current", current_server, _TEXT),
    *_routes(f"{_MESSAGING}/message-servers"),
    *_routes(f"{_MESSAGING}/central-servers"),
    *_routes(f"{_MESSAGING}/servers"),
    Route("GET", f"{_MESSAGING}/agents/{{agent_id}}/message-servers", list_servers, _TEXT),
    Route("GET", f"{_MESSAGING}/agents/{{agent_id}}/servers", list_servers, _TEXT),
)
