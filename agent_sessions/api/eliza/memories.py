"""The memory routes of elizaOS's runtime.

They tell what was said in an agent's rooms (table ``messages``), and what is known of the people it talks with (any
other table, such as ``facts``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...domain.agent import UUID_SHAPE
from ...domain.errors import MemoryNotFound, MessageNotFound
from ...domain.log import Message
from . import channel_bodies, history, schemas
from .agents import agent_in_path
from .channel_bodies import source_of
from .envelope import enveloped, not_found, nothing, uuid_in_path
from .errors import ErrorStyle, Refused
from .render import SERVER_ID
from .times import epoch_ms
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.channel import Channel
    from ...domain.recollection import KeptMemory
    from ...services.agent_rooms import Said
    from ..bodies import Body
    from ..middleware import Answer
    from .render import Json

MESSAGES = "messages"
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
ROOM_LIMIT = 20
"""Messages of one room that are told by default, as on the elizaOS server."""

_UNCHANGEABLE = "Messages are not changed once they were said; delete the message and say it anew"
_HOME = "The world of the message server is not deleted"


async def list_memories(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """An agent's memories in one table, of one room where named, newest first."""
    room = request.query.get("channelId") or request.query.get("roomId") or None
    return await _memories(wire, request, room=room, limit=DEFAULT_LIMIT)


async def list_room_memories(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The same of the room in the path."""
    return await _memories(wire, request, room=_room_id(request), limit=ROOM_LIMIT)


async def _memories(wire: Wire, request: web.Request, *, room: str | None, limit: int) -> Answer:
    agent_id = agent_in_path(wire, request).id
    limit = schemas.whole(request, "limit", default=limit, low=1, high=MAX_LIMIT)
    rooms = wire.services.agent_rooms
    if (request.query.get("tableName") or MESSAGES) == MESSAGES:
        before = history.page_query(request).before
        said = await rooms.messages(agent_id, room=room, before=before, limit=limit)
        return enveloped({"memories": [_said(agent_id, each) for each in said]})
    known = await rooms.memories(agent_id, room=room, limit=limit)
    return enveloped({"memories": [_known(agent_id, each) for each in known]})


async def update_memory(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Word anew what is known of somebody; the earlier wording stays as an earlier version."""
    agent_id = agent_in_path(wire, request).id
    memory_id = uuid_in_path(request, "memory_id", of="memory")
    content = schemas.members(body).get("content")
    text = content.get("text") if isinstance(content, dict) else content
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "BAD_REQUEST", message="content must be a text, or an object with a text")
    try:
        memory = await wire.services.agent_rooms.reword(agent_id, memory_id, text)
    except MemoryNotFound:
        await _message_room(wire, agent_id, memory_id)
        raise Refused(403, "NOT_SUPPORTED", message=_UNCHANGEABLE) from None
    return enveloped({"id": memory.id, "replaces": memory_id, "message": "Memory updated successfully"})


