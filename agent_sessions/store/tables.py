"""The tables, as the newest migration leaves them. Instants are microseconds since 1970 in UTC; spans microseconds.

Only cold statements and migrations are made from these classes; what runs thousands of times a second is plain SQL in
``sqlite/statements.py`` and ``postgres/statements.py``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Text, text
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

ORDERED_TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that sorts by its bytes on both databases, for cursors that agree."""

COUNT = BigInteger().with_variant(Integer(), "sqlite")
"""A number the database gives to each new row; SQLite wants it declared as just this."""

LIVE = "state = 'active' AND agent_id <> ''"
"""What lists of sessions show: those not closed, and with an agent."""


OWN_CHANNEL = "substr(channel_id, 1, 24) <> substr(id, 1, 24)"
"""Sessions whose channel's id does not lead to them: those behind a channel that was made by itself, and old ones."""


def counted() -> Any:
    """The primary key of a table whose rows are counted in the order they are made."""
    return Field(default=None, sa_type=COUNT, primary_key=True)


def text_column(**more: Any) -> Any:
    """A column of text."""
    return Field(sa_type=Text, **more)


def big(**more: Any) -> Any:
    """A column of 64-bit numbers."""
    return Field(sa_type=BigInteger, **more)


def partial_index(name: str, *columns: str, where: str, only_on: str | None = None) -> Index:
    """An index of the rows that fulfil a condition. ``only_on``: the one database that has it."""
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition, info={"only_on": only_on})


class SessionTable(SQLModel, table=True):
    """One row a session. ``deadline``: the next instant something is due, null for never again.

    ``number`` counts sessions in the order they were made; ``agent_id`` is empty for a session without an agent.
    ``run_id``: who wrote the row last; ``awaiting_run``: who last took on to reply to one of the messages in
    ``awaiting`` (a JSON list of message ids), and where processes share the database ``awaiting_runs``: who took on
    which (JSON: runs by message id; null when none waits). ``processing_...``: when and how far its conversation
    becomes memories; ``processing_run``: who last began that.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_by_id", "id", unique=True),
        partial_index("sessions_by_own_channel", "channel_id", where=OWN_CHANNEL),
        Index("sessions_of_user", "project", "user_id", "created_at", "number"),
        partial_index("sessions_by_deadline", "deadline", "id", where="deadline IS NOT NULL"),
        partial_index("sessions_live", "created_at", "id", where=LIVE),
        partial_index("sessions_live_by_user", "user_id", "created_at", "id", where=LIVE),
        partial_index("sessions_live_by_agent", "agent_id", "created_at", "id", where=LIVE),
        partial_index("sessions_warned", "expires_at", where=f"{LIVE} AND warned_at IS NOT NULL"),
        partial_index("sessions_expired", "expires_at", where="state = 'expired'"),
        partial_index("sessions_awaiting", "awaiting_run", where="awaiting <> '[]'"),
        partial_index("sessions_processing", "processing_run", where="processing_status = 'processing'"),
    )

    number: int | None = counted()
    id: str = Field(sa_type=ORDERED_TEXT)
    channel_id: str = text_column()
    agent_id: str = text_column()
    user_id: str = text_column()
    created_at: int = big()
    last_activity: int = big()
    expires_at: int = big()
    timeout: int = big()
    auto_renew: bool
    max_duration: int = big()
    warning_threshold: int = big()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    renewal_count: int
    state: str = text_column()
    warned_at: int | None = big()
    closed_at: int | None = big()
    awaiting: str = text_column()
    processing_status: str = text_column()
    processing_quiet: int | None = big()
    processing_due_at: int | None = big()
    processing_done_seq: int
    last_seq: int
    last_at: int = big()
    deadline: int | None = big()
    run_id: int
    awaiting_run: int | None
    awaiting_runs: Any = Field(sa_column=Column(postgresql.JSONB, info={"only_on": "postgresql"}))
    project: str = text_column()
    processing_run: int | None


class LogTable(SQLModel, table=True):
    """One row a fact. ``in_reply_to``: the message this row concludes. ``payload``: the fact's members as JSON."""

    __tablename__ = "log"
    __table_args__ = (
        partial_index("log_messages_by_time", "session_id", "at", where="kind = 'message'", only_on="postgresql"),
        {"sqlite_with_rowid": False},
    )

    session_id: str = Field(sa_type=ORDERED_TEXT, primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str = text_column()
    at: int = big()
    in_reply_to: str | None = text_column()
    payload: str = text_column()


class IdempotencyKeyTable(SQLModel, table=True):
    """What was written under a key. ``scope``: a session's id, or empty for keys under which sessions were made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        partial_index("keys_of_creations", "session_id", where="scope = ''"),
        {"sqlite_with_rowid": False},
    )

    scope: str = text_column(primary_key=True)
    key: str = text_column(primary_key=True)
    session_id: str = text_column()
    seq: int


class RunTable(SQLModel, table=True):
    """One row a start of a process on this database. ``ended_at``: when it closed in order; ``seen_at``: last sign."""

    __tablename__ = "runs"

    id: int = Field(primary_key=True)
    started_at: int = big()
    seen_at: int = big()
    ended_at: int | None = big()


class AgentTable(SQLModel, table=True):
    """One row an agent. ``character``, ``options`` and ``timeouts`` are JSON."""

    __tablename__ = "agents"

    id: str = text_column(primary_key=True)
    name: str = text_column()
    kind: str = text_column()
    status: str = text_column()
    character: str = text_column()
    options: str = text_column()
    timeouts: str = text_column()
    created_at: int = big()
    updated_at: int = big()


class JobTable(SQLModel, table=True):
    """One row a job. ``answer`` and ``metadata`` are JSON."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_by_creation", "created_at", "id"),
        Index("jobs_by_status", "status", "created_at", "id"),
        Index("jobs_by_expiry", "expires_at"),
        Index("jobs_by_session", "session_id"),
    )

    id: str = text_column(primary_key=True)
    agent_id: str = text_column()
    user_id: str = text_column()
    session_id: str = text_column()
    prompt: str = text_column()
    status: str = text_column()
    created_at: int = big()
    expires_at: int = big()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    answer: str | None = text_column()
    error: str | None = text_column()
    finished_at: int | None = big()
