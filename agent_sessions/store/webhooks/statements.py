"""Every SQL statement of webhooks, by name (see ``memory/procedures.py`` for how one text serves both databases)."""

# ruff: noqa: S608 - made of the constants here, never of values

from __future__ import annotations

QUEUE_COLUMNS = ("endpoint", "session_id", "replay", "done_seq", "last_seq", "due_at", "since", "attempts")
DEAD_COLUMNS = ("endpoint", "session_id", "seq", "kind", "at", "given_up_at", "attempts", "reason")

_INSERT = f"INSERT INTO webhook_queue ({', '.join(QUEUE_COLUMNS)})"
_JOIN = "ON CONFLICT (endpoint, session_id, replay) DO UPDATE SET last_seq = excluded.last_seq"
"""What waits already goes on waiting, for a few rows more."""

QUEUE_SQLITE = f"{_INSERT} VALUES ({', '.join('?' * len(QUEUE_COLUMNS))}) {_JOIN}"
QUEUE_POSTGRES = f"""{_INSERT} SELECT * FROM unnest($1::text[], $2::text[], {
    ", ".join(f"${place}::bigint[]" for place in range(3, len(QUEUE_COLUMNS) + 1))
}) {_JOIN}"""

HELD = """SELECT endpoint, session_id, replay, last_seq, token FROM webhook_queue
  WHERE endpoint = :endpoint AND session_id IN (SELECT item.value->>0 FROM json_each(:session_ids) AS item)
  ORDER BY session_id, replay FOR UPDATE"""
"""In order of their keys, as every writer takes them, so that two of them never wait for each other."""
FINISH = "DELETE FROM webhook_queue WHERE endpoint = :endpoint AND session_id = :session_id AND replay = :replay"
PUT_OFF = """UPDATE webhook_queue SET done_seq = :done_seq, due_at = :due_at, attempts = :attempts, token = NULL
  WHERE endpoint = :endpoint AND session_id = :session_id AND replay = :replay"""
BURY = f"""INSERT INTO webhook_dead_letters ({", ".join(DEAD_COLUMNS)})
  VALUES ({", ".join(f":{name}" for name in DEAD_COLUMNS)})"""

_ALLOWED = """NOT EXISTS (
    SELECT 1 FROM webhook_queue AS earlier WHERE earlier.endpoint = waiting.endpoint
      AND earlier.session_id = waiting.session_id AND earlier.replay > 0 AND earlier.replay < waiting.replay)"""
"""Of what is replayed of a session only the first, so that it is told in order."""
DUE = f"""SELECT session_id, replay, done_seq, last_seq, attempts, since FROM webhook_queue AS waiting
  WHERE endpoint = :endpoint AND due_at <= :now AND {_ALLOWED}
  ORDER BY due_at, session_id LIMIT :limit FOR UPDATE SKIP LOCKED"""
CLAIM = """UPDATE webhook_queue SET token = :token, due_at = :until
  WHERE endpoint = :endpoint AND session_id = :session_id AND replay = :replay"""
NEXT_DUE = f"""SELECT due_at FROM webhook_queue AS waiting WHERE endpoint = :endpoint AND {_ALLOWED}
  ORDER BY due_at LIMIT 1"""
RELEASE = "UPDATE webhook_queue SET token = NULL, due_at = :now WHERE token IS NOT NULL"

WAITING = "SELECT count(*), min(since) FROM webhook_queue WHERE endpoint = :endpoint"
DEAD_COUNT = "SELECT count(*) FROM webhook_dead_letters WHERE endpoint = :endpoint"
_DEAD = f"SELECT number, {', '.join(DEAD_COLUMNS)} FROM webhook_dead_letters"
DEAD = f"{_DEAD} WHERE endpoint = :endpoint AND number > :after ORDER BY number LIMIT :limit"
DEAD_UP_TO = f"""{_DEAD} WHERE endpoint = :endpoint AND number > :after AND number <= :up_to
  ORDER BY number LIMIT :limit FOR UPDATE"""
DEAD_UP_TO_IN = f"""{_DEAD} WHERE endpoint = :endpoint AND number > :after AND number <= :up_to
  AND session_id = :session_id ORDER BY number LIMIT :limit FOR UPDATE"""
REVIVE = f"""{_INSERT} VALUES (:endpoint, :session_id, :number, :done_seq, :seq, :now, :now, 0)"""
DELETE_DEAD = "DELETE FROM webhook_dead_letters WHERE number = :number"
FORGET_DEAD = """DELETE FROM webhook_dead_letters
  WHERE session_id IN (SELECT item.value->>0 FROM json_each(:session_ids) AS item)"""
