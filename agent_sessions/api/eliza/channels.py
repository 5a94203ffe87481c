"""The channel routes: conversations as their members see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.agent import UUID_SHAPE
from ...domain.errors import AgentNotFound
from ...domain.log import Author, Message
from . import channel_bodies as bodies
from . import history, schemas, uploaded
from .envelope import enveloped, nothing
from .errors import ErrorStyle, Refused, invalid
from .titles import title_of
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.channel import Channel
    from ...domain.log import LogEntry
    from ..bodies import Body
    from ..middleware import Answer
    from .render import Json


async def create_channel(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """Make a channel. ``channel`` is there for clients that look for it."""
    told = bodies.channel(await wire.services.channels.create(bodies.new_channel(body)))
    return enveloped({**told, "channel": told}, 201)


async def direct_channel(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The direct channel between two, made if there is none."""
    asked = dict(request.query)
    one, other = bodies.uuid(asked, "currentUserId"), bodies.uuid(asked, "targetUserId")
    if one is None or other is None:
        raise invalid("Missing currentUserId or targetUserId")
    if one == other:
        raise invalid("Cannot create DM channel with oneself")
    server_id = bodies.server_id({"server_id": request.query.get("dmServerId")})
    return enveloped(bodies.channel(await wire.services.channels.direct(one, other, server_id=server_id)))


async def channel_details(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One channel."""
    return enveloped(bodies.channel(await wire.services.channels.get(channel_id(request))))


async def channel_participants(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The ids of who is in a channel."""
    return enveloped((await wire.services.channels.get(channel_id(request))).participants)


async def channel_agents(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The ids of the agents in a channel."""
    channel = await wire.services.channels.get(channel_id(request))
    agents = {agent.id for agent in wire.services.agents.all()}
    there = [each for each in channel.participants if each in agents]
    return enveloped({"channelId": channel.id, "participants": there})


async def add_agent(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Have an agent in the channel."""
    agent_id = _agent(wire, schemas.members(body).get("agentId"))
    channel = await wire.services.channels.add_participant(channel_id(request), agent_id)
    message = "Agent added to channel successfully"
    return enveloped({"channelId": channel.id, "agentId": agent_id, "message": message}, 201)


async def remove_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Have an agent in the channel no more."""
    agent_id: str = request.match_info["agent_id"]
    if not UUID_SHAPE.fullmatch(agent_id):
        raise invalid("Invalid agentId format")
    if agent_id not in (await wire.services.channels.get(channel_id(request))).participants:
        raise Refused(404, "NOT_FOUND", message="Agent is not a participant of this channel")
    channel = await wire.services.channels.remove_participant(channel_id(request), agent_id)
    message = "Agent removed from channel successfully"
    return enveloped({"channelId": channel.id, "agentId": agent_id, "message": message})


async def list_messages(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """A page of what was said, newest first; also of a session that is over."""
    channel = await wire.services.channels.get(channel_id(request))
    query = history.page_query(request)
    found = await wire.services.channels.history(
        channel.session_id, before=query.before, after=query.after, limit=query.limit
    )
    messages = [told_message(wire, channel, entry) for entry in reversed(found.entries)]
    return enveloped({"messages": messages, "hasMore": found.has_more})


async def delete_message(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take a message back for good."""
    await wire.services.channels.delete_message(channel_id(request), request.match_info["message_id"])
    return nothing()


async def clear_messages(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take all messages back for good."""
    await wire.services.channels.clear(channel_id(request))
    return nothing()


async def update_channel(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Change the name, the participants, or metadata key by key."""
    asked = schemas.members(body)
    changed = await wire.services.channels.update(
        channel_id(request),
        name=bodies.name(asked.get("name")),
        participants=bodies.participants(asked),
        metadata=bodies.metadata(asked) or None,
    )
    return enveloped(bodies.channel(changed))


async def delete_channel(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Delete a channel with its messages; its session ends."""
    channel = await wire.services.channels.get(channel_id(request))
    await wire.services.channels.delete(channel.id)
    await uploaded.forget(wire.options.uploads, channel.id)
    return nothing()


async def generate_title(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """A title for what was said so far, made by rule; none while that is little."""
    channel = await wire.services.channels.get(channel_id(request))
    found = await wire.services.channels.history(channel.session_id, limit=history.MAX_LIMIT)
    title = title_of([entry.fact for entry in found.entries if isinstance(entry.fact, Message)])
    told: Json = {"title": title, "channelId": channel.id}
    if title is None:
        told["reason"] = "Not enough messages to generate a title"
    return enveloped(told)


def told_message(wire: Wire, channel: Channel, entry: LogEntry) -> Json:
    """A message of a channel, with the name of the agent that said it."""
    said = entry.fact
    by_agent = isinstance(said, Message) and said.author is Author.AGENT
    return bodies.message(channel, entry, agent_name=agent_name(wire, said.author_id) if by_agent else "")  # type: ignore[union-attr]


def agent_name(wire: Wire, agent_id: str) -> str:
    """The agent's name; empty for one that is not (or no longer) of this server."""
    try:
        return wire.services.agents.get(agent_id).character.name
    except AgentNotFound:
        return ""


def channel_id(request: web.Request) -> str:
    """The channel's id as the path has it. Raises Refused unless it has the shape of a UUID."""
    given: str = request.match_info["channel_id"]
    if not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid channelId format")
    return given


def _agent(wire: Wire, given: object) -> str:
    if not isinstance(given, str) or not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid agentId format")
    try:
        return wire.services.agents.get(given).id
    except AgentNotFound:
        raise Refused(404, "NOT_FOUND", message="Agent not found") from None


_TEXT = ErrorStyle.TEXT
_MESSAGING = "/api/messaging"


def _routes(channels: str) -> tuple[Route, ...]:
    """The routes under this name for channels."""
    one = f"{channels}/{{channel_id}}"
    return (
        Route("GET", f"{one}/messages", list_messages, _TEXT),
        Route("DELETE", f"{one}/messages", clear_messages, _TEXT),
        Route("DELETE", f"{one}/messages/{{message_id}}", delete_message, _TEXT),
        Route("GET", f"{one}/details", channel_details, _TEXT),
        Route("GET", f"{one}/participants", channel_participants, _TEXT),
        Route("GET", f"{one}/agents", channel_agents, _TEXT),
        Route("POST", f"{one}/agents", add_agent, _TEXT),
        Route("DELETE", f"{one}/agents/{{agent_id}}", remove_agent, _TEXT),
        Route("POST", f"{one}/generate-title", generate_title, _TEXT),
        Route("PATCH", one, update_channel, _TEXT),
        Route("DELETE", one, delete_channel, _TEXT),
        Route("POST", channels, create_channel, _TEXT),
    )


CHANNELS = f"{_MESSAGING}/channels"
OLDER_CHANNELS = f"{_MESSAGING}/central-channels"
"""What channels were called before 1.5; clients of then still ask there."""

ROUTES: tuple[Route, ...] = (
    *_routes(CHANNELS),
    *_routes(OLDER_CHANNELS),
    Route("GET", f"{_MESSAGING}/dm-channel", direct_channel, _TEXT),
)
