"""A user's sessions: make, list, look up, describe anew, erase; add messages to, read, have processed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from . import render
from .errors import invalid
from .schemas import MessageList, NewMessage, NewSession, SessionList, SessionUpdate, in_body, in_query
from .wire import Call, Route

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from ..middleware import Answer

AHEAD = timedelta(minutes=5)
"""How far the clocks of clients may be ahead of ours."""


async def create(call: Call) -> Answer:
    asked = in_body(NewSession, call.body)
    _check_past(call, asked.custom_created_at_utc)
    made = await call.services.memory_sessions.open(
        call.owner,
        quiet=timedelta(seconds=asked.auto_process_after_seconds),
        metadata=asked.metadata,
        created_at=asked.custom_created_at_utc,
    )
    return render.answer({"session": render.session(made)}, 201)


async def list_page(call: Call) -> Answer:
    asked = in_query(SessionList, call.request)
    statuses = asked.statuses()
    if statuses is None:
        await call.services.users.get(call.owner)
        return render.page("sessions", [], total=0, offset=asked.offset)
    found = await call.services.memory_sessions.list(
        call.owner, limit=asked.limit, offset=asked.offset, matching=asked.metadata_filter, statuses=statuses
    )
    shown = [render.session(each) for each in found.items]
    return render.page("sessions", shown, total=found.total, offset=asked.offset)


async def show(call: Call) -> Answer:
    return render.answer({"session": render.session(await call.services.memory_sessions.get(*call.session))})


async def update(call: Call) -> Answer:
    metadata = in_body(SessionUpdate, call.body).new_metadata
    sessions = call.services.memory_sessions
    if metadata is None:
        return await show(call)
    return render.answer({"session": render.session(await sessions.redescribe(*call.session, metadata))})


async def erase(call: Call) -> web.Response:
    await call.services.memory_sessions.remove(*call.session)
    return call.nothing()


async def add_message(call: Call) -> Answer:
    asked = in_body(NewMessage, call.body)
    await call.services.memory_sessions.add_message(*call.session, role=asked.role, text=asked.message)
    return render.answer({"detail": "Message added"})


async def process(call: Call) -> Answer:
    await call.services.memory_sessions.process(*call.session)
    return render.answer({"detail": "Processing has begun"})


async def messages(call: Call) -> Answer:
    asked = in_query(MessageList, call.request)
    found = await call.services.memory_sessions.messages(*call.session, limit=asked.limit, offset=asked.offset)
    shown = [render.message(entry) for entry in found.items]
    return render.page("messages", shown, total=found.total, offset=asked.offset)


def _check_past(call: Call, created_at: datetime | None) -> None:
    """Raise Refused (422) for a session that is to be from the future."""
    if created_at is not None and created_at > call.services.clock.now() + AHEAD:
        raise invalid("custom_created_at_utc: must not lie in the future")


ROUTES: tuple[Route, ...] = (
    Route("POST", "/users/{user_id}/sessions", create, takes_body=True),
    Route("GET", "/users/{user_id}/sessions", list_page),
    Route("GET", "/users/{user_id}/sessions/{session_id}", show),
    Route("PUT", "/users/{user_id}/sessions/{session_id}", update, takes_body=True),
    Route("DELETE", "/users/{user_id}/sessions/{session_id}", erase),
    Route("POST", "/users/{user_id}/sessions/{session_id}/add-message", add_message, takes_body=True),
    Route("POST", "/users/{user_id}/sessions/{session_id}/process", process),
    Route("GET", "/users/{user_id}/sessions/{session_id}/messages", messages),
)
