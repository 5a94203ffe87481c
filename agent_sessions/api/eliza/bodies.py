"""Reading a request's body: its type, its size, its JSON. Knows nothing of what the JSON means."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from .errors import unreadable
from .javascript import plain_number

if TYPE_CHECKING:
    from .wire import Body

JSON = "application/json"
ACCEPTED_TYPES = (JSON, "multipart/form-data", "application/x-www-form-urlencoded")
ENCODINGS = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""What the HTTP library undoes by itself, as far as it is installed."""
DEEPEST = 200
"""Levels that JSON we keep may be nested in."""

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unstorable(Exception):
    """JSON that cannot be kept. The text says why and is fit for clients."""


async def read_body(request: web.Request, *, limit: int) -> Body:
    """The JSON of a request whose type says it is JSON, else an empty object.

    Raises Refused: a type that elizaOS refuses, more than ``limit`` bytes, or what is not a JSON object or array.
    """
    declared = request.headers.get(hdrs.CONTENT_TYPE, "")
    if declared != JSON and not _is_json(request, declared):
        return {}
    _check_encoding(request)
    raw = await _read(request, limit)
    return parse(raw, charset=_charset(declared)) if raw else {}


def parse(raw: bytes, *, charset: str = "utf-8") -> Body:
    """The JSON object or array of these bytes."""
    if charset != "utf-8":
        raw = raw.decode(charset, "replace").encode()
    try:
        value: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = _parse_leniently(raw)
    else:
        if b"\\u0000" in raw:
            _check_texts(value)
    if not isinstance(value, dict | list):
        _refuse("The body must be a JSON object or array")
    return value


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
    """Whether the body is to be read as JSON. Raises Refused for types that elizaOS refuses (it looks for substrings,
    in lower case only, and not at bodies of unknown length)."""
    checked = request.method in {"POST", "PUT", "PATCH"} and request.content_length
    if checked and not any(accepted in declared for accepted in ACCEPTED_TYPES):
        message = "Invalid or missing Content-Type header"
        raise unreadable(400, "INVALID_CONTENT_TYPE", reason=message)
    return declared.partition(";")[0].strip().lower() == JSON


def _check_encoding(request: web.Request) -> None:
    encoding = request.headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() not in ENCODINGS:
        _refuse("Unsupported content encoding")


def _charset(declared: str) -> str:
    """The codec of the body: UTF-8 or another UTF, as elizaOS accepts."""
    if len(declared) == len(JSON) or (found := _CHARSET.search(declared)) is None:
        return "utf-8"
    name = found[1].lower()
    if name in {"utf8", "utf-8"}:
        return "utf-8"
    try:
        return codecs.lookup(name).name if name.startswith(("utf-16", "utf-32")) else _refuse("Unsupported charset")
    except LookupError:
        _refuse("Unsupported charset")


async def _read(request: web.Request, limit: int) -> bytes:
    """The whole body, decompressed."""
    if (request.content_length or 0) > limit:
        _too_large(limit)
    content = request.content
    try:
        raw = await content.readany()
        while not content.at_eof():
            if len(raw) > limit:
                _too_large(limit)
            raw += await content.readany()
    except (HttpProcessingError, web.PayloadAccessError, web.RequestPayloadError):
        _refuse("The body could not be read or decompressed")
    if len(raw) > limit:
        _too_large(limit)
    return raw


def _parse_leniently(raw: bytes) -> Any:
    """What orjson refuses and JavaScript takes: a byte order mark, invalid UTF-8, numbers too large for a double."""
    text = raw.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "It is nested too deeply or out of range"
        _refuse(f"The body is not JSON: {reason}")
    _check_texts(value)
    return value


def _check_texts(value: Any) -> None:
    """Refuse JSON with a NUL or half a surrogate pair in any text: databases and peers cannot hold them."""
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, dict):
            pending.extend(inner)
            pending.extend(inner.values())
        elif isinstance(inner, list):
            pending.extend(inner)
        elif isinstance(inner, str) and _UNSTORABLE.search(inner):
            _refuse("The body holds a NUL or a lone surrogate")


def _refuse(reason: str) -> NoReturn:
    raise unreadable(400, "VALIDATION_ERROR", reason=reason)


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"The body is not JSON: {name} is no JSON number")


def _too_large(limit: int) -> NoReturn:
    raise unreadable(413, "PAYLOAD_TOO_LARGE", reason=f"The body is larger than {limit} bytes")
