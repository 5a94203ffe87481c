"""Every SQL statement of memory, by name, for both databases (see ``procedures.py`` for what differs).

All but those about users and sessions name the owner by ``:user``, the number of the user's row.
"""

# ruff: noqa: S608 - made of the constants here, never of values

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rows import LOG_COLUMNS, SESSION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

SESSION = ", ".join(f"sessions.{name}" for name in SESSION_COLUMNS)
NUMBERS = "SELECT CAST(item.value->>0 AS BIGINT) FROM json_each(:numbers) AS item"
TEXTS = "SELECT item.value->>0 FROM json_each(:ids) AS item"
THEIRS = "sessions.project = :project AND sessions.user_id = :user_id"

MEMORY_COLUMNS = (
    *("id", "session_id", "lineage", "version", "kind", "content", "categories", "sources"),
    *("event_start", "event_end", "created_at", "replaced_by", "expired_at", "reason", "conflict_id", "conflict_open"),
)
CONFLICT_COLUMNS = (
    *("id", "session_id", "status", "proposed", "conflicting", "questions", "answers", "new_memories"),
    *("created_at", "resolved_at"),
)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"


# users

FIND_USER = "SELECT number FROM users WHERE project = :project AND id = :user_id"
HOLD_USER = f"{FIND_USER} FOR NO KEY UPDATE"
"""Their memories change by one hand at a time; new sessions may still be made."""
TAKE_USER = f"{FIND_USER} FOR UPDATE"

_USER = "SELECT number, project, id, created_at, metadata, merge_conflicts FROM users"
USER = f"{_USER} WHERE project = :project AND id = :user_id"
USERS_BY_NUMBER = f"{_USER} WHERE number IN ({NUMBERS}) ORDER BY created_at DESC, number DESC"
USERS_PAGE = f"""{_USER} WHERE project = :project
  ORDER BY created_at DESC, number DESC LIMIT :limit OFFSET :offset"""

TOUCHED = f"""SELECT users.number, MAX(sessions.last_activity)
  FROM users JOIN sessions ON sessions.project = users.project AND sessions.user_id = users.id
  WHERE users.number IN ({NUMBERS}) GROUP BY users.number"""
"""When a session of theirs was last made or kept alive."""

SPOKEN = """SELECT users.number,
    MAX((SELECT at FROM log WHERE session_id = sessions.id AND kind = 'message' ORDER BY seq DESC LIMIT 1))
  FROM json_each(:touched) AS item CROSS JOIN users CROSS JOIN sessions
  WHERE users.number = CAST(item.value->>0 AS BIGINT) AND sessions.project = users.project
    AND sessions.user_id = users.id AND sessions.last_at > CAST(item.value->>1 AS BIGINT)
  GROUP BY users.number"""
"""When they last spoke, or were spoken to, in a session that may have seen that later than then."""

COUNT_USERS = "SELECT COUNT(*) FROM users WHERE project = :project"
USERS_LIKE = """SELECT number, metadata FROM users
  WHERE project = :project AND folded_id LIKE :part ESCAPE '!' AND metadata LIKE :pattern ESCAPE '!'
  ORDER BY created_at DESC, number DESC"""

INSERT_USER = """INSERT INTO users (project, id, folded_id, created_at, metadata, merge_conflicts)
  VALUES (:project, :id, :folded_id, :created_at, :metadata, :merge_conflicts)
  ON CONFLICT DO NOTHING RETURNING number"""
UPDATE_USER = """UPDATE users SET metadata = COALESCE(:metadata, metadata),
    merge_conflicts = COALESCE(:merge_conflicts, merge_conflicts) WHERE number = :user RETURNING number"""
RENAME_USER = """UPDATE users SET id = :new_id, folded_id = :folded_id WHERE number = :user
    AND NOT EXISTS (SELECT 1 FROM users AS others WHERE others.project = :project AND others.id = :new_id)
  RETURNING number"""
DELETE_USER = "DELETE FROM users WHERE number = :user"

# sessions of a user

SESSION_OF = f"SELECT id FROM sessions WHERE {THEIRS} AND id = :session_id"
TAKE_SESSIONS = f"SELECT {SESSION} FROM sessions WHERE {THEIRS} ORDER BY id FOR UPDATE"
TAKE_SESSION = f"SELECT {SESSION} FROM sessions WHERE {THEIRS} AND id = :session_id FOR UPDATE"
RENAME_SESSIONS = f"UPDATE sessions SET user_id = :new_id WHERE {THEIRS} RETURNING id"
RENAME_JOBS = f"""UPDATE jobs SET user_id = :new_id
  WHERE user_id = :user_id AND session_id IN (SELECT id FROM sessions WHERE {THEIRS})"""

