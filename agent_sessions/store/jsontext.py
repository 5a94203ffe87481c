"""JSON as text columns hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..domain.errors import InvalidInput


def dumps(value: Any, *, name: str) -> str:
    """The value as JSON. What JSON cannot say (a lone surrogate, a number beyond 64 bits) raises InvalidInput."""
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError as error:
        raise InvalidInput(name, f"cannot be stored as JSON: {error}") from error


def loads(text: str) -> Any:
    """What :func:`dumps` was given; tuples come back as lists."""
    return orjson.loads(text)


def _plain(value: object) -> object:
    """Mappings of other kinds than dict, such as read-only ones."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")
