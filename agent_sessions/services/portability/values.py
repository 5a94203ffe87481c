"""Values as JSON says them: read back with their types checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ...domain.encoding import MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

Plain: TypeAlias = dict[str, Any]
T = TypeVar("T")
U = TypeVar("U")


def maybe(convert: Callable[[T], U], value: T | None) -> U | None:
    """The value converted; None stays None."""
    return None if value is None else convert(value)


def span_to_micros(span: timedelta) -> int:
    """Whole microseconds."""
    return span // MICROSECOND


def text(value: object) -> str:
    """Raises TypeError for what is no text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def texts(values: object) -> tuple[str, ...]:
    """Raises TypeError for what is no list of texts."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"{values!r:.40} is no list")
    return tuple(map(text, values))


def mapping(value: object) -> Mapping[str, Any]:
    """Raises TypeError for what is no object."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} is no object")
    return value