async def delete_memory(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Forget what is known, or take back what was said."""
    agent_id = agent_in_path(wire, request).id
    memory_id = uuid_in_path(request, "memory_id", of="memory")
    try:
        owner = await wire.services.agent_rooms.owner(agent_id, memory_id)
        await wire.services.memories.forget(owner, memory_id, with_previous=True)
    except MemoryNotFound:
        room = await _message_room(wire, agent_id, memory_id)
        await wire.services.channels.delete_message(room.id, memory_id)
    return enveloped({"id": memory_id, "message": "Memory deleted successfully"})


async def clear_memories(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take back everything that was said in the agent's rooms. What is known of people stays."""
    rooms = await wire.services.agent_rooms.rooms(agent_in_path(wire, request).id)
    deleted = 0
    for room in rooms:
        deleted += len(await wire.services.store.messages(room.session_id, limit=MAX_LIMIT))
        await wire.services.channels.clear(room.id)
    message = f"All memories cleared for {len(rooms)} rooms"
    return enveloped({"deleted": deleted, "deletedCount": deleted, "message": message})


async def clear_room(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take back everything that was said in a room."""
    room = await wire.services.agent_rooms.room(agent_in_path(wire, request).id, _room_id(request))
    await wire.services.channels.clear(room.id)
    return nothing()


async def list_rooms(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The agent's rooms."""
    agent_id = agent_in_path(wire, request).id
    return enveloped({"rooms": [_room(agent_id, each) for each in await wire.services.agent_rooms.rooms(agent_id)]})


async def get_room(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One of them."""
    agent_id = agent_in_path(wire, request).id
    return enveloped(_room(agent_id, await wire.services.agent_rooms.room(agent_id, _room_id(request))))


async def create_room(wire: Wire, request: web.Request, body: Body) -> Answer:
    """Make a channel with the agent in it."""
    agent_id = agent_in_path(wire, request).id
    draft = channel_bodies.new_channel(body)
    draft = replace(draft, participants=(*draft.participants, agent_id))
    return enveloped(_room(agent_id, await wire.services.channels.create(draft)), 201)


async def make_world(wire: Wire, request: web.Request, body: Body) -> Answer:
    """The rooms in which agents meet a message server: agents here need none beside its channels."""
    server_id = uuid_in_path(request, "server_id", of="server")
    given = schemas.members(body).get("agentIds")
    asked = given if isinstance(given, list) else []
    known = {agent.id for agent in wire.services.agents.all()}
    made = [{"agentId": each, "messageServerId": server_id, "created": True} for each in asked if each in known]
    return enveloped(made, 201 if len(made) == len(asked) else 207)


async def delete_world(_wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Refuse: there is one, and it stays."""
    uuid_in_path(request, "server_id", of="server")
    raise Refused(403, "NOT_SUPPORTED", message=_HOME)


async def clear_world(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take back everything that was said in the channels of a message server."""
    server_id = uuid_in_path(request, "server_id", of="server")
    for channel in await wire.services.channels.list(server_id=server_id, limit=MAX_LIMIT):
        await wire.services.channels.clear(channel.id)
    return nothing()


async def _message_room(wire: Wire, agent_id: str, message_id: str) -> Channel:
    """The agent's room in which this was said. Raises Refused."""
    try:
        return (await wire.services.channels.message(message_id, participant=agent_id))[0]
    except MessageNotFound:
        raise not_found("Memory") from None


def _room_id(request: web.Request) -> str:
    given: str = request.match_info["room_id"]
    if not UUID_SHAPE.fullmatch(given):
        raise Refused(400, "INVALID_ID", message="Invalid room ID format")
    return given


def _said(agent_id: str, said: Said) -> Json:
    message = said.entry.fact
    assert isinstance(message, Message)
    content: Json = {"text": message.text, "source": source_of(message), "channelType": said.room.type.value}
    further = {
        "thought": message.thought,
        "actions": message.actions,
        "attachments": message.attachments,
        "inReplyTo": message.in_reply_to,
    }
    return {
        "id": message.id,
        "type": MESSAGES,
        "entityId": message.author_id,
        "agentId": agent_id,
        "roomId": said.room.id,
        "worldId": said.room.server_id,
        "content": content | {name: member for name, member in further.items() if member},
        "createdAt": epoch_ms(said.entry.at),
        "unique": True,
        "metadata": {**message.metadata, "type": "message", "timestamp": epoch_ms(said.entry.at)},
    }


def _known(agent_id: str, kept: KeptMemory) -> Json:
    memory = kept.memory
    return {
        "id": memory.id,
        "type": "facts",
        "entityId": kept.user_id,
        "agentId": agent_id,
        "roomId": memory.session_id,
        "worldId": SERVER_ID,
        "content": {"text": memory.content, "source": "memory"},
        "createdAt": epoch_ms(memory.created_at),
        "unique": True,
        "metadata": {
            "type": "custom",
            "categories": memory.categories,
            "sources": memory.sources,
            "version": kept.version,
            "timestamp": epoch_ms(memory.created_at),
        },
    }


def _room(agent_id: str, channel: Channel) -> Json:
    return {
        "id": channel.id,
        "agentId": agent_id,
        "name": channel.name,
        "type": channel.type.value,
        "source": channel.source_type or "client_chat",
        "worldId": channel.server_id,
        "channelId": channel.id,
        "messageServerId": channel.server_id,
        "entities": channel.participants,
        "metadata": channel.metadata,
        "createdAt": epoch_ms(channel.created_at),
        "updatedAt": epoch_ms(channel.updated_at),
    }


_MEMORY = "/api/memory"
_AGENT = f"{_MEMORY}/{{agent_id}}"
_ENVELOPE = ErrorStyle.ENVELOPE

ROUTES: tuple[Route, ...] = (
    Route("POST", f"{_MEMORY}/groups/{{server_id}}", make_world, _ENVELOPE),
    Route("DELETE", f"{_MEMORY}/groups/{{server_id}}", delete_world, _ENVELOPE),
    Route("DELETE", f"{_MEMORY}/groups/{{server_id}}/memories", clear_world, _ENVELOPE),
    Route("GET", f"{_AGENT}/memories", list_memories, _ENVELOPE),
    Route("DELETE", f"{_AGENT}/memories", clear_memories, _ENVELOPE),
    Route("DELETE", f"{_AGENT}/memories/all/{{room_id}}", clear_room, _ENVELOPE),
    Route("PATCH", f"{_AGENT}/memories/{{memory_id}}", update_memory, _ENVELOPE),
    Route("DELETE", f"{_AGENT}/memories/{{memory_id}}", delete_memory, _ENVELOPE),
    Route("GET", f"{_AGENT}/rooms", list_rooms, _ENVELOPE),
    Route("POST", f"{_AGENT}/rooms", create_room, _ENVELOPE),
    Route("GET", f"{_AGENT}/rooms/{{room_id}}", get_room, _ENVELOPE),
    Route("GET", f"{_AGENT}/rooms/{{room_id}}/memories", list_room_memories, _ENVELOPE),
)
