"""A user's merge conflicts: list, look at one, settle one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .schemas import ConflictList, answers_in, in_query
from .wire import Call, Route

if TYPE_CHECKING:
    from ..middleware import Answer


async def list_page(call: Call) -> Answer:
    asked = in_query(ConflictList, call.request)
    found = await call.services.conflicts.list(
        call.owner,
        limit=asked.limit,
        offset=asked.offset,
        status=asked.status,
        by_resolution=asked.sort_by == "resolved_at",
        ascending=asked.sort_order == "asc",
    )
    shown = [render.conflict(told) for told in found.items]
    return render.page("conflicts", shown, total=found.total, offset=asked.offset)


async def show(call: Call) -> Answer:
    return render.answer({"conflict": render.conflict(await call.services.conflicts.get(call.owner, call.conflict_id))})


async def resolve(call: Call) -> Answer:
    answers = answers_in(call.body)
    settled = await call.services.conflicts.resolve(call.owner, call.conflict_id, answers)
    return render.answer({"conflict": render.conflict(settled)})


ROUTES: tuple[Route, ...] = (
    Route("GET", "/users/{user_id}/merge-conflicts", list_page),
    Route("GET", "/users/{user_id}/merge-conflicts/{conflict_id}", show),
    Route("POST", "/users/{user_id}/merge-conflicts/{conflict_id}/resolve", resolve, takes_body=True),
)
