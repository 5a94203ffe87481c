"""Users: make, list, look up, change, erase, and what they last said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ports import Owner
from . import render
from .schemas import LastMessages, NewUser, UserList, UserUpdate, in_body, in_query
from .wire import Call, Route

if TYPE_CHECKING:
    from aiohttp import web

    from ..middleware import Answer


async def create(call: Call) -> Answer:
    asked = in_body(NewUser, call.body)
    owner = Owner(call.project, asked.custom_user_id)
    made = await call.services.users.create(
        owner, metadata=asked.metadata, merge_conflicts=asked.merge_conflict_enabled
    )
    return render.answer({"user": render.user(made)}, 201)


async def list_page(call: Call) -> Answer:
    asked = in_query(UserList, call.request)
    found = await call.services.users.list(
        call.project,
        limit=asked.limit,
        offset=asked.offset,
        matching=asked.metadata_filter,
        part_of_id=asked.partial_user_id,
    )
    return render.page("users", [render.user(each) for each in found.items], total=found.total, offset=asked.offset)


async def show(call: Call) -> Answer:
    return render.answer({"user": render.user(await call.services.users.get(call.owner))})


async def update(call: Call) -> Answer:
    asked = in_body(UserUpdate, call.body)
    changed = await call.services.users.update(
        call.owner,
        new_id=asked.new_custom_user_id,
        metadata=asked.new_metadata,
        merge_conflicts=asked.merge_conflict_enabled,
    )
    return render.answer({"user": render.user(changed)})


async def erase(call: Call) -> web.Response:
    await call.services.users.erase(call.owner)
    return call.nothing()


async def last_messages(call: Call) -> Answer:
    asked = in_query(LastMessages, call.request)
    said = await call.services.users.last_messages(call.owner, limit=asked.limit)
    return render.answer({"messages": [render.message_of_user(entry) for entry in said]})


ROUTES: tuple[Route, ...] = (
    Route("POST", "/users", create, takes_body=True),
    Route("GET", "/users", list_page),
    Route("GET", "/users/{user_id}", show),
    Route("PUT", "/users/{user_id}", update, takes_body=True),
    Route("DELETE", "/users/{user_id}", erase),
    Route("GET", "/users/{user_id}/messages", last_messages),
)
