"""Sessions and log entries as rows, and back. Both databases use these columns in this order.

Rows are plain tuples. Reading shares what repeats a million times: agent ids and timeout configurations.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..domain.encoding import from_micros, to_micros
from ..domain.log import LogEntry
from ..domain.session import UNPROCESSED, MemoryStatus, Processing, Session, State
from ..domain.timeouts import TimeoutConfig
from . import facts, jsontext
from .instants import from_micros_or_none, span_from_micros, span_to_micros, to_micros_or_none

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

SESSION_COLUMNS = (
    "id",
    "channel_id",
    "agent_id",
    "user_id",
    "created_at",
    "last_activity",
    "expires_at",
    "timeout",
    "auto_renew",
    "max_duration",
    "warning_threshold",
    "metadata",
    "renewal_count",
    "state",
    "warned_at",
    "closed_at",
    "awaiting",
    "processing_status",
    "processing_quiet",
    "processing_due_at",
    "processing_done_seq",
    "last_seq",
    "last_at",
    "deadline",
    "run_id",
    "awaiting_run",
    "project",
    "processing_run",
)
"""Every column of ``sessions`` but its number, which the database gives."""

MOVING_COLUMNS = (
    "id",
    "last_activity",
    "expires_at",
    "renewal_count",
    "warned_at",
    "awaiting",
    "processing_status",
    "processing_quiet",
    "processing_due_at",
    "processing_done_seq",
    "last_seq",
    "last_at",
    "deadline",
    "run_id",
    "awaiting_run",
    "processing_run",
)
"""The columns that messages, replies, renewals, warnings and processing change; ``id`` says of which session."""

LOG_COLUMNS = ("session_id", "seq", "kind", "at", "in_reply_to", "payload")
"""Every column of ``log``."""

GRACE = timedelta(seconds=1)
"""How much later a session ends that a crashed process wrote: the longest a renewal may wait for its commit."""

EARLIEST, LATEST = -(2**63), 2**63 - 1
"""Before and after every instant in microseconds."""

RUNS = ("awaiting_run", "processing_run")
"""Columns that say which run took something on; they stay as they are until another one does."""

KEPT_TIMEOUTS = 10_000
"""How many different timeout configurations are shared before forgetting them all and starting over."""


def session_row(session: Session, *, run: int, claims: bool, begins: bool = False) -> tuple[Any, ...]:
    """The whole row, written by this run. ``claims``: the run has taken on to reply to a message that awaits it;
    ``begins``: it has begun to process the conversation."""
    config = session.timeout
    return (
        session.id,
        session.channel_id,
        session.agent_id,
        session.user_id,
        to_micros(session.created_at),
        to_micros(session.last_activity),
        to_micros(session.expires_at),
        span_to_micros(config.timeout),
        config.auto_renew,
        span_to_micros(config.max_duration),
        span_to_micros(config.warning_threshold),
        jsontext.dumps(session.metadata, name="metadata") if session.metadata else "{}",
        session.renewal_count,
        session.state.value,
        to_micros_or_none(session.warned_at),
        to_micros_or_none(session.closed_at),
        _awaiting_text(session.awaiting),
        *_processing_values(session.processing),
        session.last_seq,
        to_micros(session.last_at),
        to_micros_or_none(session.deadline),
        run,
        run if claims else None,
        session.project,
        run if begins else None,
    )


def moving_row(session: Session, *, run: int, claims: bool, begins: bool = False) -> tuple[Any, ...]:
    """The part of the row that moves, as in :data:`MOVING_COLUMNS`."""
    last_at = to_micros(session.last_at)
    return (
        session.id,
        last_at if session.last_activity is session.last_at else to_micros(session.last_activity),
        to_micros(session.expires_at),
        session.renewal_count,
        to_micros_or_none(session.warned_at),
        _awaiting_text(session.awaiting),
        *_processing_values(session.processing),
        session.last_seq,
        last_at,
        to_micros_or_none(session.deadline),
        run,
        run if claims else None,
        run if begins else None,
    )


def only_moved(before: Session, after: Session) -> bool:
    """Whether the moving columns tell the whole difference."""
    return (
        after.state is before.state
        and after.timeout is before.timeout
        and after.metadata is before.metadata
        and after.closed_at is before.closed_at
        and after.agent_id is before.agent_id
        and after.user_id is before.user_id
        and after.channel_id is before.channel_id
    )


def user_row(session_row: Sequence[Any]) -> tuple[Any, ...]:
    """The row of the user of a new session: project, id, the id without regard to case, when the user appeared."""
    return (session_row[26], session_row[3], session_row[3].casefold(), session_row[5])


def entry_row(entry: LogEntry) -> tuple[Any, ...]:
    """A row of the log."""
    kind, payload = facts.encode(entry.fact)
    return (entry.session_id, entry.seq, kind, to_micros(entry.at), facts.concludes(entry.fact), payload)


def read_entry(session_id: str, row: Sequence[Any]) -> LogEntry:
    """From (seq, kind, at, payload) to the entry."""
    seq, kind, at, payload = row
    return LogEntry(session_id, seq, from_micros(at), facts.decode(kind, payload))


def run_of(row: Sequence[Any]) -> int:
    """The run that was the last to write this row of all columns."""
    run: int = row[24]
    return run


class SessionReader:
    """Turns rows of all columns into sessions. ``crashed``: the runs that ended without closing the store."""

    def __init__(self, crashed: Container[int] = ()) -> None:
        self._crashed = crashed
        self._timeouts: dict[tuple[int, bool, int, int], TimeoutConfig] = {}

    def read(self, row: Sequence[Any]) -> Session:
        """The session, ending :data:`GRACE` later if it is open and a crashed run was the last to write it."""
        ends = from_micros(row[6])
        state = _STATES[row[13]]
        if state is State.ACTIVE and run_of(row) in self._crashed:
            ends += GRACE
        return Session(
            id=row[0],
            channel_id=row[1],
            agent_id=sys.intern(row[2]),
            user_id=row[3],
            created_at=from_micros(row[4]),
            last_activity=from_micros(row[5]),
            expires_at=ends,
            timeout=self._timeout((row[7], bool(row[8]), row[9], row[10])),
            metadata={} if row[11] == "{}" else jsontext.loads(row[11]),
            renewal_count=row[12],
            state=state,
            warned_at=from_micros_or_none(row[14]),
            closed_at=from_micros_or_none(row[15]),
            awaiting=() if row[16] == "[]" else tuple(jsontext.loads(row[16])),
            processing=_processing(row[17], row[18], row[19], row[20]),
            last_seq=row[21],
            last_at=from_micros(row[22]),
            project=sys.intern(row[26]),
        )

    def _timeout(self, key: tuple[int, bool, int, int]) -> TimeoutConfig:
        known = self._timeouts.get(key)
        if known is None:
            if len(self._timeouts) >= KEPT_TIMEOUTS:
                self._timeouts.clear()
            spans = span_from_micros(key[0]), key[1], span_from_micros(key[2]), span_from_micros(key[3])
            known = self._timeouts[key] = TimeoutConfig(*spans)
        return known


_STATES = {state.value: state for state in State}


_STATUSES = {status.value: status for status in MemoryStatus}
_STATUS_TEXTS = {status: status.value for status in MemoryStatus}
"""Asked for with every write; an enum's own ``value`` takes ten times as long."""


def _processing_values(processing: Processing) -> tuple[str, int | None, int | None, int]:
    quiet = None if processing.quiet is None else span_to_micros(processing.quiet)
    return _STATUS_TEXTS[processing.status], quiet, to_micros_or_none(processing.due_at), processing.done_seq


def _processing(status: str, quiet: int | None, due_at: int | None, done_seq: int) -> Processing:
    if status == MemoryStatus.PENDING and quiet is None and due_at is None and not done_seq:
        return UNPROCESSED
    return Processing(
        status=_STATUSES[status],
        quiet=None if quiet is None else span_from_micros(quiet),
        due_at=from_micros_or_none(due_at),
        done_seq=done_seq,
    )


def _awaiting_text(ids: tuple[str, ...]) -> str:
    return jsontext.dumps(ids, name="awaiting") if ids else "[]"
