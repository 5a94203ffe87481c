"""Every SQL statement of the hot paths on SQLite, by name."""

# ruff: noqa: S608 - made of the constants here, never of values

from __future__ import annotations

from ..instants import span_to_micros
from ..rows import GRACE, LOG_COLUMNS, MOVING_COLUMNS, RUNS, SESSION_COLUMNS
from ..tables import LIVE
from .many import inserting, updating

ALL = ", ".join(SESSION_COLUMNS)

ENDS = f"""expires_at + CASE WHEN run_id <> :run AND run_id IN (SELECT id FROM runs WHERE ended_at IS NULL)
  THEN {span_to_micros(GRACE)} ELSE 0 END"""
"""When a session ends as readers are told: later if a crashed run was the last to write it."""

INSERT_SESSIONS = inserting("sessions", SESSION_COLUMNS)
REWRITE_SESSIONS = updating("sessions", SESSION_COLUMNS, index="sessions_by_id", kept=RUNS)
MOVE_SESSIONS = updating("sessions", MOVING_COLUMNS, index="sessions_by_id", kept=RUNS)
"""Leaves alone the columns of the indexes for lists, so that a message costs one index entry, not four."""

INSERT_USERS = inserting(
    "users", ("project", "id", "folded_id", "created_at", "metadata"), otherwise="ON CONFLICT DO NOTHING"
)
"""The users of new sessions, unless known."""

INSERT_LOG = inserting("log", LOG_COLUMNS)
INSERT_KEYS = inserting("idempotency_keys", ("scope", "key", "session_id", "seq"))
SELECT_KEY = "SELECT session_id, seq FROM idempotency_keys WHERE scope = ? AND key = ?"
SELECT_SESSION = f"SELECT {ALL} FROM sessions WHERE id = ?"

LOG_AFTER = "SELECT seq, kind, at, payload FROM log WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?"
REPLIES = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = ? AND seq > ? AND in_reply_to = ? ORDER BY seq"""

_MESSAGES = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = ? AND kind = 'message' AND seq > ? AND seq <= ? ORDER BY seq"""
OLDEST_MESSAGES = f"{_MESSAGES} LIMIT ?"
NEWEST_MESSAGES = f"{_MESSAGES} DESC LIMIT ?"

LAST_SEQ = "SELECT last_seq FROM sessions WHERE id = ?"
TIME_OF_ROW = "SELECT at FROM log WHERE session_id = ? AND seq = ?"

DUE = """SELECT deadline, id FROM sessions INDEXED BY sessions_by_deadline
  WHERE deadline < ? AND (deadline, id) > (?, ?) ORDER BY deadline, id LIMIT ?"""

AWAITING = """SELECT id, awaiting FROM sessions INDEXED BY sessions_awaiting
  WHERE awaiting <> '[]' AND awaiting_run <> ? ORDER BY created_at, id"""


def list_page(*, index: str, where: str) -> str:
    """A page of live sessions after (:created_at, :id). ``where``: more conditions, each with its leading AND."""
    return f"""SELECT {ALL} FROM sessions INDEXED BY {index}
      WHERE {LIVE} AND {ENDS} > :now AND (created_at, id) > (:created_at, :id) {where}
      ORDER BY created_at, id LIMIT :limit OFFSET :offset"""


def count_active(*, index: str, where: str) -> str:
    """How many sessions are not closed, of those a filter by user finds; the counters know the others."""
    return f"SELECT COUNT(*) FROM sessions INDEXED BY {index} WHERE {LIVE} {where}"


COUNT_ACTIVE_OF = f"""SELECT agent_id, COUNT(*) FROM sessions INDEXED BY sessions_live_by_agent
  WHERE {LIVE} GROUP BY agent_id"""


def count_overdue(where: str = "") -> str:
    """Of the sessions whose deadline passed unnoticed: how many are over, of these warned, and how many only near.

    Few in normal operation: the timeout manager fires each at its deadline.
    """
    return f"""SELECT COUNT(*) FILTER (WHERE ends <= :now),
        COUNT(*) FILTER (WHERE ends <= :now AND warned_at IS NOT NULL),
        COUNT(*) FILTER (WHERE ends > :now AND warned_at IS NULL)
      FROM (SELECT {ENDS} AS ends, warned_at FROM sessions INDEXED BY sessions_by_deadline
            WHERE {LIVE} AND deadline <= :now {where})"""


COUNT_EXPIRED = """SELECT COUNT(*) FROM sessions INDEXED BY sessions_expired
  WHERE state = 'expired' AND expires_at > ?"""
COUNT_OVER = f"""SELECT COUNT(*) FROM sessions INDEXED BY sessions_by_deadline
  WHERE {LIVE} AND deadline <= :now AND {ENDS} <= :now AND {ENDS} > :since"""
"""Sessions that ran out unnoticed, and not too long ago."""

COUNT_WARNED = f"""SELECT COUNT(*) FROM sessions INDEXED BY sessions_warned
  WHERE {LIVE} AND warned_at IS NOT NULL"""

BEGIN_RUN = "INSERT INTO runs (started_at, seen_at) VALUES (?1, ?1) RETURNING id"
END_RUN = "UPDATE runs SET ended_at = ?2, seen_at = ?2 WHERE id = ?1"
FORGET_RUNS = "DELETE FROM runs WHERE ended_at IS NOT NULL AND id < ?"
"""Those that ended in order: nobody asks for them. The newest row stays, so that no number is given twice."""
CRASHED_RUNS = "SELECT id FROM runs WHERE ended_at IS NULL AND id <> ?"
