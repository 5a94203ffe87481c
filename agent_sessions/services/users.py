"""Users: make, look up, change, erase, and read back what they last said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.user import User
from ..ports import Owner
from .backends import nothing_to_forget, nothing_to_rename

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..domain.log import LogEntry
    from ..ports import Clock, MemoryStore, Page
    from .backends import Forget, Rename


class UserService:
    """The users of projects.

    What is kept of them beside the store is to go with ``forget``, and to follow a new id with ``rename``.
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        clock: Clock,
        forget: Forget = nothing_to_forget,
        rename: Rename = nothing_to_rename,
    ) -> None:
        self._store = store
        self._clock = clock
        self._forget = forget
        self._rename = rename

    async def create(
        self, owner: Owner, *, metadata: Mapping[str, Any] | None = None, merge_conflicts: bool | None = None
    ) -> User:
        """A new user. Raises AlreadyExists."""
        now = self._clock.now()
        user = User(
            project=owner.project,
            id=owner.user_id,
            created_at=now,
            last_active_at=now,
            metadata=metadata or {},
            merge_conflicts=merge_conflicts,
        )
        await self._store.add_user(user)
        return user

    async def get(self, owner: Owner) -> User:
        """The user. Raises UserNotFound."""
        return await self._store.user(owner)

    async def list(
        self,
        project: str,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        part_of_id: str | None = None,
    ) -> Page[User]:
        """Users of a project, newest first."""
        return await self._store.users(project, limit=limit, offset=offset, matching=matching, part_of_id=part_of_id)

    async def update(
        self,
        owner: Owner,
        *,
        new_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        merge_conflicts: bool | None = None,
    ) -> User:
        """Change what is named; everything of the user follows a new id. Raises UserNotFound, AlreadyExists."""
        changed = await self._store.change_user(
            owner, new_id=new_id, metadata=metadata, merge_conflicts=merge_conflicts
        )
        if changed.id != owner.user_id:
            await self._rename(owner, Owner(owner.project, changed.id))
        return changed

    async def erase(self, owner: Owner) -> None:
        """Erase the user and everything of theirs. Raises UserNotFound, and what keeps a backend from forgetting."""
        await self._store.require_user(owner)
        await self._forget(owner)  # first: who cannot be forgotten there stays here, and can be erased again
        await self._store.remove_user(owner)
        await self._forget(owner)  # what was remembered meanwhile

    async def last_messages(self, owner: Owner, *, limit: int) -> Sequence[LogEntry]:
        """What was last said in any of the user's sessions, oldest first. Raises UserNotFound."""
        return await self._store.last_messages(owner, limit=limit)
