"""How values are written in environment variables, where elizaOS's ways differ from YAML's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .declare import Read

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?", re.IGNORECASE)
_FACTOR = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_LEADING_INTEGER = re.compile(r"\s*[+-]?\d+")
_LEVELS = {"trace": "debug", "warn": "warning", "fatal": "critical", "log": "info"}


def whole_number(*, fallback: int, low: int, high: int) -> Read:
    """As the elizaOS server reads its SESSION_* variables.

    The leading digits count (``30 min`` is 30), text without any means ``fallback``, and the result is moved inside
    ``low`` to ``high``.
    """

    def read(text: str) -> int:
        digits = _LEADING_INTEGER.match(text)
        return min(max(int(digits.group()) if digits else fallback, low), high)

    return read


def size(text: str) -> int:
    """A number of bytes, as Express writes it: ``2mb``, ``100kb``, ``4096``. Powers of 1024."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be a number of bytes or end in kb, mb or gb, like 2mb")
    return int(float(match[1]) * _FACTOR[(match[2] or "").lower()])


def level(text: str) -> str:
    """A log level by this project's or by elizaOS's name (``warn``, ``trace``, ``fatal``)."""
    name = text.strip().lower()
    return _LEVELS.get(name, name)
