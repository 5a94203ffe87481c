"""Which bodies of requests elizaOS takes for JSON, and how it keeps numbers. Knows nothing of what the JSON means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import hdrs

from ..bodies import UnwantedType, charset_of, parse, read_bytes
from .javascript import plain_number

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body

JSON = "application/json"
ACCEPTED_TYPES = (JSON, "multipart/form-data", "application/x-www-form-urlencoded")
DEEPEST = 200
"""Levels that JSON we keep may be nested in."""


class Unstorable(Exception):
    """JSON that cannot be kept. The text says why and is fit for clients."""


async def read_body(request: web.Request, *, limit: int) -> Body:
    """The JSON of a request whose type says it is JSON, else an empty object.

    Raises Unreadable: a type that elizaOS refuses, more than ``limit`` bytes, or what is not a JSON object or array.
    """
    declared = request.headers.get(hdrs.CONTENT_TYPE, "")
    if declared != JSON and not _is_json(request, declared):
        return {}
    raw = await read_bytes(request, limit=limit)
    return parse(raw, charset="utf-8" if declared == JSON else charset_of(declared)) if raw else {}


def plain(value: Any, *, depth: int = DEEPEST) -> Any:
    """A copy of JSON with numbers as JavaScript would print them. Raises Unstorable when it is nested too deeply."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return plain_number(value)
    if not depth:
        raise Unstorable(f"Nested in more than {DEEPEST} levels")
    if isinstance(value, dict):
        return {key: plain(inner, depth=depth - 1) for key, inner in value.items()}
    return [plain(inner, depth=depth - 1) for inner in value]


def _is_json(request: web.Request, declared: str) -> bool:
    """Whether the body is to be read as JSON. Raises Unreadable for types that elizaOS refuses (it looks for
    substrings, in lower case only, and not at bodies of unknown length)."""
    checked = request.method in {"POST", "PUT", "PATCH"} and request.content_length
    if checked and not any(accepted in declared for accepted in ACCEPTED_TYPES):
        raise UnwantedType("Invalid or missing Content-Type header")
    return declared.partition(";")[0].strip().lower() == JSON
