"""The routes of this wire as the OpenAPI document lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...openapi.operation import Endpoint
from ..routes import ROUTES
from .agents import AGENTS
from .channels import AS_AGENTS_SEE, CHANNELS, MESSAGE_SERVERS
from .jobs import JOBS
from .refusals import OF_STYLE
from .server import SERVER
from .sessions import MESSAGES, SESSIONS
from .webhooks import WEBHOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...openapi.operation import Operation
    from ..wire import Route, RouteHandler

TAGS: Mapping[str, str] = {
    "Sessions": "Conversations of a user with an agent that end by themselves: elizaOS's Sessions API.",
    "Messages": "What is said in a session.",
    "Channels": "Conversations as their members see them, those of sessions included.",
    "Servers": "Message servers of elizaOS: there is one.",
    "Agents": "Those that reply.",
    "Rooms": "What an agent sees as its own: its rooms, what was said there, what it knows, its runs.",
    "Jobs": "One question and its answer, without a session of one's own.",
    "Webhooks": "Web servers that are told of what happens in sessions.",
    "Server": "How the server is.",
}
_OPERATIONS: Mapping[str, Mapping[RouteHandler, Operation]] = {
    "Sessions": SESSIONS,
    "Messages": MESSAGES,
    "Channels": CHANNELS,
    "Servers": MESSAGE_SERVERS,
    "Agents": AGENTS,
    "Rooms": AS_AGENTS_SEE,
    "Jobs": JOBS,
    "Webhooks": WEBHOOKS,
    "Server": SERVER,
}

SECURITY_SCHEMES: Mapping[str, Any] = {
    "Key": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "The server's key"},
    "Bearer": {"type": "http", "scheme": "bearer", "description": "The same"},
}
_SHOWN: tuple[Mapping[str, list[str]], ...] = ({"Key": []}, {"Bearer": []})

_UUID = {"type": "string", "format": "uuid"}
PATH_PARAMETERS: Mapping[str, Any] = {
    "session_id": {"description": "A session's id", "schema": {"type": "string"}},
    "agent_id": {"description": "An agent's id", "schema": _UUID},
    "webhook": {"description": "A webhook's name", "schema": {"type": "string"}},
    "job_id": {"description": "A job's id", "schema": {"type": "string"}},
    "world_id": {"description": "A world's id", "schema": _UUID},
    "server_id": {"description": "A message server's id", "schema": _UUID},
    "log_id": {"description": "A log entry's id", "schema": _UUID},
    "channel_id": {"description": "A channel's id", "schema": _UUID},
    "message_id": {"description": "A message's id", "schema": _UUID},
    "memory_id": {"description": "A memory's id, or a message's", "schema": _UUID},
    "room_id": {"description": "A channel's id, or a session's", "schema": _UUID},
    "kind": {"description": "Whom the file was shared with: `agents` or `channels`", "schema": {"type": "string"}},
    "owner": {"description": "The agent's or the channel's id", "schema": _UUID},
    "name": {"description": "The file's name", "schema": {"type": "string"}},
    "run_id": {"description": "A run's id", "schema": _UUID},
}


def endpoints() -> Iterator[Endpoint]:
    """Every route, by subject, in the order people read them in."""
    for tag, operations in _OPERATIONS.items():
        for handler, operation in operations.items():
            served = (route for route in ROUTES if route.handler is handler)
            yield from (_endpoint(route, tag, operation, time=time) for time, route in enumerate(served))


def _endpoint(route: Route, tag: str, operation: Operation, *, time: int) -> Endpoint:
    """``time``: how often its handler was told of before, under other paths."""
    return Endpoint(
        method=route.method,
        path=route.path,
        name=f"{tag.lower()}_{route.handler.__name__}" + (f"_{time + 1}" if time else ""),
        tag=tag,
        operation=operation,
        error=OF_STYLE[route.style],
        security=() if route.open else _SHOWN,
    )
