"""Keeping what the processing of a conversation made; repeating that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...domain.recollection import ConflictStatus, KeptConflict
from ...ports import MemoriesChanged
from ..batch import Upshot
from . import statements
from .encoding import summary_values
from .procedures import Ask, Put
from .versions import Expiry
from .workspace import connection_values, opened, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ...domain.memory import FoldedMemory, MergeConflict, NewVersion, ProcessingResult
    from ...ports import Owner
    from .procedures import Procedure
    from .versions import Versions
    from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Recording:
    """A result to be kept for its owner, at this instant."""

    owner: Owner
    result: ProcessingResult
    now: datetime

    def run(self) -> Procedure[Upshot]:
        """Keep all of it. Raises MemoriesChanged when it rests on what is not so any more."""
        workspace = yield from opened(self.owner, _ids(self.result))
        self._apply(workspace)
        yield from written(workspace)
        yield from self._connections(workspace)
        if self.result.summary is not None:
            values = summary_values(self.result.summary)
            yield Ask(statements.KEEP_SUMMARY, {"user": workspace.user, **values})
        return Upshot()

    def _apply(self, workspace: Workspace) -> None:
        versions = workspace.versions
        for memory in self.result.created:
            versions.add(memory)
        for version in self.result.versions:
            self._replace(versions, version)
        for folded in self.result.folded:
            _fold(versions, folded)
        for conflict in self.result.conflicts:
            if conflict.id not in workspace.conflicts:
                workspace.conflicts[conflict.id] = self._kept(versions, conflict)

    def _replace(self, versions: Versions, version: NewVersion) -> None:
        if not versions.was_there(version.memory.id):
            versions.replace(version.replaces, version.memory, Expiry(self.now, version.reason))

    def _kept(self, versions: Versions, conflict: MergeConflict) -> KeptConflict:
        for each in conflict.conflicting:
            if each.memory_id not in versions or _was_expired(versions, each.memory_id):
                raise MemoriesChanged(each.memory_id)
        return KeptConflict(
            conflict=conflict, user_id=self.owner.user_id, status=ConflictStatus.PENDING, created_at=self.now
        )

    def _connections(self, workspace: Workspace) -> Procedure[None]:
        versions, links = workspace.versions, []
        for connection in self.result.connections:
            if connection.first in versions and connection.second in versions:
                low, high = sorted(versions[each].lineage for each in (connection.first, connection.second))
                if low != high:
                    made = {"session_id": self.result.session_id, "shared": connection.shared}
                    links.append(connection_values(workspace.user, (low, high), **made))
        if links:
            yield Put(statements.INSERT_CONNECTION, links)


def _fold(versions: Versions, folded: FoldedMemory) -> None:
    """A memory said again. Raises MemoriesChanged when it was replaced or erased before this is noted."""
    if folded.memory_id not in versions:
        raise MemoriesChanged(folded.memory_id)
    noted = set(folded.sources) <= set(versions[folded.memory_id].memory.sources)
    if not noted and _was_expired(versions, folded.memory_id):
        raise MemoriesChanged(folded.memory_id)
    versions.add_sources(folded.memory_id, folded.sources)


def _was_expired(versions: Versions, memory_id: str) -> bool:
    return versions.was_there(memory_id) and versions.had_expired(memory_id)


def _ids(result: ProcessingResult) -> Iterator[str]:
    """All memories the result names."""
    yield from (memory.id for memory in result.created)
    for version in result.versions:
        yield from (version.memory.id, version.replaces)
    yield from (folded.memory_id for folded in result.folded)
    for conflict in result.conflicts:
        yield from (each.memory_id for each in conflict.conflicting)
    for connection in result.connections:
        yield from (connection.first, connection.second)
