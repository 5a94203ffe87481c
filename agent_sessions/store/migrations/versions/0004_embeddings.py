"""Vectors of what was said and of what was made of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "embeddings",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("session_id", "model", "digest")),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("embeddings")
