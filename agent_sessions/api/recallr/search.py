"""Looking something up in a user's memory, with why each thing was found. An addition to RecallrAI's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from ...domain.recalled import Question
from . import render
from .schemas import Schema, in_query
from .values import Zone
from .wire import Call, Route

if TYPE_CHECKING:
    from ...domain.recalled import Recalled
    from ..middleware import Answer
    from .render import Json


class Search(Schema):
    query: str = Field(min_length=1, max_length=10_000)
    limit: int = Field(10, ge=1, le=100)
    timezone: Zone = ZoneInfo("UTC")


async def search(call: Call) -> Answer:
    asked = in_query(Search, call.request)
    await call.services.users.get(call.owner)
    now = call.services.clock.now()
    question = Question(text=asked.query, now=now, limit=asked.limit, zone=asked.timezone)
    found = await call.services.local_memory.search(call.owner, question, explain=True)
    return render.answer({"items": [_shown(each) for each in found]})


def _shown(found: Recalled) -> Json:
    return {
        "kind": found.kind.value,
        "id": found.id,
        "content": found.text,
        "role": found.role.value if found.role else None,
        "session_id": found.session_id,
        "start": found.start,
        "end": found.end,
        "similarity": round(found.similarity, 4),
        "sources": found.sources,
        "why": found.why,
    }


ROUTES = (Route("GET", "/users/{user_id}/search", search),)
