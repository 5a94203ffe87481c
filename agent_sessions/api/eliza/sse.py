"""A reply as an event stream: the user's message, the text as it is made, and exactly one ``done`` or ``error``."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from ...domain.errors import AgentSessionsError
from ...services.following import Cursor
from ..streams import EVENT_STREAM, GONE, ServerStopping, pinging
from . import render
from .errors import Refused, refusal
from .events import last_event
from .replies import REPLAYED, content_of

if TYPE_CHECKING:
    from ...ports import ReplyChunk
    from ...services.conversation import Exchange
    from ...services.turn import Turn
    from .wire import Wire


def frame(event: str, data: dict[str, Any], cursor: Cursor | None = None) -> bytes:
    """One event. ``cursor``: where a client stands that has it."""
    place = b"" if cursor is None else b"id: %b\n" % str(cursor).encode()
    return b"%bevent: %b\ndata: %b\n\n" % (place, event.encode(), orjson.dumps(data))


def chunk_data(chunk: ReplyChunk) -> dict[str, Any]:
    """A piece of text, for clients of the server and for those of the web console."""
    return {
        "messageId": chunk.message_id,
        "chunk": chunk.text,
        "index": chunk.index,
        "type": "chunk",
        "text": chunk.text,
    }


def error_frame(message: str, code: str) -> bytes:
    """The event that ends a stream without a reply."""
    return frame("error", {"error": message, "code": code, "type": "error"})


async def stream(wire: Wire, request: web.Request, exchange: Exchange) -> web.StreamResponse:
    """Follow the exchange's turn to its end, from where an earlier request of the client broke off.

    A client that leaves stops the reply, if that is configured and it cannot ask for the same again.
    """
    after = last_event(request) or Cursor()
    cancel = wire.options.cancel_on_disconnect and "Idempotency-Key" not in request.headers
    further = EVENT_STREAM | (REPLAYED if exchange.repeated else {})
    response = web.StreamResponse(headers=wire.stamp.headers(request, further))
    with suppress(*GONE), ExitStack() as stack:
        if cancel:
            stack.enter_context(exchange.turn.following())
        await response.prepare(request)
        if not after.had(exchange.entry):
            after = Cursor(exchange.entry.seq)
            await response.write(frame("user_message", render.user_message(exchange.session, exchange.entry), after))
        try:
            last = await _relayed(wire, request, response, turn=exchange.turn, after=after)
        except ServerStopping:
            stack.pop_all()  # we do not cancel the reply: it has the server's grace time to be finished and kept
            last = error_frame("The server is stopping", "SERVER_STOPPING")
        await response.write(last)
    return response


async def _relayed(
    wire: Wire, request: web.Request, response: web.StreamResponse, *, turn: Turn, after: Cursor
) -> bytes:
    """Pass the text on as it is made; returns the stream's last event."""
    try:
        async with (
            wire.streams.waiting(request, leave_with_client=True),
            pinging(response, clock=wire.services.clock, interval=wire.options.keep_alive_interval),
        ):
            async for chunk in turn.chunks():
                if not after.had(chunk):
                    after = after.past(chunk)
                    await response.write(frame("chunk", chunk_data(chunk), after))
            outcome = await turn.outcome()
            return frame("done", {**content_of(outcome), "type": "complete"}, after.past(outcome))
    except (Refused, AgentSessionsError) as error:
        refused = refusal(error)
        return error_frame(refused.message, refused.code)
