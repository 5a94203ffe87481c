"""Users, memories with their versions, connections, conflicts and summaries; sessions counted, and of a project."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = (
    *("id", "channel_id", "agent_id", "user_id", "created_at", "last_activity", "expires_at", "timeout", "auto_renew"),
    *("max_duration", "warning_threshold", "metadata", "renewal_count", "state", "warned_at", "closed_at", "awaiting"),
    *("processing_status", "processing_quiet", "processing_due_at", "processing_done_seq", "last_seq", "last_at"),
    *("deadline", "run_id", "awaiting_run"),
)
"""The columns of ``sessions`` before and after."""

INDEXES = (
    *("sessions_by_deadline", "sessions_live", "sessions_live_by_user", "sessions_live_by_agent", "sessions_warned"),
    *("sessions_expired", "sessions_awaiting"),
)


def upgrade() -> None:
    """Make the tables of memory, and users of everybody who has a session."""
    _count_sessions()
    _sort_log_like_sessions()
    _partial_index("keys_of_creations", "idempotency_keys", ["session_id"], where="scope = ''")
    op.create_index("jobs_by_session", "jobs", ["session_id"])
    _users()
    _memories()
    _connections()
    _conflicts()
    _summaries()


def downgrade() -> None:
    """Forget all of it; sessions stay."""
    for table in ("summaries", "merge_conflicts", "memory_connections", "memories", "users"):
        op.drop_table(table)
    op.drop_index("jobs_by_session", "jobs")
    op.drop_index("keys_of_creations", "idempotency_keys")
    for name in (*INDEXES, "sessions_by_id", "sessions_of_user", "sessions_processing"):
        op.drop_index(name, "sessions")
    _rebuild_sessions([_id(primary_key=True), *_kept_columns()], KEPT, select=", ".join(KEPT))
    _session_indexes("state = 'active'")


def _count_sessions() -> None:
    """A primary key can only be given to a new table, on SQLite at least; so sessions move into one."""
    for name in INDEXES:
        op.drop_index(name, "sessions")
    columns = [
        _number(),
        _id(),
        *_kept_columns(),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("processing_run", sa.Integer()),
    ]
    begun = "CASE WHEN processing_status = 'processing' THEN run_id END"
    _rebuild_sessions(columns, (*KEPT, "project", "processing_run"), select=f"{', '.join(KEPT)}, 'default', {begun}")
    op.create_index("sessions_by_id", "sessions", ["id"], unique=True)
    op.create_index("sessions_of_user", "sessions", ["project", "user_id", "created_at", "number"])
    _session_indexes("state = 'active' AND agent_id <> ''")
    _partial_index("sessions_processing", "sessions", ["processing_run"], where="processing_status = 'processing'")


def _sort_log_like_sessions() -> None:
    """PostgreSQL finds the rows of a session by an index only where both sort texts alike."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("log", "session_id", type_=postgresql.TEXT(collation="C"))


def _rebuild_sessions(columns: list[sa.Column[Any]], names: tuple[str, ...], *, select: str) -> None:
    """The same sessions in the order they were made, in a table of these columns."""
    op.create_table("sessions_rebuilt", *columns)
    op.execute(
        f"INSERT INTO sessions_rebuilt ({', '.join(names)}) "  # noqa: S608 - made of the constants above
        f"SELECT {select} FROM sessions ORDER BY created_at, id"
    )
    op.drop_table("sessions")
    op.rename_table("sessions_rebuilt", "sessions")


def _session_indexes(live: str) -> None:
    _partial_index("sessions_by_deadline", "sessions", ["deadline", "id"], where="deadline IS NOT NULL")
    _partial_index("sessions_live", "sessions", ["created_at", "id"], where=live)
    _partial_index("sessions_live_by_user", "sessions", ["user_id", "created_at", "id"], where=live)
    _partial_index("sessions_live_by_agent", "sessions", ["agent_id", "created_at", "id"], where=live)
    _partial_index("sessions_warned", "sessions", ["expires_at"], where=f"{live} AND warned_at IS NOT NULL")
    _partial_index("sessions_expired", "sessions", ["expires_at"], where="state = 'expired'")
    _partial_index("sessions_awaiting", "sessions", ["awaiting_run"], where="awaiting <> '[]'")


