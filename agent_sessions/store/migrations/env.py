"""What alembic executes: the steps, over the connection it was given, in one transaction."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from agent_sessions.store import tables  # noqa: F401 - declares the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
