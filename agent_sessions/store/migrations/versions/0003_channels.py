"""Channels with their participants, and sessions found by their channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the index."""
    op.create_table(
        "channels",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "session_id", "server_id", "name", "type")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("source_type", "source_id", "topic")),
        sa.Column("metadata", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_at", "updated_at")),
    )
    op.create_index("channels_by_id", "channels", ["id"], unique=True)
    op.create_index("channels_of_server", "channels", ["server_id", "number"])
    op.create_table(
        "channel_participants",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("channel_id", "entity_id")),
        sa.Column("place", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("channels_of_participant", "channel_participants", ["entity_id", "channel_id"])
    op.create_index("sessions_by_channel", "sessions", ["channel_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("sessions_by_channel", "sessions")
    op.drop_table("channel_participants")
    op.drop_table("channels")
