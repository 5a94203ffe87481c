"""Which run took on to reply to which message, where several processes share the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what waits already goes on to count as taken on by the run that ``awaiting_run`` names."""
    if op.get_context().dialect.name == "postgresql":
        op.add_column("sessions", sa.Column("awaiting_runs", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_column("sessions", "awaiting_runs")
