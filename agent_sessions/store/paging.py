"""Cursors of session lists: the place after a session in order of creation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..domain.encoding import to_micros
from ..domain.errors import InvalidInput
from .rows import EARLIEST, LATEST

if TYPE_CHECKING:
    from ..domain.session import Session


class Place(NamedTuple):
    """Between two sessions in order of creation: after this instant (microseconds) and id."""

    created_at: int
    id: str


START = Place(EARLIEST, "")


def parse_place(cursor: str | None) -> Place:
    """The place a cursor names; the start without one. Raises InvalidInput for what no page ever gave."""
    if cursor is None:
        return START
    micros, separator, session_id = cursor.partition("_")
    if not separator or not session_id or not micros.isascii() or not micros.removeprefix("-").isdigit():
        raise InvalidInput("after", "must be the cursor of an earlier page")
    if len(micros) > 20 or not EARLIEST < int(micros) < LATEST:
        raise InvalidInput("after", "must be the cursor of an earlier page")
    return Place(int(micros), session_id)


def place_after(session: Session) -> str:
    """The cursor behind this session."""
    return f"{to_micros(session.created_at)}_{session.id}"
