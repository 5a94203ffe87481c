"""Where users, their memories and what they said are kept, and what remembers and recalls.

Everything here is asked for an :class:`Owner`: nothing can be read, changed or found beyond that one user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from ..domain.log import LogEntry
    from ..domain.memory import ConflictResolution, ProcessingResult, Utterance
    from ..domain.recollection import ConflictAnswer, ConflictStatus, KeptConflict, KeptMemory, KeptSummary
    from ..domain.session import MemoryStatus, Session
    from ..domain.user import User
    from .sessions import Decide

T = TypeVar("T")


class Owner(NamedTuple):
    """Whose: a user of a project."""

    project: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of what a question matches, and how many it matches in all."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFilter:
    """Which memories; None: any. Several categories or sessions: any of them. ``session_metadata``: as in ``matching``
    of :meth:`MemoryStore.users`."""

    categories: Sequence[str] | None = None
    session_ids: Sequence[str] | None = None
    session_metadata: Mapping[str, Any] | None = None


class MemoriesChanged(Exception):
    """A memory that was to be replaced is not the current one any more; read again and process again."""


class MemoryStore(Protocol):
    """Users, their sessions as the memory wire sees them, and their memories.

    Times are aware UTC. Lists come newest first (by creation; ties in a stable order) unless said otherwise.
    ``matching``: every key must be there with an equal value of the same JSON type, objects recursively, arrays by
    containing each wanted element. Unknown users raise UserNotFound, unknown sessions SessionNotFound, unknown memories
    MemoryNotFound, unknown conflicts ConflictNotFound; what belongs to another owner counts as unknown.
    """

    # users: a session for a user nobody knew makes that user

    async def user(self, owner: Owner) -> User:
        """The user."""

    async def require_user(self, owner: Owner) -> None:
        """Return if there is this user, however many sessions they have. Raises UserNotFound."""

    async def add_user(self, user: User) -> None:
        """Keep a new user. Raises AlreadyExists."""

    async def users(
        self,
        project: str,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        part_of_id: str | None = None,
    ) -> Page[User]:
        """Users of a project, newest first; ``part_of_id``: whose id contains this text, whatever its case."""

    async def change_user(
        self,
        owner: Owner,
        *,
        new_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        merge_conflicts: bool | None = None,
    ) -> User:
        """Change what is named; all that is theirs follows a new id. Raises AlreadyExists when that is taken."""

    async def remove_user(self, owner: Owner) -> None:
        """Erase the user with sessions, messages, memories, conflicts and summaries."""

    # sessions of a user

    async def session_of(self, owner: Owner, session_id: str) -> Session:
        """The session, alive or not."""

    async def sessions_of(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        statuses: Sequence[MemoryStatus] = (),
    ) -> Page[Session]:
        """The user's sessions, alive or not; ``statuses``: none given means any."""

    async def remove_session(self, owner: Owner, session_id: str) -> None:
        """Erase the session with its log, its summary, and all memories, connections and conflicts made from it.

        A memory whose newest version goes gets its version before back.
        """

    async def change_and_remove_session(self, owner: Owner, session_id: str, rule: Decide) -> Session:
        """Apply the rule to the session and erase it as :meth:`remove_session` does, both or neither.

        Returns the session as the rule left it; whoever listens to commits is told of that change, the last there is.
        """

    async def positions(self, owner: Owner) -> Mapping[str, int]:
        """How far the log of each of the user's sessions goes: session id to the number of its newest row."""

    async def messages_page(self, owner: Owner, session_id: str, *, limit: int, offset: int = 0) -> Page[LogEntry]:
        """The session's messages, oldest first."""

    async def last_messages(self, owner: Owner, *, limit: int) -> Sequence[LogEntry]:
        """The newest messages over all sessions of the user, oldest first."""

    # processing

    async def record(
        self, owner: Owner, session_id: str, *, rule: Decide, result: ProcessingResult, now: datetime
    ) -> Session:
        """Apply the rule to the session and the result to the user's memories, both or neither.

        Ids in the result are kept. Recording the same result twice changes nothing the second time.
        Raises MemoriesChanged.
        """

    async def processing(self) -> Sequence[tuple[Owner, str]]:
        """Sessions that are being processed by a process that no longer runs."""

    # memories

    async def current_memories(self, owner: Owner) -> Sequence[KeptMemory]:
        """All current memories, oldest first."""

    async def memories(self, owner: Owner, which: MemoryFilter, *, limit: int, offset: int = 0) -> Page[KeptMemory]:
        """Current memories of what the user is about (kind FACT), newest created first."""

    async def memory(self, owner: Owner, memory_id: str) -> KeptMemory:
        """This very version."""

    async def memories_by_id(self, owner: Owner, memory_ids: Sequence[str]) -> Mapping[str, KeptMemory]:
        """These versions, by id; what is not there is left out."""

    async def versions(self, owner: Owner, lineages: Sequence[str]) -> Mapping[str, Sequence[KeptMemory]]:
        """All versions by lineage, newest first."""

    async def connected(self, owner: Owner, memory_ids: Sequence[str]) -> Mapping[str, Sequence[KeptMemory]]:
        """The current memories connected with each of these."""

    async def remove_memory(self, owner: Owner, memory_id: str, *, with_previous: bool) -> None:
        """Forget this version, or it and all before it. The version before a newest one that goes is current again."""

    # conflicts

    async def conflict(self, owner: Owner, conflict_id: str) -> KeptConflict:
        """The conflict."""

    async def conflicts(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        status: ConflictStatus | None = None,
        by_resolution: bool = False,
        ascending: bool = False,
    ) -> Page[KeptConflict]:
        """Conflicts by time of creation, or of resolution; newest first unless ``ascending``."""

    async def resolve(
        self, owner: Owner, resolution: ConflictResolution, *, answers: Sequence[ConflictAnswer], now: datetime
    ) -> KeptConflict:
        """Apply the resolution and close the conflict, both or neither. Raises MemoriesChanged, AlreadyResolved."""

    # summaries, and all that can be recalled

    async def summaries(
        self, owner: Owner, *, limit: int | None = None, session_ids: Sequence[str] | None = None
    ) -> Sequence[KeptSummary]:
        """Summaries of the user's sessions (or of these), newest session first."""

    async def messages_at(self, owner: Owner, places: Sequence[tuple[str, int]]) -> Sequence[LogEntry]:
        """The message rows at these (session id, seq) of the owner's sessions; what is not there is left out."""

    async def utterances(self, owner: Owner, *, unprocessed_only: bool = False) -> Sequence[Utterance]:
        """Everything said in the user's sessions, oldest session first, in order within each.

        ``unprocessed_only``: only what is said in sessions that are not processed (yet).
        """
