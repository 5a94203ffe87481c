"""Whether JSON holds what is looked for: nested, and typed as JSON is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
