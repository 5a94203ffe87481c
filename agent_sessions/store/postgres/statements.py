"""Every SQL statement of the hot paths on PostgreSQL, by name. Many rows travel as one array a column."""

# ruff: noqa: S608 - made of the constants here, never of values

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rows import LOG_COLUMNS, MOVING_COLUMNS, RUNS, SESSION_COLUMNS
from ..tables import LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

USER_COLUMNS = ("project", "id", "folded_id", "created_at")
KEY_COLUMNS = ("scope", "key", "session_id", "seq")
TEXTS = {
    *(
        "id",
        "channel_id",
        "agent_id",
        "user_id",
        "metadata",
        "state",
        "awaiting",
        "processing_status",
        "project",
        "folded_id",
    ),
    *("session_id", "kind", "in_reply_to", "payload", "scope", "key"),
}


def _type(column: str) -> str:
    if column in TEXTS:
        return "text"
    return "boolean" if column == "auto_renew" else "bigint"


def _rows(columns: Sequence[str]) -> str:
    return f"unnest({', '.join(f'${place}::{_type(name)}[]' for place, name in enumerate(columns, start=1))})"


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_rows(columns)}"


WAITS = """CASE new.awaiting WHEN '[]' THEN NULL WHEN old.awaiting THEN old.awaiting_runs ELSE (
    SELECT jsonb_object_agg(message_id, COALESCE(old.awaiting_runs -> message_id, to_jsonb(new.run_id)))
    FROM jsonb_array_elements_text(new.awaiting::jsonb) AS message_id) END"""
"""Who took on to reply to which message: whoever writes that one more waits has taken on that one."""


def _update(columns: Sequence[str]) -> str:
    """Set the columns of rows. The runs that took something on stay, unless new."""
    values = {name: f"new.{name}" for name in columns if name != "id"}
    values |= {name: f"COALESCE(new.{name}, old.{name})" for name in RUNS}
    values["awaiting_runs"] = WAITS
    settings = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"""UPDATE sessions AS old SET {settings}
      FROM {_rows(columns)} AS new ({", ".join(columns)}) WHERE old.id = new.id"""


ALL = ", ".join(SESSION_COLUMNS)

INSERT_SESSIONS = _insert("sessions", SESSION_COLUMNS)
REWRITE_SESSIONS = _update(SESSION_COLUMNS)
MOVE_SESSIONS = _update(MOVING_COLUMNS)
INSERT_LOG = _insert("log", LOG_COLUMNS)
INSERT_KEYS = _insert("idempotency_keys", KEY_COLUMNS)

SHARE_USERS = """SELECT users.project, users.id
  FROM unnest($1::text[], $2::text[]) AS wanted (project, id) JOIN users USING (project, id)
  ORDER BY users.project, users.id FOR KEY SHARE OF users"""
"""The users that are known; nobody can erase or rename them until the end of the transaction."""

INSERT_USERS = f"""INSERT INTO users ({", ".join(USER_COLUMNS)}, metadata)
  SELECT *, '{{}}' FROM {_rows(USER_COLUMNS)} ON CONFLICT DO NOTHING RETURNING project, id"""

SELECT_KEYS = """SELECT scope, key, session_id, seq FROM idempotency_keys
  WHERE (scope, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))"""
SELECT_SESSION = f"SELECT {ALL} FROM sessions WHERE id = $1"
LOCK_SESSIONS = f"SELECT {ALL} FROM sessions WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE"
"""In order of id, so that two processes that want the same sessions wait for each other instead of forever."""

LOG_AFTER = "SELECT seq, kind, at, payload FROM log WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
REPLIES = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = $1 AND seq > $2 AND in_reply_to = $3 ORDER BY seq"""

_MESSAGES = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = $1 AND kind = 'message' AND at > $2 AND at < $3 ORDER BY at"""
OLDEST_MESSAGES = f"{_MESSAGES} LIMIT $4"
NEWEST_MESSAGES = f"{_MESSAGES} DESC LIMIT $4"

DUE = """SELECT deadline, id FROM sessions
  WHERE deadline < $1 AND (deadline, id) > ($2, $3) ORDER BY deadline, id LIMIT $4"""

AWAITING = """SELECT id, message_id FROM sessions,
    jsonb_array_elements_text(awaiting::jsonb) WITH ORDINALITY AS waiting (message_id, place),
    COALESCE((awaiting_runs ->> message_id)::bigint, awaiting_run) AS owner
  WHERE awaiting <> '[]' AND owner <> $1
    AND owner NOT IN (SELECT id FROM runs WHERE ended_at IS NULL AND seen_at >= $2)
  ORDER BY created_at, id, place"""


def list_page(where: str) -> str:
    """A page of live sessions. ``where``: more conditions, each with its leading AND."""
    return f"""SELECT {ALL} FROM sessions
      WHERE {LIVE} AND expires_at > $1 AND (created_at, id) > ($2, $3) {where}
      ORDER BY created_at, id LIMIT $4 OFFSET $5"""


def count_live(where: str) -> str:
    """All that are not closed, from an index alone, less the few that ran out unnoticed."""
    return f"""SELECT (SELECT COUNT(*) FROM sessions WHERE {LIVE} {where})
      - (SELECT COUNT(*) FROM sessions
         WHERE {LIVE} AND deadline <= $1 AND expires_at <= $1 {where})"""


COUNTS = f"""SELECT
  (SELECT COUNT(*) FROM sessions WHERE {LIVE})
    - (SELECT COUNT(*) FROM sessions WHERE {LIVE} AND deadline <= $1 AND expires_at <= $1),
  (SELECT COUNT(*) FROM sessions WHERE {LIVE} AND warned_at IS NOT NULL AND expires_at > $1)
    + (SELECT COUNT(*) FROM sessions WHERE {LIVE} AND deadline <= $1 AND expires_at > $1
       AND warned_at IS NULL),
  (SELECT COUNT(*) FROM sessions WHERE state = 'expired' AND expires_at > $2)
    + (SELECT COUNT(*) FROM sessions WHERE {LIVE} AND deadline <= $1 AND expires_at <= $1
       AND expires_at > $2)"""
"""Live ones, those near their end, and remembered expired ones, noticed or not."""

BEGIN_RUN = "INSERT INTO runs (started_at, seen_at) VALUES ($1, $1) RETURNING id"
FORGET_RUNS = "DELETE FROM runs WHERE ended_at IS NOT NULL AND id < $1"
"""Those that ended in order: a run that is not there is over."""
SEE_RUN = "UPDATE runs SET seen_at = $2 WHERE id = $1"
END_RUN = "UPDATE runs SET ended_at = $2, seen_at = $2 WHERE id = $1"
