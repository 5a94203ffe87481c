"""The versions of memories: what becomes of them when one takes another's place, or goes.

Pure computation over the versions that were loaded. Each version knows which one took its place; the one without a
successor is current. Usually that is one line, first to last; where a resolved conflict let one memory take the place
of several, lines meet in it, and part again when it goes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...ports import MemoriesChanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ...domain.memory import Memory, VersionReason


@dataclass(slots=True)
class Version:
    """A row of ``memories``. ``order``: later made ones have a greater one."""

    memory: Memory
    order: int
    lineage: str
    version: int = 1
    replaced_by: str | None = None
    expired_at: datetime | None = None
    reason: VersionReason | None = None
    conflict_id: str | None = None
    conflict_open: bool = False


@dataclass(frozen=True, slots=True)
class Expiry:
    """When and why a version expires, and by which conflict's resolution."""

    at: datetime
    reason: VersionReason
    conflict_id: str | None = None


class Versions:
    """The versions loaded of one user, whole lineages, and what changes about them."""

    def __init__(self, loaded: Iterable[Version]) -> None:
        self._before = {each.memory.id: each for each in loaded}
        self._now = {memory_id: replace(each) for memory_id, each in self._before.items()}
        self._order = max((each.order for each in self._before.values()), default=0)

    def __contains__(self, memory_id: str) -> bool:
        return memory_id in self._now

    def __getitem__(self, memory_id: str) -> Version:
        return self._now[memory_id]

    def loaded(self) -> list[Version]:
        """The versions as they were loaded."""
        return list(self._before.values())

    def was_there(self, memory_id: str) -> bool:
        """Whether it was loaded, not added."""
        return memory_id in self._before

    def had_expired(self, memory_id: str) -> bool:
        """Whether it was loaded as one that is not current."""
        return self._before[memory_id].expired_at is not None

    def current_of(self, memory_id: str) -> Version:
        """The version that ends the line of this one."""
        version = self._now[memory_id]
        while version.replaced_by is not None:
            version = self._now[version.replaced_by]
        return version

    def add(self, memory: Memory) -> None:
        """A new memory, unless it is known by its id."""
        if memory.id not in self._now:
            self._order += 1
            self._now[memory.id] = Version(memory, self._order, memory.id)

    def replace(self, old_id: str, memory: Memory, expiry: Expiry) -> None:
        """The memory takes the place of a current one. Raises MemoriesChanged when that is not current."""
        old = self._now.get(old_id)
        if old is None or old.expired_at is not None:
            raise MemoriesChanged(old_id)
        self.add(memory)
        old.replaced_by = memory.id
        old.expired_at, old.reason = expiry.at, expiry.reason
        old.conflict_id, old.conflict_open = expiry.conflict_id, False

    def add_sources(self, memory_id: str, sources: Iterable[str]) -> None:
        """The memory was said again by these messages."""
        version = self._now[memory_id]
        together = tuple(dict.fromkeys((*version.memory.sources, *sources)))
        if together != version.memory.sources:
            version.memory = replace(version.memory, sources=together)

    def remove(self, memory_id: str) -> None:
        """The version goes. Those it had replaced are current again if it was, else followed by what followed it."""
        gone = self._now.pop(memory_id)
        for version in self._now.values():
            if version.replaced_by == memory_id:
                version.replaced_by = gone.replaced_by
                if gone.replaced_by is None:
                    version.expired_at = version.reason = version.conflict_id = None

    def up_to(self, memory_id: str) -> list[str]:
        """The version's id and those of all before it."""
        before = self._predecessors()
        found = [memory_id]
        for each in found:
            found += before[each]
        return found

    def relink(self) -> None:
        """Number the versions of each line and name it after its first."""
        before = self._predecessors()
        for root in [each for each in self._now.values() if each.replaced_by is None]:
            line = self._line(root, before)
            for number, version in enumerate(line, start=1):
                version.version, version.lineage = number, line[0].memory.id

    def mark_conflicts(self, open_about: Mapping[str, str]) -> None:
        """Show each open conflict (by the ids of the memories it is about) at the current versions of their lines."""
        shown: dict[str, str] = {}
        for memory_id, conflict_id in open_about.items():
            if memory_id in self._now:
                shown.setdefault(self.current_of(memory_id).memory.id, conflict_id)
        for version in self._now.values():
            if version.expired_at is None:
                version.conflict_id = shown.get(version.memory.id)
                version.conflict_open = version.conflict_id is not None

    def added(self) -> list[Version]:
        """Rows to insert, in order."""
        return [version for memory_id, version in self._now.items() if memory_id not in self._before]

    def changed(self) -> list[Version]:
        """Rows to update."""
        return [version for memory_id, version in self._now.items() if self._before.get(memory_id, version) != version]

    def removed(self) -> list[str]:
        """Ids of rows to delete."""
        return [memory_id for memory_id in self._before if memory_id not in self._now]

    def moved_lineages(self) -> dict[str, str | None]:
        """Lineages that go by another name now; None: nothing is left of them."""
        present = {version.lineage for version in self._now.values()}
        moved: dict[str, str | None] = {}
        for memory_id, before in self._newest_first(self._before.values()):
            if before.lineage not in present and moved.get(before.lineage) is None:
                after = self._now.get(memory_id)
                moved[before.lineage] = after.lineage if after else None
        return moved

    def _newest_first(self, versions: Iterable[Version]) -> Iterator[tuple[str, Version]]:
        for version in sorted(versions, key=lambda each: each.version, reverse=True):
            yield version.memory.id, version

    def _predecessors(self) -> defaultdict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for memory_id, version in self._now.items():
            if version.replaced_by is not None:
                found[version.replaced_by].append(memory_id)
        return found

    def _line(self, root: Version, before: Mapping[str, Sequence[str]]) -> list[Version]:
        """All versions that lead to this one, first to last; of those equally far from it the older ones first."""
        layers = [[root]]
        while layer := [self._now[each] for version in layers[-1] for each in before.get(version.memory.id, ())]:
            layers.append(sorted(layer, key=lambda version: version.order, reverse=True))
        return [version for layer in layers for version in layer][::-1]
