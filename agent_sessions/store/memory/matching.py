"""Whether JSON holds what is looked for: nested, and typed as JSON is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import jsontext

EXACT = 10**15
"""Whole numbers below this are written with the same digits whether they are kept as integers or as floats."""
LONGEST_PATTERN = 200
"""Characters looked for by the database; beyond some 50,000 bytes SQLite refuses to."""


class Filter:
    """Looks for JSON objects that hold all that ``wanted`` names, in texts as :mod:`..jsontext` writes them.

    Most texts that do not match lack a key, or a key with its value: those are told without reading them.
    """

    def __init__(self, wanted: Mapping[str, Any] | None) -> None:
        self._wanted = wanted or {}
        self._signs = [_sign(key, value) for key, value in self._wanted.items()]

    def __bool__(self) -> bool:
        return bool(self._wanted)

    @property
    def pattern(self) -> str:
        """For LIKE: what all texts that match are like, so that the database hands over few others."""
        return containing(max(self._signs, key=len, default="")[:LONGEST_PATTERN])

    def finds(self, text: str) -> bool:
        """Whether the object that this text holds matches."""
        return all(sign in text for sign in self._signs) and matches(jsontext.loads(text), self._wanted)


def containing(part: str) -> str:
    """The pattern for LIKE of texts with this in them; ``!`` goes before what would otherwise stand for anything."""
    escaped = part.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def matches(value: Any, wanted: Any) -> bool:
    """Whether ``value`` holds all that ``wanted`` names.

    Objects hold each wanted member, recursively; lists hold each wanted element somewhere; all else is equal and of
    the same JSON type: 1 is neither "1" nor true, and 1.0 is the number 1.
    """
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(key in value and matches(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (list, tuple)):
        return isinstance(value, (list, tuple)) and all(any(matches(one, each) for one in value) for each in wanted)
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    return _is_number(value) == _is_number(wanted) and bool(value == wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _sign(key: str, value: Any) -> str:
    """What the text of every object that matches contains."""
    start = f"{jsontext.dumps(key, name='filter')}:"
    if value is None or isinstance(value, (bool, str)) or (isinstance(value, int) and abs(value) < EXACT):
        return start + jsontext.dumps(value, name="filter")
    return start