SESSIONS_PAGE = f"""SELECT {SESSION} FROM sessions WHERE {THEIRS}
  ORDER BY created_at DESC, number DESC LIMIT :limit OFFSET :offset"""
COUNT_SESSIONS = f"SELECT COUNT(*) FROM sessions WHERE {THEIRS}"
SESSIONS_TO_MATCH = f"""SELECT number, processing_status, metadata, id FROM sessions
  WHERE {THEIRS} AND metadata LIKE :pattern ESCAPE '!'
  ORDER BY created_at DESC, number DESC"""
SESSIONS_BY_NUMBER = f"""SELECT {SESSION} FROM sessions WHERE {THEIRS} AND number IN ({NUMBERS})
  ORDER BY created_at DESC, number DESC"""

PROCESSING = """SELECT project, user_id, id FROM sessions
  WHERE processing_status = 'processing' AND processing_run <> :run
    AND NOT EXISTS (SELECT 1 FROM runs
      WHERE runs.id = sessions.processing_run AND runs.ended_at IS NULL AND runs.seen_at >= :since)
  ORDER BY created_at, number"""
"""Those begun by another run than this that has ended, or given no sign of life since then."""

DELETE_LOGS = f"DELETE FROM log WHERE session_id IN ({TEXTS})"
DELETE_KEYS = f"DELETE FROM idempotency_keys WHERE scope IN ({TEXTS})"
DELETE_CREATION_KEYS = f"DELETE FROM idempotency_keys WHERE scope = '' AND session_id IN ({TEXTS})"
DELETE_JOBS = f"DELETE FROM jobs WHERE session_id IN ({TEXTS})"
DELETE_SESSIONS = f"DELETE FROM sessions WHERE id IN ({TEXTS})"

# what was said

MESSAGES_PAGE = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = :session_id AND kind = 'message' ORDER BY seq LIMIT :limit OFFSET :offset"""
COUNT_MESSAGES = "SELECT COUNT(*) FROM log WHERE session_id = :session_id AND kind = 'message'"
POSITIONS = f"SELECT id, last_seq FROM sessions WHERE {THEIRS}"
SESSIONS_BY_NEWS = f"""SELECT id, last_at FROM sessions WHERE {THEIRS}
  ORDER BY last_at DESC, number DESC"""
NEWEST_MESSAGES = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = :session_id AND kind = 'message' ORDER BY seq DESC LIMIT :limit"""
PAYLOADS = "SELECT payload FROM log WHERE session_id = :session_id AND kind = 'message'"
MESSAGES_AT = f"""SELECT log.session_id, log.seq, log.kind, log.at, log.payload
  FROM json_each(:places) AS item CROSS JOIN sessions CROSS JOIN log
  WHERE sessions.id = item.value->>0 AND {THEIRS}
    AND log.session_id = sessions.id AND log.seq = CAST(item.value->>1 AS BIGINT) AND log.kind = 'message'"""
UTTERANCES = f"""SELECT log.session_id, log.seq, log.at, log.payload
  FROM sessions JOIN log ON log.session_id = sessions.id
  WHERE {THEIRS} AND log.kind = 'message'
  ORDER BY sessions.created_at, sessions.number, log.seq"""
UNPROCESSED_UTTERANCES = UTTERANCES.replace("ORDER BY", "AND sessions.processing_status <> 'processed' ORDER BY")

# memories

_TOTAL = """CASE WHEN expired_at IS NULL THEN version ELSE (SELECT COUNT(*) FROM memories AS versions
    WHERE versions.user_number = memories.user_number AND versions.lineage = memories.lineage) END"""
_MEMORIES = f"SELECT {', '.join(MEMORY_COLUMNS)}, {_TOTAL}, number FROM memories WHERE user_number = :user"
"""The newest version is numbered as many as there are versions, so that only older ones need to be counted."""

CURRENT = f"{_MEMORIES} AND expired_at IS NULL ORDER BY created_at, number"
PAGE_OF_FACTS = f"""{_MEMORIES} AND kind = 'fact' AND expired_at IS NULL
  ORDER BY created_at DESC, number DESC LIMIT :limit OFFSET :offset"""
COUNT_FACTS = "SELECT COUNT(*) FROM memories WHERE user_number = :user AND kind = 'fact' AND expired_at IS NULL"
FACTS_TO_MATCH = """SELECT number, categories, session_id FROM memories
  WHERE user_number = :user AND kind = 'fact' AND expired_at IS NULL ORDER BY created_at DESC, number DESC"""
