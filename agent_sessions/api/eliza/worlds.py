"""Worlds of elizaOS's runtime: the spaces an agent is in.

Nothing happens in a world here: an agent meets its users in sessions. Each agent is in the world of the one message
server, and in those that clients put it in; they are kept in its settings, under ``worlds``, with what clients say of
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.agent import UUID_SHAPE, string_to_uuid
from .agents import agent_in_path
from .envelope import enveloped, not_found, uuid_in_path
from .errors import ErrorStyle, Refused
from .render import SERVER_ID
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.agent import AgentDefinition
    from ..bodies import Body
    from ..middleware import Answer

LONGEST_NAME = 200


async def list_worlds(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """The worlds of all agents."""
    worlds = [_world(agent, key, said) for agent in wire.services.agents.all() for key, said in _worlds(agent).items()]
    return enveloped({"worlds": worlds})


async def join_world(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Put the agent in a world, named by its id or by a name of its own. One it is in already stays as it is."""
    agent = agent_in_path(wire, request)
    given = body if isinstance(body, dict) else {}
    name = _name(given.get("name"))
    world_id = _world_id(agent, given.get("worldId"), name)
    worlds = _worlds(agent)
    if world_id not in worlds:
        agent = await _keep(wire, agent, worlds | {world_id: {"name": name or world_id}})
    return enveloped({"world": _world(agent, world_id, _worlds(agent)[world_id])}, 201)


async def update_world(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Change a world's name, or what clients say of it (``settings``, key by key)."""
    agent = agent_in_path(wire, request)
    world_id = uuid_in_path(request, "world_id", of="world")
    worlds = _worlds(agent)
    if world_id not in worlds:
        raise not_found("World")
    given = body if isinstance(body, dict) else {}
    said = dict(worlds[world_id])
    said["name"] = _name(given.get("name")) or said["name"]
    said["settings"] = {**said.get("settings", {}), **_settings(given.get("settings"))}
    agent = await _keep(wire, agent, worlds | {world_id: said})
    return enveloped({"world": _world(agent, world_id, said)})


def _worlds(agent: AgentDefinition) -> dict[str, dict[str, Any]]:
    """What is said of each of the agent's worlds, by id, the message server's first."""
    home = {string_to_uuid(f"{SERVER_ID}:{agent.id}"): {"name": "Default Server"}}
    kept = agent.character.settings.get("worlds")
    return home | kept if isinstance(kept, dict) else home


def _world(agent: AgentDefinition, world_id: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": world_id,
        "name": said["name"],
        "agentId": agent.id,
        "messageServerId": SERVER_ID,
        "metadata": {"settings": said.get("settings", {})},
    }


async def _keep(wire: Wire, agent: AgentDefinition, worlds: dict[str, dict[str, Any]]) -> AgentDefinition:
    return await wire.services.agents.update(agent.id, {"settings": {"worlds": worlds}})


def _world_id(agent: AgentDefinition, given: object, name: str | None) -> str:
    if isinstance(given, str) and UUID_SHAPE.fullmatch(given):
        return given
    if name is None:
        raise Refused(400, "INVALID_ID", message="Either worldId (a UUID) or name is needed")
    return string_to_uuid(f"{name}:{agent.id}")


def _name(given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_NAME:
        raise Refused(400, "BAD_REQUEST", message=f"name must be text of 1 to {LONGEST_NAME} characters")
    return given


def _settings(given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused(400, "BAD_REQUEST", message="settings must be an object")
    return given


_AGENTS = "/api/agents"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_AGENTS}/worlds", list_worlds, _ENVELOPE),
    Route("POST", f"{_AGENTS}/{{agent_id}}/worlds", join_world, _ENVELOPE),
    Route("PATCH", f"{_AGENTS}/{{agent_id}}/worlds/{{world_id}}", update_world, _ENVELOPE),
)
