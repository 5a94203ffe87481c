"""How values of settings are written, where that is more than their Python type says."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from .environment import level, size


def _not_a_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _is_a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be the name of a time zone, like Europe/Berlin or UTC") from error
    return name


Bytes = Annotated[int, BeforeValidator(lambda value: size(value) if isinstance(value, str) else value)]
"""A size in bytes."""
Level = Annotated[
    Literal["debug", "info", "warning", "error", "critical"],
    BeforeValidator(lambda value: level(value) if isinstance(value, str) else value),
]
"""How important a line of the log is."""
Count = Annotated[int, BeforeValidator(_not_a_switch)]
"""A whole number; ``true`` is a mistake, not 1."""
Number = Annotated[float, BeforeValidator(_not_a_switch)]
"""A number, whole or not."""
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else value),
]
"""A list of words; in one string they are separated by commas."""
Zone = Annotated[str, AfterValidator(_is_a_zone)]
"""The name of a time zone (IANA)."""