BY_NUMBER = f"""{_MEMORIES} AND expired_at IS NULL AND kind = 'fact' AND number IN ({NUMBERS})
  ORDER BY created_at DESC, number DESC"""
BY_ID = f"{_MEMORIES} AND id IN ({TEXTS})"
BY_LINEAGE = f"{_MEMORIES} AND lineage IN ({TEXTS}) ORDER BY lineage, version DESC"
OF_SESSION = "SELECT id FROM memories WHERE user_number = :user AND session_id = :session_id"
WITH_RELATIVES = f"""{_MEMORIES} AND lineage IN (SELECT lineage FROM memories AS named
  WHERE named.user_number = :user AND named.id IN ({TEXTS}))"""

INSERT_MEMORY = _insert("memories", ("user_number", *MEMORY_COLUMNS)).replace(":user_number", ":user")
UPDATE_MEMORY = """UPDATE memories SET lineage = :lineage, version = :version, sources = :sources,
    replaced_by = :replaced_by, expired_at = :expired_at, reason = :reason,
    conflict_id = :conflict_id, conflict_open = :conflict_open
  WHERE user_number = :user AND id = :id"""
DELETE_MEMORY = "DELETE FROM memories WHERE user_number = :user AND id = :id"
DELETE_MEMORIES = "DELETE FROM memories WHERE user_number = :user"
SOURCES = "SELECT id, sources FROM memories WHERE user_number = :user AND session_id <> :session_id"
UPDATE_SOURCES = "UPDATE memories SET sources = :sources WHERE user_number = :user AND id = :id"

# vectors of what was said and of what was made of it

EMBEDDINGS = f"""SELECT embeddings.digest, embeddings.vector
  FROM sessions JOIN embeddings ON embeddings.session_id = sessions.id AND embeddings.model = :model
  WHERE {THEIRS}"""
MESSAGES_THERE = MESSAGES_AT.replace("log.seq, log.kind, log.at, log.payload", "log.seq")
SESSIONS_THERE = f"SELECT id FROM sessions WHERE {THEIRS} AND id IN ({TEXTS})"
MEMORIES_THERE = f"SELECT id FROM memories WHERE user_number = :user AND id IN ({TEXTS})"
INSERT_EMBEDDING = f"""{_insert("embeddings", ("session_id", "model", "digest", "vector"))} ON CONFLICT DO NOTHING"""
DELETE_EMBEDDINGS = f"DELETE FROM embeddings WHERE session_id IN ({TEXTS})"
DELETE_MEMORY_EMBEDDINGS = """DELETE FROM embeddings WHERE session_id IN (
  SELECT session_id FROM memories WHERE user_number = :user AND id = :id)"""
"""All of the session that the memory is from: whose text a vector is of, nobody can tell; the others are made anew."""

# connections, between lineages

_CONNECTED = """SELECT named.id AS asked, links.{other} AS lineage FROM memories AS named
    JOIN memory_connections AS links ON links.user_number = named.user_number AND links.{own} = named.lineage
    WHERE named.user_number = :user AND named.id IN ({texts})"""
CONNECTED = f"""SELECT DISTINCT pairs.asked, memories.id
  FROM ({_CONNECTED.format(own="first", other="second", texts=TEXTS)}
    UNION {_CONNECTED.format(own="second", other="first", texts=TEXTS)}) AS pairs
  JOIN memories ON memories.user_number = :user AND memories.lineage = pairs.lineage
  WHERE memories.expired_at IS NULL"""
INSERT_CONNECTION = """INSERT INTO memory_connections (user_number, first, second, session_id, shared)
  VALUES (:user, :first, :second, :session_id, :shared) ON CONFLICT DO NOTHING"""
TAKE_CONNECTIONS = f"""DELETE FROM memory_connections WHERE user_number = :user
    AND (first IN ({TEXTS}) OR second IN ({TEXTS})) RETURNING first, second, session_id, shared"""
DELETE_CONNECTIONS_MADE = "DELETE FROM memory_connections WHERE user_number = :user AND session_id = :session_id"
DELETE_CONNECTIONS = "DELETE FROM memory_connections WHERE user_number = :user"

# conflicts

