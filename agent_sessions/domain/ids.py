"""Ids: UUIDs that sort by when they were made, and the id of a session's channel, which leads back to the session."""

from __future__ import annotations

import os
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .agent import UUID_SHAPE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_VARIANTS = {digit: "89ab"[place % 4] for place, digit in enumerate("0123456789abcdef")}
"""The digit that tells the variant leaves two bits to chance."""
_CHANCE = 19
"""Digits of an id that are left to chance."""
_STOCK = 256
"""For so many ids chance is asked for at a time: the system takes as long for one as for many."""
_LAST_GROUP = 24
"""Where the last group of digits of a UUID begins."""
_CHANNEL = 0xC4A77E1C4A77

_stock: deque[str] = deque()
if hasattr(os, "register_at_fork"):  # a process that was forked must not give the ids of the one it came from
    os.register_at_fork(after_in_child=_stock.clear)


def new_id(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562), made at this instant: 48 bits of milliseconds, then 74 random ones.

    What is made together so lies together in the indexes of a database, which is what most of the time of an insertion
    goes into otherwise. May be called from any thread.
    """
    chance = _chance()
    return f"{_time(at)}-7{chance[:3]}-{_VARIANTS[chance[3]]}{chance[4:7]}-{chance[7:]}"


def _chance() -> str:
    """Random digits that were given to nobody else."""
    while True:
        try:
            return _stock.popleft()
        except IndexError:
            _restock()


def _restock() -> None:
    """Put more in stock. Two threads that do so at once put in twice as much."""
    digits = os.urandom(_CHANCE * _STOCK // 2).hex()
    _stock.extend(digits[first : first + _CHANCE] for first in range(0, len(digits), _CHANCE))


@lru_cache(maxsize=4)
def _time(at: datetime) -> str:
    """The first two groups of digits; many ids are made in the same millisecond."""
    digits = f"{max((at - EPOCH) // MILLISECOND, 0):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def channel_of(session_id: str) -> str:
    """The id of the channel of a session with an id of ours: the session is found by it without being looked for."""
    return f"{session_id[:_LAST_GROUP]}{int(session_id[_LAST_GROUP:], 16) ^ _CHANNEL:012x}"


def session_of(channel_id: str) -> str | None:
    """The id of the session whose channel has this id by :func:`channel_of`; None for what is no UUID."""
    return channel_of(channel_id.lower()) if UUID_SHAPE.fullmatch(channel_id) else None
