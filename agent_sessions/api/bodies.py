"""Reading the bytes and the JSON of a request's body. Knows nothing of any wire, nor of what the JSON means."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NoReturn, TypeAlias

import orjson
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

Body: TypeAlias = dict[str, Any] | list[Any]
"""A request's JSON: an object or an array."""

ENCODINGS = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""What the HTTP library undoes by itself, as far as it is installed."""

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):
    """A body that cannot be read. The text says why and is fit for clients."""

    code = "VALIDATION_ERROR"


class UnwantedType(Unreadable):
    """A body of a type that is not taken."""

    code = "INVALID_CONTENT_TYPE"


class TooLarge(Unreadable):
    """A body with more bytes than are taken."""

    code = "PAYLOAD_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes")


async def read_bytes(request: web.Request, *, limit: int) -> bytes:
    """The whole body, decompressed. Raises Unreadable, or TooLarge beyond ``limit`` bytes."""
    _check_encoding(request)
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    content = request.content
    try:
        raw = await content.readany()
        while not content.at_eof():
            if len(raw) > limit:
                raise TooLarge(limit)
            raw += await content.readany()
    except (HttpProcessingError, web.PayloadAccessError, web.RequestPayloadError):
        _refuse("The body could not be read or decompressed")
    if len(raw) > limit:
        raise TooLarge(limit)
    return raw


def charset_of(declared: str) -> str:
    """The codec that a content type names: UTF-8 or another UTF. Raises Unreadable for any other."""
    if (found := _CHARSET.search(declared)) is None:
        return "utf-8"
    name = found[1].lower()
    if name in {"utf8", "utf-8"}:
        return "utf-8"
    try:
        return codecs.lookup(name).name if name.startswith(("utf-16", "utf-32")) else _refuse("Unsupported charset")
    except LookupError:
        _refuse("Unsupported charset")


def parse(raw: bytes, *, charset: str = "utf-8") -> Body:
    """The JSON object or array of these bytes. Raises Unreadable."""
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


def is_storable(text: str) -> bool:
    """Whether databases and peers can hold this text: it has no NUL and no half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def _check_encoding(request: web.Request) -> None:
    encoding = request.headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() not in ENCODINGS:
        _refuse("Unsupported content encoding")


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
    """Refuse JSON that holds any text that cannot be stored."""
    pending = [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, dict):
            pending.extend(inner)
            pending.extend(inner.values())
        elif isinstance(inner, list):
            pending.extend(inner)
        elif isinstance(inner, str) and not is_storable(inner):
            _refuse("The body holds a NUL or a lone surrogate")


def _refuse(reason: str) -> NoReturn:
    raise Unreadable(reason)


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"The body is not JSON: {name} is no JSON number")
