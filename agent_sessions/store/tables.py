"""The tables, as the newest migration leaves them. Instants are microseconds since 1970 in UTC; spans microseconds.

Only cold statements and migrations are made from these classes; what runs thousands of times a second is plain SQL in
``sqlite/statements.py`` and ``postgres/statements.py``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

ORDERED_TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that sorts by its bytes on both databases, for cursors that agree."""


def _text(**more: Any) -> Any:
    return Field(sa_type=Text, **more)


def _big(**more: Any) -> Any:
    return Field(sa_type=BigInteger, **more)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class SessionTable(SQLModel, table=True):
    """One row a session. ``deadline``: the next instant something is due, null for never again.

    ``run_id``: who wrote the row last; ``awaiting_run``: who last took on to reply to one of the messages in
    ``awaiting`` (a JSON list of message ids). ``processing_...``: when and how far its conversation becomes memories.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        _partial("sessions_by_deadline", "deadline", "id", where="deadline IS NOT NULL"),
        _partial("sessions_live", "created_at", "id", where="state = 'active'"),
        _partial("sessions_live_by_user", "user_id", "created_at", "id", where="state = 'active'"),
        _partial("sessions_live_by_agent", "agent_id", "created_at", "id", where="state = 'active'"),
        _partial("sessions_warned", "expires_at", where="state = 'active' AND warned_at IS NOT NULL"),
        _partial("sessions_expired", "expires_at", where="state = 'expired'"),
        _partial("sessions_awaiting", "awaiting_run", where="awaiting <> '[]'"),
    )

    id: str = Field(sa_type=ORDERED_TEXT, primary_key=True)
    channel_id: str = _text()
    agent_id: str = _text()
    user_id: str = _text()
    created_at: int = _big()
    last_activity: int = _big()
    expires_at: int = _big()
    timeout: int = _big()
    auto_renew: bool
    max_duration: int = _big()
    warning_threshold: int = _big()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    renewal_count: int
    state: str = _text()
    warned_at: int | None = _big()
    closed_at: int | None = _big()
    awaiting: str = _text()
    processing_status: str = _text()
    processing_quiet: int | None = _big()
    processing_due_at: int | None = _big()
    processing_done_seq: int
    last_seq: int
    last_at: int = _big()
    deadline: int | None = _big()
    run_id: int
    awaiting_run: int | None


class LogTable(SQLModel, table=True):
    """One row a fact. ``in_reply_to``: the message this row concludes. ``payload``: the fact's members as JSON."""

    __tablename__ = "log"
    __table_args__ = (
        _partial("log_messages_by_time", "session_id", "at", where="kind = 'message'"),
        {"sqlite_with_rowid": False},
    )

    session_id: str = _text(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str = _text()
    at: int = _big()
    in_reply_to: str | None = _text()
    payload: str = _text()


class IdempotencyKeyTable(SQLModel, table=True):
    """What was written under a key. ``scope``: a session's id, or empty for keys under which sessions were made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = ({"sqlite_with_rowid": False},)

    scope: str = _text(primary_key=True)
    key: str = _text(primary_key=True)
    session_id: str = _text()
    seq: int


class RunTable(SQLModel, table=True):
    """One row a start of a process on this database. ``ended_at``: when it closed in order; ``seen_at``: last sign."""

    __tablename__ = "runs"

    id: int = Field(primary_key=True)
    started_at: int = _big()
    seen_at: int = _big()
    ended_at: int | None = _big()


class AgentTable(SQLModel, table=True):
    """One row an agent. ``character``, ``options`` and ``timeouts`` are JSON."""

    __tablename__ = "agents"

    id: str = _text(primary_key=True)
    name: str = _text()
    kind: str = _text()
    status: str = _text()
    character: str = _text()
    options: str = _text()
    timeouts: str = _text()
    created_at: int = _big()
    updated_at: int = _big()


class JobTable(SQLModel, table=True):
    """One row a job. ``answer`` and ``metadata`` are JSON."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_by_creation", "created_at", "id"),
        Index("jobs_by_status", "status", "created_at", "id"),
        Index("jobs_by_expiry", "expires_at"),
    )

    id: str = _text(primary_key=True)
    agent_id: str = _text()
    user_id: str = _text()
    session_id: str = _text()
    prompt: str = _text()
    status: str = _text()
    created_at: int = _big()
    expires_at: int = _big()
    metadata_: str = Field(sa_column=Column("metadata", Text, nullable=False))
    answer: str | None = _text()
    error: str | None = _text()
    finished_at: int | None = _big()
