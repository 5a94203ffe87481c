"""What was said in a user's sessions."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from ...domain.encoding import from_micros
from ...domain.errors import SessionNotFound
from ...domain.log import Author
from ...domain.memory import Utterance
from ...domain.utterances import ROLES
from ...ports import Page
from .. import jsontext
from ..rows import read_entry
from . import statements
from .procedures import Ask, tupled
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...domain.log import LogEntry
    from ...ports import Owner
    from .procedures import Procedure, Rows


def whose(owner: Owner) -> dict[str, Any]:
    """The values that name an owner's sessions."""
    return {"project": owner.project, "user_id": owner.user_id}


def positions(owner: Owner) -> Procedure[Mapping[str, int]]:
    """Session id to the number of its newest row. Raises UserNotFound."""
    yield from number_of(owner)
    rows = yield Ask(statements.POSITIONS, whose(owner))
    return {row[0]: row[1] for row in rows}


def messages_page(owner: Owner, session_id: str, *, limit: int, offset: int) -> Procedure[Page[LogEntry]]:
    """A session's messages, oldest first. Raises UserNotFound, SessionNotFound."""
    yield from number_of(owner)
    if not (yield Ask(statements.SESSION_OF, {**whose(owner), "session_id": session_id})):
        raise SessionNotFound(session_id)
    total = (yield Ask(statements.COUNT_MESSAGES, {"session_id": session_id}))[0][0]
    place = {"session_id": session_id, "limit": limit, "offset": offset}
    rows = yield Ask(statements.MESSAGES_PAGE, place)
    return Page([read_entry(session_id, row) for row in rows], total)


def last_messages(owner: Owner, *, limit: int) -> Procedure[Sequence[LogEntry]]:
    """The newest messages over all sessions, oldest first. Raises UserNotFound.

    Sessions are read in order of their newest row, until none can hold a message newer than those found.
    """
    yield from number_of(owner)
    found: list[tuple[int, str, int, LogEntry]] = []
    for session_id, last_at in (yield Ask(statements.SESSIONS_BY_NEWS, whose(owner))):
        if len(found) >= limit and found[0][0] >= last_at:
            break
        rows = yield Ask(statements.NEWEST_MESSAGES, {"session_id": session_id, "limit": limit})
        for row in rows:
            heapq.heappush(found, (row[2], session_id, row[0], read_entry(session_id, row)))
        while len(found) > limit:
            heapq.heappop(found)
    return [entry for *_, entry in sorted(found)]


def messages_at(owner: Owner, places: Sequence[tuple[str, int]]) -> Procedure[Sequence[LogEntry]]:
    """The messages at these places, in the order asked for. Raises UserNotFound."""
    yield from number_of(owner)
    rows = yield Ask(statements.MESSAGES_AT, {**whose(owner), "places": tupled(places)})
    found = {(row[0], row[1]): read_entry(row[0], row[1:]) for row in rows}
    return [found[place] for place in dict.fromkeys(places) if place in found]


def utterances(owner: Owner, *, unprocessed_only: bool) -> Procedure[Sequence[Utterance]]:
    """Everything said, oldest session first. Raises UserNotFound."""
    yield from number_of(owner)
    statement = statements.UNPROCESSED_UTTERANCES if unprocessed_only else statements.UTTERANCES
    return _utterances((yield Ask(statement, whose(owner))))


_ROLES = {author.value: ROLES[author] for author in Author}


def _utterances(rows: Rows) -> list[Utterance]:
    """Straight from what rows hold of messages, which takes a third of the time of decoding all of each."""
    found = []
    for session_id, seq, at, payload in rows:
        said = jsontext.loads(payload)
        speaker = said["metadata"].get("speaker") if "metadata" in said else None
        found.append(
            Utterance(
                id=said["id"],
                session_id=session_id,
                seq=seq,
                at=from_micros(at),
                role=_ROLES[said["author"]],
                text=said["text"],
                speaker=speaker if isinstance(speaker, str) else None,
            )
        )
    return found
