"""One database for everything that is kept."""

from __future__ import annotations

from typing import Protocol

from .archive import ArchiveStore
from .channels import ChannelStore
from .embedding import EmbeddingStore
from .memory import MemoryStore
from .records import AgentStore, JobStore
from .sessions import SessionStore
from .webhooks import WebhookStore


class Store(
    SessionStore,
    ChannelStore,
    MemoryStore,
    EmbeddingStore,
    AgentStore,
    JobStore,
    ArchiveStore,
    WebhookStore,
    Protocol,
):
    """One database."""

    description: str
    """What to show people: the kind of database and where it is, without credentials."""

    shared: bool
    """Whether other processes may write to it too, which ``on_commit`` does not tell of."""

    async def open(self) -> None:
        """Connect and bring the schema up to date. Raises StoreInUse or StoreUnavailable."""

    async def close(self) -> None:
        """Write what was told but not written, and let go of the database."""

    async def check(self) -> None:
        """Return if the database answers; raise StoreUnavailable if not."""
