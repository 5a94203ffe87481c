"""Every SQL statement of channels, by name, for both databases (see ``memory/procedures.py`` for what differs)."""

# ruff: noqa: S608 - made of the constants here, never of values

from __future__ import annotations

from ..tables import OWN_CHANNEL

COLUMNS = (
    *("id", "session_id", "server_id", "name", "type", "source_type", "source_id", "topic", "metadata"),
    *("created_at", "updated_at"),
)

_CHANNEL = f"SELECT {', '.join(f'channels.{name}' for name in COLUMNS)} FROM channels"
CHANNEL = f"{_CHANNEL} WHERE id = :id"
CHANNELS = f"{_CHANNEL} ORDER BY number LIMIT :limit OFFSET :offset"
CHANNELS_OF_SERVER = f"{_CHANNEL} WHERE server_id = :server_id ORDER BY number LIMIT :limit OFFSET :offset"
CHANNELS_OF_PARTICIPANT = f"""{_CHANNEL} JOIN channel_participants ON channel_participants.channel_id = channels.id
  WHERE channel_participants.entity_id = :participant ORDER BY number LIMIT :limit OFFSET :offset"""
CHANNELS_OF_BOTH = f"""{_CHANNEL} JOIN channel_participants ON channel_participants.channel_id = channels.id
  WHERE channel_participants.entity_id = :participant AND server_id = :server_id
  ORDER BY number LIMIT :limit OFFSET :offset"""

UPSERT_CHANNEL = f"""INSERT INTO channels ({", ".join(COLUMNS)})
  VALUES ({", ".join(f":{name}" for name in COLUMNS)})
  ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])}"""
DELETE_CHANNEL = "DELETE FROM channels WHERE id = :id"

PARTICIPANTS = """SELECT channel_id, entity_id FROM channel_participants
  WHERE channel_id IN (SELECT item.value->>0 FROM json_each(:ids) AS item) ORDER BY channel_id, place"""
INSERT_PARTICIPANT = """INSERT INTO channel_participants (channel_id, entity_id, place)
  VALUES (:id, :entity_id, :place)"""
DELETE_PARTICIPANTS = "DELETE FROM channel_participants WHERE channel_id = :id"

_SESSION_IN = """SELECT id FROM sessions WHERE channel_id = :id AND project = :project
  AND (agent_id <> '' OR EXISTS (SELECT 1 FROM channels WHERE channels.id = sessions.channel_id))"""
SESSION_IN = f"{_SESSION_IN} AND id = :session_id UNION ALL {_SESSION_IN} AND {OWN_CHANNEL}"
"""A session of the memory wire has no agent and is in nobody's channel."""
DELETE_CREATION_KEY = "DELETE FROM idempotency_keys WHERE scope = '' AND key = :key"

MESSAGES_LIKE = """SELECT seq, kind, at, payload FROM log
  WHERE session_id = :session_id AND kind = 'message' AND payload LIKE :part ESCAPE '!' ORDER BY seq"""
MESSAGE_SESSIONS_LIKE = """SELECT session_id, payload FROM log
  WHERE kind = 'message' AND payload LIKE :part ESCAPE '!' ORDER BY at, session_id"""
MESSAGES_TO_ERASE = """SELECT seq, payload FROM log
  WHERE session_id = :session_id AND kind = 'message' ORDER BY seq"""
REPLACE_ROW = """UPDATE log SET kind = :kind, payload = :payload WHERE session_id = :session_id AND seq = :seq"""
DELETE_MESSAGE_KEY = "DELETE FROM idempotency_keys WHERE scope = :session_id AND seq = :seq"
DELETE_EMBEDDINGS = "DELETE FROM embeddings WHERE session_id = :session_id"
"""All of the session: whose text a vector is of, nobody can tell; the others are made anew."""
