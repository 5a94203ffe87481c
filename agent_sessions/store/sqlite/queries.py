"""Reads of a SQLite file: functions of a connection, to be run in a reader's thread."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...domain.encoding import from_micros, to_micros
from ...ports import SessionCounts
from .. import jsontext, rows
from . import statements

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from ...domain.log import LogEntry
    from ...domain.session import Session
    from ...ports import Deadlines, SessionFilter
    from ..paging import Place
    from .counters import Counters


@dataclass(frozen=True, slots=True)
class Found:
    """Live sessions of a page (one more than asked for, if there is one), and how many of all were closed or over.

    ``active``: sessions of this filter that are not closed, None where the counters know; ``over``: those of
    them whose time ran out unnoticed.
    """

    sessions: list[Session]
    active: int | None
    over: int


def session(
    connection: sqlite3.Connection, session_id: str, *, reader: rows.SessionReader, run: int
) -> tuple[Session | None, bool]:
    """The session, and whether another run than this was the last to write it."""
    row = connection.execute(statements.SELECT_SESSION, (session_id,)).fetchone()
    return (reader.read(row), rows.run_of(row) != run) if row else (None, False)


def log_after(connection: sqlite3.Connection, session_id: str, *, after: int, limit: int) -> list[LogEntry]:
    """Rows with ``seq > after``."""
    return _entries(session_id, connection.execute(statements.LOG_AFTER, (session_id, after, limit)))


def replies(connection: sqlite3.Connection, session_id: str, *, message_id: str, after: int) -> list[LogEntry]:
    """Rows with ``seq > after`` that conclude this message."""
    return _entries(session_id, connection.execute(statements.REPLIES, (session_id, after, message_id)))


def messages(
    connection: sqlite3.Connection,
    session_id: str,
    *,
    before: datetime | None,
    after: datetime | None,
    limit: int,
) -> list[LogEntry]:
    """Messages strictly between these instants, oldest first; the newest ones unless only ``after`` is given."""
    low = 0 if after is None else _rows_until(connection, session_id, to_micros(after))
    high = rows.LATEST if before is None else _rows_until(connection, session_id, to_micros(before) - 1)
    from_oldest = before is None and after is not None
    statement = statements.OLDEST_MESSAGES if from_oldest else statements.NEWEST_MESSAGES
    found = _entries(session_id, connection.execute(statement, (session_id, low, high, limit)))
    return found if from_oldest else found[::-1]


def _rows_until(connection: sqlite3.Connection, session_id: str, instant: int) -> int:
    """How many rows of the session's log are no later than this. Rows are numbered without gaps and their times
    increase, so that they are searched by halves and need no index by time."""
    known = connection.execute(statements.LAST_SEQ, (session_id,)).fetchone()
    numbers = range(1, known[0] + 1 if known else 1)
    return bisect_right(
        numbers, instant, key=lambda seq: connection.execute(statements.TIME_OF_ROW, (session_id, seq)).fetchone()[0]
    )


def page(
    connection: sqlite3.Connection,
    which: SessionFilter,
    *,
    reader: rows.SessionReader,
    run: int,
    limit: int,
    after: Place,
    offset: int,
) -> Found:
    """Live sessions after this place, in order of creation."""
    index, where = _narrowed(which)
    values = _values(which, run) | {"created_at": after.created_at, "id": after.id, "limit": limit, "offset": offset}
    statement = statements.list_page(index=index, where=where)
    sessions = [reader.read(row) for row in connection.execute(statement, values)]
    active = None
    if which.user_id is not None:
        active = connection.execute(statements.count_active(index=index, where=where), values).fetchone()[0]
    over = connection.execute(statements.count_overdue(where), values).fetchone()[0]
    return Found(sessions, active, over)


def counts(
    connection: sqlite3.Connection, counters: Counters, *, run: int, now: datetime, remember: timedelta
) -> SessionCounts:
    """From the counters, corrected by what fell due and was not noticed yet."""
    values = {"now": to_micros(now), "since": to_micros(now - remember), "run": run}
    over, over_warned, near = connection.execute(statements.count_overdue(), values).fetchone()
    expired = connection.execute(statements.COUNT_EXPIRED, (values["since"],)).fetchone()[0]
    expired += connection.execute(statements.COUNT_OVER, values).fetchone()[0] if over else 0
    return SessionCounts(counters.active - over, counters.warned - over_warned + near, expired)


def due(
    connection: sqlite3.Connection, *, before: datetime, limit: int, after: tuple[datetime, str] | None
) -> Deadlines:
    """Deadlines in order, from the index alone."""
    beyond = (rows.EARLIEST, "") if after is None else (to_micros(after[0]), after[1])
    found = connection.execute(statements.DUE, (to_micros(before), *beyond, limit))
    return [(from_micros(deadline), session_id) for deadline, session_id in found]


def awaiting(connection: sqlite3.Connection, *, run: int) -> list[tuple[str, str]]:
    """Messages, each after its session's id, that wait in sessions where this run took on none."""
    found = connection.execute(statements.AWAITING, (run,))
    return [(session_id, message_id) for session_id, waiting in found for message_id in jsontext.loads(waiting)]


def _entries(session_id: str, found: Iterable[Any]) -> list[LogEntry]:
    return [rows.read_entry(session_id, row) for row in found]


def _narrowed(which: SessionFilter) -> tuple[str, str]:
    """The index that serves this filter best, and the conditions beyond being alive."""
    if which.user_id is not None:
        by_agent = " AND agent_id = :agent_id" if which.agent_id is not None else ""
        return "sessions_live_by_user", f"AND user_id = :user_id{by_agent}"
    if which.agent_id is not None:
        return "sessions_live_by_agent", "AND agent_id = :agent_id"
    return "sessions_live", ""


def _values(which: SessionFilter, run: int) -> dict[str, Any]:
    return {"now": to_micros(which.now), "agent_id": which.agent_id, "user_id": which.user_id, "run": run}
