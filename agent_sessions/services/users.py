"""Users: make, look up, change, erase, and read back what they last said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.user import User
from .backends import nothing_to_forget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..domain.log import LogEntry
    from ..ports import Clock, MemoryStore, Owner, Page
    from .backends import Forget


class UserService:
    """The users of projects. ``forget`` is called for those of whom nothing may be kept beside the store any longer."""

    def __init__(self, store: MemoryStore, *, clock: Clock, forget: Forget = nothing_to_forget) -> None:
        self._store = store
        self._clock = clock
        self._forget = forget

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
        if new_id is not None:
            await self._forget(owner)
        return changed

    async def erase(self, owner: Owner) -> None:
        """Erase the user and everything of theirs. Raises UserNotFound."""
        await self._store.remove_user(owner)
        await self._forget(owner)

    async def last_messages(self, owner: Owner, *, limit: int) -> Sequence[LogEntry]:
        """What was last said in any of the user's sessions, oldest first. Raises UserNotFound."""
        return await self._store.last_messages(owner, limit=limit)
