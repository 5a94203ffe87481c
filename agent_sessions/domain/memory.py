"""What a user said, and what is known of them: the plain records that the recall engine reads and makes.

Knows nothing of storage, of HTTP, or of how memories are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Role(StrEnum):
    """Who speaks in a conversation, as seen from the agent."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a conversation, as recall sees it.

    ``id`` is unique per user; ``seq`` orders within ``session_id``; ``at`` is aware UTC; ``speaker`` is the name of who
    spoke where one is known (group chats, imported chats), else None.
    """

    id: str
    session_id: str
    seq: int
    at: datetime
    role: Role
    text: str
    speaker: str | None = None


class MemoryKind(StrEnum):
    """What a memory is about: the user, or something the assistant said that the user may ask about again."""

    FACT = "fact"
    ASSISTANT = "assistant"


class VersionReason(StrEnum):
    """Why a memory took the place of an earlier one; the first version of a memory is INITIAL."""

    INITIAL = "INITIAL_MEMORY"
    ADDITION = "ADDITION_TO_EXISTING_MEMORY"
    CHANGE = "TEMPORAL_CONFLICT"
    CONTRADICTION = "MERGE_CONFLICT"


@dataclass(frozen=True, slots=True)
class Memory:
    """One dated fact, in the third person.

    ``event_start`` and ``event_end`` are the first and last second, in UTC, of the whole days (in the user's zone) the
    fact is about. ``sources`` are the ids of the utterances it was made from, in the order they were said.
    ``created_at`` is when its session was made, so that imported sessions give memories of their time.
    """

    id: str
    session_id: str
    content: str
    event_start: datetime
    event_end: datetime
    created_at: datetime
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kind: MemoryKind = MemoryKind.FACT


@dataclass(frozen=True, slots=True)
class NewVersion:
    """``memory`` takes the place of the current memory ``replaces`` (an id), which expires for ``reason``."""

    memory: Memory
    replaces: str
    reason: VersionReason


@dataclass(frozen=True, slots=True)
class FoldedMemory:
    """A fact said again: ``memory_id`` stays as it is and gains ``sources``."""

    memory_id: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """Two memories that speak of the same person, place or thing. ``first`` is the smaller id."""

    first: str
    second: str
    shared: str
    """What both speak of, as it is written in one of them ("User's sister", "Berlin")."""


@dataclass(frozen=True, slots=True)
class ConflictingMemory:
    """A current memory that cannot be true together with what is proposed, and why."""

    memory_id: str
    content: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClarifyingQuestion:
    """A question that settles a conflict, with the only answers taken."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A contradiction to be put to a human. ``proposed`` becomes a memory only when it wins."""

    id: str
    session_id: str
    proposed: Memory
    conflicting: tuple[ConflictingMemory, ...]
    questions: tuple[ClarifyingQuestion, ...]


@dataclass(frozen=True, slots=True)
class ConflictResolution:
    """What the answers to a conflict's questions mean for the store.

    ``versions`` are to be applied (the proposed memory in the place of those it beats); empty when what is known stays,
    and then ``keeps`` names it.
    """

    conflict_id: str
    versions: tuple[NewVersion, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One paragraph about a conversation, in the third person, with its first and last second in UTC."""

    session_id: str
    text: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """All that processing one conversation changes, to be applied in one transaction.

    ``created`` are new memories, ``versions`` take the place of older ones (those may be memories of this very
    result: apply in the order given, after ``created``), ``skipped`` counts the clauses left out by reason.
    ``summary`` is None when there was nothing said.
    """

    session_id: str
    created: tuple[Memory, ...] = ()
    versions: tuple[NewVersion, ...] = ()
    folded: tuple[FoldedMemory, ...] = ()
    conflicts: tuple[MergeConflict, ...] = ()
    connections: tuple[Connection, ...] = ()
    summary: SessionSummary | None = None
    skipped: tuple[tuple[str, int], ...] = ()
