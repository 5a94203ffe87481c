"""Saying something in a channel: by people, by agents that run elsewhere, by platforms that bring messages in."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from ...domain.agent import UUID_SHAPE
from ...domain.channel import HOME_SERVER
from ...domain.errors import ChannelNotFound
from ...domain.log import Message
from ...ports import ChannelChanged
from ..middleware import Answer
from ..streams import ServerStopping
from . import channel_bodies as bodies
from . import schemas, sse
from .channels import CHANNELS, OLDER_CHANNELS, channel_id, told_message
from .envelope import enveloped
from .errors import ErrorStyle, Refused, invalid
from .replies import content_of
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ...domain.log import LogEntry
    from ...services.conversation import Exchange
    from ..bodies import Body
    from .render import Json

AGENTS_SOURCE = "agent_response"
MOST_SEARCHED, DEEPEST_SEARCH, MOST_FOUND = 100, 1000, 100
"""Channels that a search looks through, messages of each, and messages that it tells."""


async def post_message(wire: Wire, request: web.Request, body: Body) -> Answer | web.StreamResponse:
    """Say something in a channel. The answer comes back as ``transport`` says: at once, with the reply, or streamed."""
    transport, room = schemas.transport(schemas.members(body)), channel_id(request)
    posting = bodies.posting(body, author_id=await _caller(wire, request, body))
    exchange = await wire.services.channels.post(room, posting)
    if transport == "sse":
        return await sse.stream(wire, request, exchange)
    told = await _told(wire, exchange)
    answer: Json = {"success": True, "userMessage": told, "data": told}
    if transport == "http":
        answer["agentResponse"] = await _reply(wire, request, exchange)
    return Answer(orjson.dumps(answer), 201)


async def submit(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """An agent, or a platform's agent, speaks in a channel."""
    posting = bodies.posting(body)
    exchange = await wire.services.channels.post(_room(body), replace(posting, source=posting.source or AGENTS_SOURCE))
    return enveloped(await _told(wire, exchange), 201)


async def ingest(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """A platform brings in what somebody said there; whoever is addressed answers."""
    exchange = await wire.services.channels.post(_room(body), bodies.posting(body))
    told = {
        "success": True,
        "message": "Message ingested and published to bus",
        "data": {"messageId": exchange.message.id},
    }
    return Answer(orjson.dumps(told), 202)


async def complete(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """An agent that runs elsewhere has said all it had to say; whoever listens to the channel is told."""
    room = _room(body)
    channel = await wire.services.channels.get(room)
    wire.services.bus.publish(ChannelChanged(channel.id, channel.session_id, "completed"))
    told = {"success": True, "message": "Completion event emitted"}
    return Answer(orjson.dumps({**told, "data": told}))


async def search_messages(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """Find a text, in any case, among the newest messages of a channel; or of the channels somebody made."""
    asked = schemas.members(body)
    wanted = asked.get("query")
    if not isinstance(wanted, str) or not wanted.strip():
        raise invalid("Missing required field: query")
    room, author = bodies.uuid(asked, "channelId", "channel_id"), bodies.uuid(asked, "authorId", "author_id")
    channels = wire.services.channels
    searched = [await channels.get(room)] if room else await channels.list(limit=MOST_SEARCHED)
    found = []
    for channel in searched:
        page = await channels.history(channel.session_id, limit=DEEPEST_SEARCH)
        found += [
            (entry.at, told_message(wire, channel, entry))
            for entry in page.entries
            if _says(entry, wanted.casefold(), author)
        ]
    found.sort(key=lambda one: one[0], reverse=True)
    return enveloped({"messages": [told for _, told in found[:MOST_FOUND]], "total": len(found)})


def _says(entry: LogEntry, folded: str, author: str | None) -> bool:
    said = entry.fact
    return isinstance(said, Message) and author in (None, said.author_id) and folded in said.text.casefold()


async def get_message(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One message, whatever channel it was said in."""
    channel, entry = await wire.services.channels.message(_message_id(request))
    return enveloped(told_message(wire, channel, entry))


async def update_message(_wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Refuse: agents have answered what was said, and memories were made of it."""
    _message_id(request)
    message = "Messages are not changed once they were said; delete the message and say it anew"
    raise Refused(403, "NOT_SUPPORTED", message=message)


def _message_id(request: web.Request) -> str:
    given: str = request.match_info["message_id"]
    if not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid messageId format")
    return given


async def _told(wire: Wire, exchange: Exchange) -> Json:
    return told_message(wire, await wire.services.channels.get(exchange.session.id), exchange.entry)


async def _caller(wire: Wire, request: web.Request, body: Body) -> str | None:
    """Who says it where the body does not tell: as the metadata or the caller's header say, else the one user there."""
    metadata = schemas.metadata(schemas.members(body))
    named = bodies.uuid(metadata, "user_id", "userId", "author_id") or bodies.uuid(request.headers, "X-Entity-Id")
    if named:
        return named
    try:
        channel = await wire.services.channels.get(channel_id(request))
    except ChannelNotFound:
        return None
    agents = {agent.id for agent in wire.services.agents.all()}
    people = [each for each in channel.participants if each not in agents]
    return people[0] if len(people) == 1 else HOME_SERVER


def _room(body: Body) -> str:
    room = bodies.uuid(schemas.members(body), "channel_id", "channelId", "roomId")
    if room is None:
        raise invalid("Missing required field: channel_id")
    return room


async def _reply(wire: Wire, request: web.Request, exchange: Exchange) -> Json | None:
    """The reply, waited for; None when nobody is to answer."""
    with ExitStack() as stack:
        stack.enter_context(exchange.turn.following())
        try:
            async with wire.streams.waiting(request, leave_with_client=False):
                return content_of(await exchange.turn.outcome())
        except ServerStopping:
            stack.pop_all()  # we do not cancel the reply: it has the server's grace time to be finished and kept
    raise Refused(503, "SERVER_STOPPING", message="The server is stopping")


_TEXT = ErrorStyle.TEXT
_MESSAGING = "/api/messaging"

ROUTES: tuple[Route, ...] = (
    Route("POST", f"{CHANNELS}/{{channel_id}}/messages", post_message, _TEXT),
    Route("POST", f"{OLDER_CHANNELS}/{{channel_id}}/messages", post_message, _TEXT),
    Route("POST", f"{_MESSAGING}/submit", submit, _TEXT),
    Route("POST", f"{_MESSAGING}/complete", complete, _TEXT),
    Route("POST", f"{_MESSAGING}/ingest-external", ingest, _TEXT),
    Route("POST", f"{_MESSAGING}/messages/search", search_messages, _TEXT),
    Route("GET", f"{_MESSAGING}/messages/{{message_id}}", get_message, _TEXT),
    Route("PATCH", f"{_MESSAGING}/messages/{{message_id}}", update_message, _TEXT),
)
