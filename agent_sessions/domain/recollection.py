"""What is kept about a user as it stands in the store: memories with their versions, conflicts, summaries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .memory import Memory, MergeConflict, SessionSummary, VersionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMemory:
    """One version of a memory in the store.

    ``lineage``: the id of its first version, the same for all versions. ``version`` counts from 1. ``expired_at`` and
    ``expiry_reason``: when and why a later version took its place, None for the current one. ``conflict_id``: the merge
    conflict that is open about it, or whose resolution expired it.
    """

    memory: Memory
    user_id: str
    lineage: str
    version: int
    total_versions: int
    expired_at: datetime | None = None
    expiry_reason: VersionReason | None = None
    conflict_id: str | None = None
    conflict_open: bool = False

    @property
    def current(self) -> bool:
        """Whether it is the newest version."""
        return self.expired_at is None


class ConflictStatus(StrEnum):
    """Where a merge conflict is in its life."""

    PENDING = "PENDING"
    IN_QUEUE = "IN_QUEUE"
    RESOLVING = "RESOLVING"
    RESOLVED = "RESOLVED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ConflictAnswer:
    """A human's answer to one clarifying question, with a remark where one was given."""

    question: str
    answer: str
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConflict:
    """A merge conflict in the store. ``new_memories``: the ids of the memories its resolution made."""

    conflict: MergeConflict
    user_id: str
    status: ConflictStatus
    created_at: datetime
    answers: tuple[ConflictAnswer, ...] = ()
    new_memories: tuple[str, ...] = ()
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSummary:
    """The summary of a processed session. ``memory_ids``: the current memories made from that session."""

    summary: SessionSummary
    user_id: str
    memory_ids: tuple[str, ...] = ()
