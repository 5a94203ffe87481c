"""Values that several requests of this wire hold, with their rules: ids, metadata, filters, instants, zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ..bodies import Unreadable, parse

DEEPEST = 200
"""Levels that JSON we keep may be nested in."""
LONGEST_ID = 255
WHOLE_NUMBERS = 2**63
"""Whole numbers beyond this are kept as floating point numbers."""
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

_UNREACHABLE = re.compile(r"[/?#\x00-\x1f\x7f-\x9f\u2028\u2029]|%[0-9a-fA-F]{2}|\A\.{1,2}\Z")
"""What no client can send in a path: it means another path there, or arrives as something else."""


def _check_user_id(user_id: str) -> str:
    if not 0 < len(user_id) <= LONGEST_ID:
        raise ValueError(f"must have 1 to {LONGEST_ID} characters")
    if _UNREACHABLE.search(user_id):
        raise ValueError("must be usable in a path: no /, ?, #, control character or percent escape, not . or ..")
    return user_id


def _plain(value: Any, depth: int = DEEPEST) -> Any:
    """A copy of JSON that can be written again. Raises ValueError when it cannot."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("must not hold numbers too large for floating point")
    if isinstance(value, int) and not -WHOLE_NUMBERS <= value < WHOLE_NUMBERS:
        return float(value)
    if isinstance(value, dict | list) and not depth:
        raise ValueError(f"must not be nested in more than {DEEPEST} levels")
    if isinstance(value, dict):
        return {key: _plain(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth - 1) for inner in value]
    return value


def _object(text: Any) -> Any:
    """The JSON object that a text holds; what is no text is left to be refused."""
    if not isinstance(text, str):
        return text
    try:
        value = parse(text.encode())
    except Unreadable as error:
        raise ValueError(f"must be a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return value


def _zone(name: Any) -> Any:
    if not isinstance(name, str) or name not in available_timezones():
        raise ValueError("must be an IANA time zone, like Europe/Berlin")
    return ZoneInfo(name)


def _in_utc(instant: datetime) -> datetime:
    """The instant in UTC, as which a time without a zone is read."""
    try:
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if instant < EARLIEST:
        raise ValueError(f"must not be before {EARLIEST.year}")
    return instant


UserId = Annotated[str, AfterValidator(_check_user_id)]
Metadata = Annotated[dict[str, Any], AfterValidator(_plain)]
Filter = Annotated[
    dict[str, Any],
    BeforeValidator(_object),
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "contentMediaType": "application/json", "examples": ['{"tier": "gold"}']}),
]
Instant = Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Offset = Annotated[int, Field(ge=0, lt=2**31)]

LEAST_QUIET = timedelta(minutes=10)
MOST_QUIET = timedelta(days=365)
