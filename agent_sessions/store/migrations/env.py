"""What alembic executes: the steps, over the connection it was given, in one transaction."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from agent_sessions.store import tables  # noqa: F401 - declares the tables
from agent_sessions.store.channels import tables as channel_tables  # noqa: F401 - declares those of channels
from agent_sessions.store.memory import tables as memory_tables  # noqa: F401 - declares those of memory
from agent_sessions.store.webhooks import tables as webhook_tables  # noqa: F401 - declares those of webhooks

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
