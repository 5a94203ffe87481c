"""The routes of this wire as the OpenAPI document lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...openapi.operation import Endpoint
from ..routes import ROUTES, VERSION
from .answers import Refusal
from .operations import CONFLICTS, CONTEXTS, MEMORIES, SESSIONS, USERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...openapi.operation import Operation
    from ..wire import Route, RouteHandler

TAGS: Mapping[str, str] = {
    "Users": "The people agents talk to, as RecallrAI's clients see them.",
    "User sessions": "What a user said, with or without an agent, and its becoming memories.",
    "Memories": "Dated facts about a user, their versions and where they come from.",
    "Merge conflicts": "Contradictions that are put to a human.",
    "Contexts": "What matters now, for the next reply.",
}
_OPERATIONS: Mapping[str, Mapping[RouteHandler, Operation]] = {
    "Users": USERS,
    "User sessions": SESSIONS,
    "Memories": MEMORIES,
    "Merge conflicts": CONFLICTS,
    "Contexts": CONTEXTS,
}

SECURITY_SCHEMES: Mapping[str, Any] = {
    "ProjectKey": {"type": "apiKey", "in": "header", "name": "X-Recallr-Api-Key", "description": "A project's key"},
    "Project": {"type": "apiKey", "in": "header", "name": "X-Recallr-Project-Id", "description": "A project's id"},
}

_TEXT = {"type": "string"}
PATH_PARAMETERS: Mapping[str, Any] = {
    "user_id": {"description": "The user's own id, percent-encoded", "schema": _TEXT},
    "session_id": {"description": "A session's id", "schema": _TEXT},
    "memory_id": {"description": "A memory's id", "schema": _TEXT},
    "conflict_id": {"description": "A merge conflict's id", "schema": _TEXT},
}


def endpoints() -> Iterator[Endpoint]:
    """Every route, by subject, in the order people read them in."""
    for tag, operations in _OPERATIONS.items():
        for handler, operation in operations.items():
            yield from (_endpoint(route, tag, operation) for route in ROUTES if route.handler is handler)


def _endpoint(route: Route, tag: str, operation: Operation) -> Endpoint:
    return Endpoint(
        method=route.method,
        path=VERSION + route.path,
        name=f"{tag.lower().replace(' ', '_')}_{route.handler.__name__}",
        tag=tag,
        operation=operation,
        error=Refusal,
        security=({"ProjectKey": [], "Project": []},),
    )
