"""Sessions with their logs, agents, jobs, and the runs of the processes that wrote them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    _sessions()
    _session_indexes()
    _log()
    _runs()
    _agents()
    _jobs()


def downgrade() -> None:
    """Drop them."""
    for table in ("jobs", "agents", "runs", "idempotency_keys", "log", "sessions"):
        op.drop_table(table)


def _sessions() -> None:
    ordered = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "sessions",
        sa.Column("id", ordered, primary_key=True),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_activity", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("timeout", sa.BigInteger(), nullable=False),
        sa.Column("auto_renew", sa.Boolean(), nullable=False),
        sa.Column("max_duration", sa.BigInteger(), nullable=False),
        sa.Column("warning_threshold", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("renewal_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("warned_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("awaiting", sa.Text(), nullable=False),
        sa.Column("processing_status", sa.Text(), nullable=False),
        sa.Column("processing_quiet", sa.BigInteger()),
        sa.Column("processing_due_at", sa.BigInteger()),
        sa.Column("processing_done_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger()),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("awaiting_run", sa.Integer()),
    )


def _session_indexes() -> None:
    """All partial: closed sessions stay in the table for good and shall not slow what is alive or has something due."""
    live = "state = 'active'"
    _partial_index("sessions_by_deadline", ["deadline", "id"], where="deadline IS NOT NULL")
    _partial_index("sessions_live", ["created_at", "id"], where=live)
    _partial_index("sessions_live_by_user", ["user_id", "created_at", "id"], where=live)
    _partial_index("sessions_live_by_agent", ["agent_id", "created_at", "id"], where=live)
    _partial_index("sessions_warned", ["expires_at"], where="state = 'active' AND warned_at IS NOT NULL")
    _partial_index("sessions_expired", ["expires_at"], where="state = 'expired'")
    _partial_index("sessions_awaiting", ["awaiting_run"], where="awaiting <> '[]'")


def _partial_index(name: str, columns: list[str], *, where: str, table: str = "sessions") -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _log() -> None:
    """On SQLite the rows of a session lie side by side, in order (WITHOUT ROWID)."""
    op.create_table(
        "log",
        sa.Column("session_id", sa.Text(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("in_reply_to", sa.Text()),
        sa.Column("payload", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    _partial_index("log_messages_by_time", ["session_id", "at"], where="kind = 'message'", table="log")
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
    )


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("character", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("timeouts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("finished_at", sa.BigInteger()),
    )
    op.create_index("jobs_by_creation", "jobs", ["created_at", "id"])
    op.create_index("jobs_by_status", "jobs", ["status", "created_at", "id"])
    op.create_index("jobs_by_expiry", "jobs", ["expires_at"])
