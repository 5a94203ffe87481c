"""What webhooks have yet to tell, and what they gave up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ORDERED = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webhook_queue",
        *(sa.Column(name, ORDERED, primary_key=True) for name in ("endpoint", "session_id")),
        sa.Column("replay", sa.BigInteger(), primary_key=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("done_seq", "last_seq")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("due_at", "since")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("webhook_queue_by_due", "webhook_queue", ["endpoint", "due_at"])
    op.create_table(
        "webhook_dead_letters",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("endpoint", "session_id")),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("at", "given_up_at")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("webhook_dead_letters_of", "webhook_dead_letters", ["endpoint", "number"])
    op.create_index("webhook_dead_letters_in", "webhook_dead_letters", ["session_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("webhook_dead_letters")
    op.drop_table("webhook_queue")
