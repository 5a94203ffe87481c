"""The envelope of the agents and system routes: ``{success, data}`` around what is told, a code for what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ...domain.agent import UUID_SHAPE
from ..middleware import Answer
from .errors import Refused

if TYPE_CHECKING:
    from aiohttp import web


def enveloped(content: Any, status: int = 200) -> Answer:
    """A success that tells ``content``."""
    return Answer(orjson.dumps({"success": True, "data": content}), status)


def nothing() -> Answer:
    """A success that has nothing to tell."""
    return Answer(b"", 204)


def uuid_in_path(request: web.Request, name: str, *, of: str) -> str:
    """The id in this segment of the path. Raises Refused unless it has the shape of a UUID."""
    given: str = request.match_info[name]
    if not UUID_SHAPE.fullmatch(given):
        raise Refused(400, "INVALID_ID", message=f"Invalid {of} ID format")
    return given


def not_found(what: str) -> Refused:
    """There is no such thing."""
    return Refused(404, "NOT_FOUND", message=f"{what} not found")
