"""What a route is told to be in the OpenAPI document, beyond its method and its path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, WithJsonSchema

if TYPE_CHECKING:
    from collections.abc import Mapping


JsonObject: TypeAlias = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
"""An object of whatever members the client or the agent gave it."""
IsoInstant: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant as ISO text in UTC."""
EpochMs: TypeAlias = Annotated[int, WithJsonSchema({"type": "integer", "description": "Milliseconds since 1970, UTC"})]
Uuid: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class Told(BaseModel):
    """Something the server says. It has these members and no others."""

    model_config = ConfigDict(extra="forbid")


class OpenlyTold(BaseModel):
    """Something the server says that may have further members."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route as clients are told of it.

    ``about``: what ``summary`` leaves out. ``answer``: the JSON of a success, None where there is none. ``statuses``:
    those of its successes. ``query`` and ``body``: what it takes, None where it takes nothing; ``form``: whether the
    body is a form with a file. ``errors``: the statuses it refuses with, beside those of every route. ``streams``: what
    an event stream that it answers with holds, empty where it never does. ``file``: whether it answers with a file.
    """

    summary: str
    about: str = ""
    answer: type[BaseModel] | None = None
    statuses: tuple[int, ...] = (200,)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_needed: bool = True
    form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    streams: str = ""
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A route with what is told of it. ``path``: with ``{name}`` for a segment. ``error``: the body of its errors.

    ``security``: what a client has to show, as OpenAPI writes it; empty for a route that anybody may call.
    """

    method: str
    path: str
    name: str
    tag: str
    operation: Operation
    error: type[BaseModel]
    security: tuple[Mapping[str, list[str]], ...] = ()