def _partial_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _number() -> sa.Column[Any]:
    return sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def _ordered() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _id(*, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column("id", _ordered(), primary_key=primary_key, nullable=False)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _big(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _kept_columns() -> list[sa.Column[Any]]:
    return [
        *(_text(name) for name in ("channel_id", "agent_id", "user_id")),
        *(_big(name) for name in ("created_at", "last_activity", "expires_at", "timeout")),
        sa.Column("auto_renew", sa.Boolean(), nullable=False),
        *(_big(name) for name in ("max_duration", "warning_threshold")),
        _text("metadata"),
        sa.Column("renewal_count", sa.Integer(), nullable=False),
        _text("state"),
        *(_big(name, null=True) for name in ("warned_at", "closed_at")),
        *(_text(name) for name in ("awaiting", "processing_status")),
        *(_big(name, null=True) for name in ("processing_quiet", "processing_due_at")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("processing_done_seq", "last_seq")),
        _big("last_at"),
        _big("deadline", null=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("awaiting_run", sa.Integer()),
    ]


def _users() -> None:
    op.create_table(
        "users",
        _number(),
        *(_text(name) for name in ("project", "id", "folded_id")),
        _big("created_at"),
        _text("metadata"),
        sa.Column("merge_conflicts", sa.Boolean()),
    )
    op.create_index("users_by_id", "users", ["project", "id"], unique=True)
    op.create_index("users_by_creation", "users", ["project", "created_at", "number"])
    op.execute(
        "INSERT INTO users (project, id, folded_id, created_at, metadata) "
        "SELECT project, user_id, lower(user_id), MIN(created_at), '{}' FROM sessions "
        "GROUP BY project, user_id ORDER BY MIN(created_at), user_id"
    )


def _memories() -> None:
    op.create_table(
        "memories",
        _number(),
        _big("user_number"),
        *(_text(name) for name in ("id", "session_id", "lineage")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("kind", "content", "categories", "sources")),
        *(_big(name) for name in ("event_start", "event_end", "created_at")),
        _text("replaced_by", null=True),
        _big("expired_at", null=True),
        *(_text(name, null=True) for name in ("reason", "conflict_id")),
        sa.Column("conflict_open", sa.Boolean(), nullable=False),
    )
    op.create_index("memories_by_id", "memories", ["user_number", "id"], unique=True)
    op.create_index("memories_by_lineage", "memories", ["user_number", "lineage", "version"])
    op.create_index("memories_by_session", "memories", ["user_number", "session_id"])
    current = ["user_number", "kind", "created_at", "number"]
    _partial_index("memories_current", "memories", current, where="expired_at IS NULL")


def _connections() -> None:
    op.create_table(
        "memory_connections",
        sa.Column("user_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("first", "second", "session_id")),
        _text("shared"),
        sqlite_with_rowid=False,
    )
    op.create_index("connections_by_second", "memory_connections", ["user_number", "second"])


def _conflicts() -> None:
    op.create_table(
        "merge_conflicts",
        _number(),
        _big("user_number"),
        *(_text(name) for name in ("id", "session_id", "status", "proposed", "conflicting", "questions")),
        *(_text(name) for name in ("answers", "new_memories")),
        _big("created_at"),
        _big("resolved_at", null=True),
    )
    op.create_index("conflicts_by_id", "merge_conflicts", ["user_number", "id"], unique=True)
    op.create_index("conflicts_by_creation", "merge_conflicts", ["user_number", "created_at", "number"])


def _summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("user_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("session_id", _ordered(), primary_key=True),
        _text("text"),
        *(_big(name) for name in ("started_at", "ended_at")),
        sqlite_with_rowid=False,
    )