_CONFLICTS = f"SELECT {', '.join(CONFLICT_COLUMNS)} FROM merge_conflicts WHERE user_number = :user"
_FILTERED = f"{_CONFLICTS} AND (CAST(:status AS TEXT) IS NULL OR status = :status)"
CONFLICT = f"{_CONFLICTS} AND id = :id"
ALL_CONFLICTS = f"{_CONFLICTS} ORDER BY created_at, number"
OPEN_CONFLICTS = f"{_CONFLICTS} AND resolved_at IS NULL AND status <> 'FAILED' ORDER BY created_at, number"
COUNT_CONFLICTS = """SELECT COUNT(*) FROM merge_conflicts
  WHERE user_number = :user AND (CAST(:status AS TEXT) IS NULL OR status = :status)"""
_LIMITED = "LIMIT :limit OFFSET :offset"
CONFLICTS_PAGE = {
    ("created_at", False): f"{_FILTERED} ORDER BY created_at DESC, number DESC {_LIMITED}",
    ("created_at", True): f"{_FILTERED} ORDER BY created_at, number {_LIMITED}",
    ("resolved_at", False): f"{_FILTERED} ORDER BY resolved_at IS NULL, resolved_at DESC, number DESC {_LIMITED}",
    ("resolved_at", True): f"{_FILTERED} ORDER BY resolved_at IS NULL, resolved_at, number {_LIMITED}",
}
"""By column and whether ascending; those without a time of resolution come last."""
INSERT_CONFLICT = _insert("merge_conflicts", ("user_number", *CONFLICT_COLUMNS)).replace(":user_number", ":user")
UPDATE_CONFLICT = """UPDATE merge_conflicts SET status = :status, conflicting = :conflicting, questions = :questions,
    answers = :answers, new_memories = :new_memories, resolved_at = :resolved_at
  WHERE user_number = :user AND id = :id"""
DELETE_CONFLICT = "DELETE FROM merge_conflicts WHERE user_number = :user AND id = :id"
DELETE_CONFLICTS = "DELETE FROM merge_conflicts WHERE user_number = :user"
FORGET_CONFLICT = """UPDATE memories SET conflict_id = NULL
  WHERE user_number = :user AND conflict_id = :id AND NOT conflict_open"""

# summaries

_SUMMARY = f"""SELECT sessions.id, summaries.text, summaries.started_at, summaries.ended_at, sessions.user_id
  FROM sessions JOIN summaries ON summaries.user_number = :user AND summaries.session_id = sessions.id
  WHERE {THEIRS}"""
SUMMARIES = f"{_SUMMARY} ORDER BY sessions.created_at DESC, sessions.number DESC LIMIT :limit"
SUMMARIES_OF = f"""{_SUMMARY} AND sessions.id IN ({TEXTS})
  ORDER BY sessions.created_at DESC, sessions.number DESC LIMIT :limit"""
FACTS_OF_SESSIONS = f"""SELECT session_id, id FROM memories
  WHERE user_number = :user AND session_id IN ({TEXTS}) AND kind = 'fact' AND expired_at IS NULL
  ORDER BY created_at, number"""
KEEP_SUMMARY = """INSERT INTO summaries (user_number, session_id, text, started_at, ended_at)
  VALUES (:user, :session_id, :text, :started_at, :ended_at)
  ON CONFLICT (user_number, session_id)
  DO UPDATE SET text = excluded.text, started_at = excluded.started_at, ended_at = excluded.ended_at"""
DELETE_SUMMARY = "DELETE FROM summaries WHERE user_number = :user AND session_id = :session_id"
DELETE_SUMMARIES = "DELETE FROM summaries WHERE user_number = :user"

# everything of a user, out and in

ALL_SESSIONS = f"SELECT {SESSION} FROM sessions WHERE {THEIRS} ORDER BY number"
ALL_MEMORIES = f"{_MEMORIES} ORDER BY number"
ALL_CONNECTIONS = """SELECT first, second, session_id, shared FROM memory_connections WHERE user_number = :user
  ORDER BY first, second, session_id"""
ALL_SUMMARIES = f"{_SUMMARY} ORDER BY sessions.number"
OWNERS_OF_SESSIONS = f"SELECT id, project, user_id FROM sessions WHERE id IN ({TEXTS})"
RESTORE_SESSION = _insert("sessions", SESSION_COLUMNS)
RESTORE_ENTRY = f"{_insert('log', LOG_COLUMNS)} ON CONFLICT DO NOTHING"
RESTORE_CONNECTION = f"{INSERT_CONNECTION} RETURNING first"
RESTORE_SUMMARY = """INSERT INTO summaries (user_number, session_id, text, started_at, ended_at)
  VALUES (:user, :session_id, :text, :started_at, :ended_at) ON CONFLICT DO NOTHING RETURNING session_id"""
