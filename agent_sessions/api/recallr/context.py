"""Contexts, whole or as an event stream, and the system prompts that go with them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from ...domain.context_request import ContextAnswer, Strategy
from ..streams import EVENT_STREAM, GONE, ServerStopping, pinging
from . import render
from .errors import refusal
from .schemas import ContextAsked, PromptAsked, in_query
from .wire import Call, Route

if TYPE_CHECKING:
    from ...domain.context_request import ContextRequest
    from ..middleware import Answer


async def context(call: Call) -> Answer | web.StreamResponse:
    asked = in_query(ContextAsked, call.request)
    owner, session_id = call.session
    if asked.stream:
        return await _stream(call, asked.told())
    return render.answer(render.context(await call.services.contexts.context(owner, session_id, asked.told())))


async def system_prompt(call: Call) -> Answer:
    """The prompt of a strategy; of ``auto`` that of the first one it may choose."""
    strategy = in_query(PromptAsked, call.request).recall_strategy
    known = Strategy.LOW_LATENCY if strategy is Strategy.AUTO else strategy
    return render.answer({"system_prompt": call.services.contexts.system_prompt(known)})


async def _stream(call: Call, asked: ContextRequest) -> web.StreamResponse:
    """Events on the way to the context, the context last. A session that is not there is told before it begins."""
    await call.services.memory_sessions.get(*call.session)
    response = web.StreamResponse(headers=call.wire.stamp.headers(call.request, EVENT_STREAM))
    with suppress(*GONE):
        await response.prepare(call.request)
        await response.write(event(await _relayed(call, response, asked=asked)))
    return response


async def _relayed(call: Call, response: web.StreamResponse, *, asked: ContextRequest) -> ContextAnswer:
    """Pass on how far it is; returns the last event, also when there is trouble."""
    wire = call.wire
    try:
        async with (
            wire.streams.waiting(call.request, leave_with_client=True),
            pinging(response, clock=call.services.clock, interval=wire.options.keep_alive_interval),
        ):
            async for answer in call.services.contexts.stream(*call.session, asked):
                if answer.final:
                    return answer
                await response.write(event(answer))
    except ServerStopping:
        return _failed(asked, "The server is stopping")
    except GONE:
        raise
    except Exception as error:  # noqa: BLE001  # the answer has begun: whatever went wrong becomes its last event
        return _failed(asked, str(refusal(error)))
    return _failed(asked, "The context could not be made")


def event(answer: ContextAnswer) -> bytes:
    """One event: a line of ASCII, because clients cut lines at other characters than line feeds as well."""
    told = json.loads(orjson.dumps(render.context(answer), option=orjson.OPT_UTC_Z))
    return b"data: %b\n\n" % json.dumps(told).encode("ascii")


def _failed(asked: ContextRequest, why: str) -> ContextAnswer:
    strategy = Strategy.LOW_LATENCY if asked.strategy is Strategy.AUTO else asked.strategy
    return ContextAnswer(strategy=strategy, error=why)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/users/{user_id}/sessions/{session_id}/context", context),
    Route("GET", "/system-prompt", system_prompt),
)
