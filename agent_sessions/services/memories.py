"""A user's memories: list them, look at one with its versions and connections, forget one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.errors import InvalidInput
from ..ports import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..domain.recollection import KeptMemory
    from ..ports import MemoryFilter, MemoryStore, Owner


class UnknownCategories(InvalidInput):
    """Categories that the project does not have."""

    code = "UNKNOWN_CATEGORIES"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("categories", f"must be configured ones, which these are not: {', '.join(names)}")
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class ToldMemory:
    """A version of a memory with the versions before it, newest first, and the current memories connected with it."""

    kept: KeptMemory
    previous: Sequence[KeptMemory]
    connected: Sequence[KeptMemory]


class MemoryService:
    """Shows and forgets memories.

    ``categories``: the names memories are filed under; ``of_projects``: those of projects that have their own.
    ``on_changed`` is told of whom something was forgotten.
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        categories: Sequence[str],
        of_projects: Mapping[str, Sequence[str]] | None = None,
        on_changed: Callable[[Owner], None] = lambda _owner: None,
    ) -> None:
        self._store = store
        self._categories = categories
        self._of_projects = of_projects or {}
        self._on_changed = on_changed

    async def list(self, owner: Owner, which: MemoryFilter, *, limit: int, offset: int = 0) -> Page[ToldMemory]:
        """Current memories, newest first. Raises UserNotFound, UnknownCategories."""
        await self._store.require_user(owner)
        self._check_categories(owner, which.categories or ())
        page = await self._store.memories(owner, which, limit=limit, offset=offset)
        return Page(await self._told(owner, page.items), page.total)

    async def get(self, owner: Owner, memory_id: str) -> ToldMemory:
        """This very version, whether current or not. Raises UserNotFound, MemoryNotFound."""
        return (await self._told(owner, [await self._store.memory(owner, memory_id)]))[0]

    async def forget(self, owner: Owner, memory_id: str, *, with_previous: bool) -> None:
        """Forget this version, or it and all before it; the one before a newest one that goes is current again.

        Raises UserNotFound, MemoryNotFound.
        """
        await self._store.remove_memory(owner, memory_id, with_previous=with_previous)
        self._on_changed(owner)

    async def _told(self, owner: Owner, memories: Sequence[KeptMemory]) -> Sequence[ToldMemory]:
        if not memories:
            return []
        versions = await self._store.versions(owner, list({kept.lineage for kept in memories}))
        connected = await self._store.connected(owner, [kept.memory.id for kept in memories])
        return [
            ToldMemory(
                kept,
                [each for each in versions.get(kept.lineage, ()) if each.version < kept.version],
                connected.get(kept.memory.id, ()),
            )
            for kept in memories
        ]

    def _check_categories(self, owner: Owner, names: Sequence[str]) -> None:
        known = self._of_projects.get(owner.project, self._categories)
        if unknown := [name for name in dict.fromkeys(names) if name not in known]:
            raise UnknownCategories(unknown)
