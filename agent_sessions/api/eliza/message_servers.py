"""Which agents belong to which message server of elizaOS: there is one, and every agent belongs to it until a client
takes it out, which is kept in the agent's settings. Sessions ask nobody's membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.agent import UUID_SHAPE
from ...domain.errors import AgentNotFound
from .envelope import enveloped
from .errors import ErrorStyle, Refused, invalid
from .render import SERVER_ID
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.agent import AgentDefinition
    from ..bodies import Body
    from ..middleware import Answer

OUTSIDE = "outsideMessageServer"
"""The setting of an agent that was taken out of the message server."""


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


_AGENTS = "/api/messaging/message-servers/{server_id}/agents"

ROUTES: tuple[Route, ...] = (
    Route("GET", _AGENTS, list_agents, ErrorStyle.TEXT),
    Route("POST", _AGENTS, add_agent, ErrorStyle.TEXT),
    Route("DELETE", f"{_AGENTS}/{{agent_id}}", remove_agent, ErrorStyle.TEXT),
    Route("GET", "/api/messaging/agents/{agent_id}/message-servers", list_servers, ErrorStyle.TEXT),
)
