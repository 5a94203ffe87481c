"""The agents routes: who is there, make one, change one, start and stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.errors import AgentNotFound, AgentSessionsError, AlreadyExists, ConfigError, InvalidInput
from . import agent_bodies as bodies
from .envelope import enveloped, not_found, nothing, uuid_in_path
from .errors import ErrorStyle, Refused
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.agent import AgentDefinition
    from ..bodies import Body
    from ..middleware import Answer


async def list_agents(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """All agents, those that run first, then by name."""
    return enveloped({"agents": [bodies.summary(agent) for agent in wire.services.agents.all()]})


async def get_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One agent."""
    return enveloped(bodies.full(agent_in_path(wire, request)))


async def create_agent(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """Make an agent, which is not started by that. When its id is taken, nothing is made and that agent is told."""
    try:
        asked = bodies.new_agent(body)
        agent = await wire.services.agents.create(asked.document, kind=asked.kind, options=asked.options)
    except AlreadyExists:
        agent = wire.services.agents.get(asked.agent_id)
    except (InvalidInput, ConfigError) as error:
        raise _failed(400, "CREATE_ERROR", error=error) from error
    return enveloped({"id": agent.id, "character": bodies.character(agent)}, 201)


async def update_agent(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Change the members of an agent that the body names; settings and secrets one by one, null takes one away."""
    agent_id = agent_in_path(wire, request).id
    try:
        asked = bodies.changes(body)
        agent = await wire.services.agents.update(agent_id, asked.document, kind=asked.kind, options=asked.options)
    except (InvalidInput, ConfigError) as error:
        raise _failed(400, "UPDATE_ERROR", error=error) from error
    return enveloped(bodies.full(agent))


async def delete_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Stop and forget an agent."""
    await wire.services.agents.delete(agent_in_path(wire, request).id)
    return nothing()


async def start_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Have an agent take messages."""
    agent_id = agent_in_path(wire, request).id
    try:
        agent = await wire.services.agents.start(agent_id)
    except ConfigError as error:
        raise _failed(500, "START_ERROR", error=error) from error
    return enveloped(bodies.started(agent))


async def stop_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Have an agent take no more messages. One that does not run is not found, as on the elizaOS server."""
    agent_id = agent_in_path(wire, request).id
    if not wire.services.agents.is_running(agent_id):
        raise not_found("Agent")
    agent = await wire.services.agents.stop(agent_id)
    return enveloped({"message": "Agent stopped", **bodies.started(agent)})


async def list_panels(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The panels that an agent's plugins add to elizaOS's pages: there are none."""
    agent_in_path(wire, request)
    return enveloped([])


def agent_in_path(wire: Wire, request: web.Request) -> AgentDefinition:
    """The agent that the path names. Raises Refused."""
    try:
        return wire.services.agents.get(uuid_in_path(request, "agent_id", of="agent"))
    except AgentNotFound:
        raise not_found("Agent") from None


def _failed(status: int, code: str, *, error: AgentSessionsError) -> Refused:
    return Refused(status, code, message=str(error), details=str(error))


_AGENTS = "/api/agents"
_AGENT = f"{_AGENTS}/{{agent_id}}"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("GET", _AGENTS, list_agents, _ENVELOPE),
    Route("POST", _AGENTS, create_agent, _ENVELOPE),
    Route("GET", _AGENT, get_agent, _ENVELOPE),
    Route("PATCH", _AGENT, update_agent, _ENVELOPE),
    Route("DELETE", _AGENT, delete_agent, _ENVELOPE),
    Route("POST", f"{_AGENT}/start", start_agent, _ENVELOPE),
    Route("POST", f"{_AGENT}/stop", stop_agent, _ENVELOPE),
    Route("GET", f"{_AGENT}/panels", list_panels, _ENVELOPE),
)
