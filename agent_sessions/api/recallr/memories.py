"""A user's memories: list, look at one, forget one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ports import MemoryFilter
from . import render
from .schemas import MemoryList, MemoryLook, MemoryRemoval, in_query
from .wire import Call, Route

if TYPE_CHECKING:
    from aiohttp import web

    from ..middleware import Answer


async def list_page(call: Call) -> Answer:
    asked = in_query(MemoryList, call.request)
    which = MemoryFilter(
        categories=asked.categories or None,
        session_ids=asked.session_id_filter or None,
        session_metadata=asked.session_metadata_filter,
    )
    found = await call.services.memories.list(call.owner, which, limit=asked.limit, offset=asked.offset)
    shown = [
        render.memory(told, previous=asked.include_previous_versions, connected=asked.include_connected_memories)
        for told in found.items
    ]
    return render.page("items", shown, total=found.total, offset=asked.offset)


async def show(call: Call) -> Answer:
    asked = in_query(MemoryLook, call.request)
    told = await call.services.memories.get(call.owner, call.memory_id)
    return render.answer(
        render.memory(told, previous=asked.include_previous_versions, connected=asked.include_connected_memories)
    )


async def forget(call: Call) -> web.Response:
    asked = in_query(MemoryRemoval, call.request)
    await call.services.memories.forget(call.owner, call.memory_id, with_previous=asked.delete_previous_versions)
    return call.nothing()


ROUTES: tuple[Route, ...] = (
    Route("GET", "/users/{user_id}/memories", list_page),
    Route("GET", "/users/{user_id}/memory/{memory_id}", show),
    Route("DELETE", "/users/{user_id}/memory/{memory_id}", forget),
)
