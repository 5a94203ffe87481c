"""Fewer indexes to keep: channels lead to their sessions by their ids, and SQLite finds rows by time without one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWN_CHANNEL = sa.text("substr(channel_id, 1, 24) <> substr(id, 1, 24)")
MESSAGES = sa.text("kind = 'message'")


def upgrade() -> None:
    """Drop two, and make a smaller one."""
    op.drop_index("sessions_by_channel", "sessions")
    op.create_index(
        "sessions_by_own_channel",
        "sessions",
        ["channel_id"],
        sqlite_where=OWN_CHANNEL,
        postgresql_where=OWN_CHANNEL,
    )
    if op.get_context().dialect.name == "sqlite":
        op.drop_index("log_messages_by_time", "log")


def downgrade() -> None:
    """Make the two again."""
    if op.get_context().dialect.name == "sqlite":
        op.create_index("log_messages_by_time", "log", ["session_id", "at"], sqlite_where=MESSAGES)
    op.drop_index("sessions_by_own_channel", "sessions")
    op.create_index("sessions_by_channel", "sessions", ["channel_id"])
