"""Ids: UUIDs that sort by when they were made, and the id of a session's channel, which leads back to the session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from os import urandom

from .agent import UUID_SHAPE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
_RANDOM = (1 << 76) - 1 & ~(0b11 << 62)
_LAST_GROUP = 24
"""Where the last group of digits of a UUID begins."""
_CHANNEL = 0xC4A77E1C4A77


def new_id(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562), made at this instant: 48 bits of milliseconds, then 74 random ones.

    What is made together so lies together in the indexes of a database, which is what most of the time of an insertion
    goes into otherwise.
    """
    milliseconds = max((at - EPOCH) // MILLISECOND, 0)
    random = int.from_bytes(urandom(10), "big") & _RANDOM
    digits = f"{milliseconds << 80 | _VERSION_AND_VARIANT | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def channel_of(session_id: str) -> str:
    """The id of the channel of a session with an id of ours: the session is found by it without being looked for."""
    return f"{session_id[:_LAST_GROUP]}{int(session_id[_LAST_GROUP:], 16) ^ _CHANNEL:012x}"


def session_of(channel_id: str) -> str | None:
    """The id of the session whose channel has this id by :func:`channel_of`; None for what is no UUID."""
    return channel_of(channel_id.lower()) if UUID_SHAPE.fullmatch(channel_id) else None
