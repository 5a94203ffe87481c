"""Messages of a session: say something and have it answered, read what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.errors import AgentNotFound
from ..middleware import Answer
from ..streams import ServerStopping
from . import history, render, schemas, sse
from .errors import Refused
from .events import last_event
from .paths import session_id
from .replies import REPLAYED, content_of
from .wire import Route, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from ...domain.session import Session
    from ...services.conversation import Draft, Exchange
    from ..bodies import Body


async def post_message(wire: Wire, request: web.Request, body: Body) -> Answer | web.StreamResponse:
    """Say something. The answer comes back as the transport says: at once, with the reply, or as a stream."""
    asked = schemas.members(body)
    transport, said = schemas.transport(asked), schemas.text(asked)
    last_event(request)  # refused before anything is said
    draft = await _draft(wire, request, asked, said=said)
    key = schemas.idempotency_key(request, draft.metadata.get("clientMessageId"))
    exchange = await wire.services.conversation.send(session_id(request), draft, idempotency_key=key)
    if transport == "sse":
        return await sse.stream(wire, request, exchange)
    response = await _reply(wire, request, exchange) if transport == "http" else None
    answer = render.sent(exchange, wire.services.clock.now(), response=response)
    return Answer(answer, 201, REPLAYED if exchange.repeated else None)


async def list_messages(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """A page of what was said, newest first."""
    session = await wire.services.sessions.get(session_id(request))
    query = history.page_query(request)
    name = _agent_name(wire, session)
    key = (session.id, session.last_seq, name, query)
    page = wire.pages.get(key)
    if page is None:
        found = await wire.services.sessions.history(
            session.id, before=query.before, after=query.after, after_seq=query.after_seq, limit=query.limit
        )
        page = history.page(found, agent_name=name)
        if found.session.last_seq == session.last_seq:
            wire.pages.put(key, page)
    return Answer(page)


async def _draft(wire: Wire, request: web.Request, asked: Mapping[str, Any], *, said: str) -> Draft:
    """What is said. What is wrong with it is told only about a session that is there and alive."""
    try:
        return schemas.draft(asked, said)
    except Refused:
        await wire.services.sessions.get(session_id(request))
        raise


async def _reply(wire: Wire, request: web.Request, exchange: Exchange) -> render.Json:
    """The reply, waited for. A client that leaves misses it, but it is made and kept."""
    with exchange.turn.following() as following:
        try:
            async with wire.streams.waiting(request, leave_with_client=False):
                return content_of(await exchange.turn.outcome())
        except ServerStopping:
            following.keep()  # the reply has the server's grace time to be finished and kept
    details = {"messageId": exchange.message.id}
    raise Refused(503, "SERVER_STOPPING", message="The server is stopping", details=details)


def _agent_name(wire: Wire, session: Session) -> str:
    agents = wire.services.agents
    try:
        if agents.is_running(session.agent_id):
            return agents.running(session.agent_id).definition.character.name
        return agents.get(session.agent_id).character.name
    except AgentNotFound:
        return ""


_MESSAGES = "/api/messaging/sessions/{session_id}/messages"

ROUTES: tuple[Route, ...] = (
    Route("GET", _MESSAGES, list_messages),
    Route("POST", _MESSAGES, post_message),
)
