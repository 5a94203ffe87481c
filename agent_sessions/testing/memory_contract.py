"""What every store promises about memory, as tests: subclass :class:`MemoryContract` and say how a store is made.

Runs under pytest with pytest-asyncio in ``auto`` mode, as the store's contract does.
"""

from __future__ import annotations

from .memory_conflicts import ConflictPromises
from .memory_embeddings import EmbeddingPromises
from .memory_erasing import ErasingPromises
from .memory_records import MemoryRecordPromises
from .memory_sessions import OwnedSessionPromises
from .memory_users import UserPromises

__all__ = ["MemoryContract"]


class MemoryContract(
    UserPromises, OwnedSessionPromises, MemoryRecordPromises, ErasingPromises, ConflictPromises, EmbeddingPromises
):
    """The promises of :class:`agent_sessions.ports.MemoryStore` and of :class:`agent_sessions.ports.EmbeddingStore`,
    kept by a store that keeps sessions as well.

    ``make_store`` returns a store that is not open. Within one test every call means the same database, empty at first;
    a store is closed before the next one is made.
    """
