"""Everything that is kept about a user, as it is kept: what is carried from one database to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .log import LogEntry
from .memory import Memory, SessionSummary, VersionReason
from .recollection import KeptConflict
from .session import Session
from .user import User

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMemory:
    """One version of a memory. ``replaced_by``: the id of the version that took its place at ``expired_at``, for
    ``reason``; None for the current one. ``conflict_id``: the merge conflict whose resolution expired it."""

    memory: Memory
    replaced_by: str | None = None
    expired_at: datetime | None = None
    reason: VersionReason | None = None
    conflict_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedConnection:
    """Two memories (by the ids of their first versions) that speak of the same, as a session made known."""

    first: str
    second: str
    session_id: str
    shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMemories:
    """All that was made of a user's conversations; each list in the order it was made."""

    memories: tuple[ArchivedMemory, ...] = ()
    connections: tuple[ArchivedConnection, ...] = ()
    conflicts: tuple[KeptConflict, ...] = ()
    summaries: tuple[SessionSummary, ...] = ()


Record: TypeAlias = User | Session | LogEntry | ArchivedMemory | ArchivedConnection | KeptConflict | SessionSummary
"""One thing that is kept."""
