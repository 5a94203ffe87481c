"""Taking everything of a user out of a store, and putting it into one, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.archive import ArchivedMemories
    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..domain.user import User
    from .memory import Owner


class ArchiveStore(Protocol):
    """What is put in keeps its ids, times and order. What is there already stays as it is, so that putting the same in
    twice changes nothing the second time."""

    async def archived_sessions(self, owner: Owner) -> Sequence[Session]:
        """All sessions of the owner, in the order they were made. Raises UserNotFound."""

    async def archived_memories(self, owner: Owner) -> ArchivedMemories:
        """All that was made of the owner's conversations. Raises UserNotFound."""

    async def restore_user(self, user: User) -> bool:
        """Keep the user; False when there is one of this id."""

    async def restore_log(self, entries: Sequence[LogEntry]) -> None:
        """Keep rows of sessions that are not there yet; to be followed by :meth:`restore_sessions`."""

    async def restore_sessions(self, sessions: Sequence[Session]) -> int:
        """Keep sessions whose logs are there; returns how many were not there.

        Raises AlreadyExists, and keeps none, when one of them is there as somebody else's.
        """

    async def restore_memories(self, owner: Owner, archived: ArchivedMemories) -> int:
        """Keep all of these, whole; returns how many were not there. Raises UserNotFound.

        Each ``replaced_by`` must be among them, and no memory may follow itself. A memory that is current here and was
        replaced there is replaced here, too.
        """
