"""What a change of memories works on: versions with their relatives, conflicts, connections; loaded, changed, written.

Everything here happens inside one transaction that holds the user's row, so that nobody changes the same meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...domain.errors import UserNotFound
from ...domain.memory import VersionReason
from ...domain.recollection import ConflictStatus
from ..instants import from_micros_or_none, to_micros_or_none
from . import statements
from .encoding import conflict_values, memory_values, read_conflict, read_memory, texts
from .procedures import Ask, Procedure, Put, listed
from .versions import Version, Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...domain.recollection import KeptConflict
    from ...ports import Owner

SETTLED = (ConflictStatus.RESOLVED, ConflictStatus.FAILED)


@dataclass(slots=True)
class Workspace:
    """One user's memories as a change sees them. ``conflicts``: all of them, by id, as they become."""

    user: int
    versions: Versions
    conflicts: dict[str, KeptConflict]
    known: dict[str, KeptConflict] = field(init=False)

    def __post_init__(self) -> None:
        self.known = dict(self.conflicts)

    def open_conflicts(self) -> list[KeptConflict]:
        """Those nobody has answered yet, oldest first."""
        return [kept for kept in self.conflicts.values() if kept.status not in SETTLED]


def number_of(owner: Owner, *, statement: str = statements.FIND_USER) -> Procedure[int]:
    """The number of the owner's row, by which all else is found. Raises UserNotFound."""
    rows = yield Ask(statement, {"project": owner.project, "user_id": owner.user_id})
    if not rows:
        raise UserNotFound(owner.user_id)
    number: int = rows[0][0]
    return number


def opened(owner: Owner, memory_ids: Iterable[str]) -> Procedure[Workspace]:
    """The user held, these memories loaded with all their versions, and those that open conflicts are about."""
    user = yield from number_of(owner, statement=statements.HOLD_USER)
    conflicts = yield Ask(statements.ALL_CONFLICTS, {"user": user})
    kept = {row[0]: read_conflict(row, user_id=owner.user_id) for row in conflicts}
    about = [each.memory_id for one in kept.values() if one.status not in SETTLED for each in one.conflict.conflicting]
    wanted = list(dict.fromkeys((*memory_ids, *about)))
    rows = (yield Ask(statements.WITH_RELATIVES, {"user": user, "ids": listed(wanted)})) if wanted else ()
    return Workspace(user, Versions(map(version_of, rows)), kept)


def written(workspace: Workspace) -> Procedure[None]:
    """Write all that changed."""
    versions, user = workspace.versions, workspace.user
    versions.relink()
    versions.mark_conflicts(
        {
            each.memory_id: one.conflict.id
            for one in workspace.open_conflicts()[::-1]
            for each in one.conflict.conflicting
        }
    )
    removed = [{"user": user, "id": gone} for gone in versions.removed()]
    yield from _put(statements.DELETE_MEMORY_EMBEDDINGS, removed)
    yield from _put(statements.DELETE_MEMORY, removed)
    yield from _put(statements.INSERT_MEMORY, [_values(user, version) for version in versions.added()])
    yield from _put(statements.UPDATE_MEMORY, [_state(user, version) for version in versions.changed()])
    yield from _moved_connections(workspace)
    yield from _written_conflicts(workspace)


def _written_conflicts(workspace: Workspace) -> Procedure[None]:
    user, known = workspace.user, workspace.known
    new = [kept for each, kept in workspace.conflicts.items() if each not in known]
    changed = [kept for each, kept in workspace.conflicts.items() if known.get(each, kept) != kept]
    gone = [{"user": user, "id": each} for each in known if each not in workspace.conflicts]
    yield from _put(statements.INSERT_CONFLICT, [{"user": user, **conflict_values(kept)} for kept in new])
    yield from _put(statements.UPDATE_CONFLICT, [_conflict_state(user, kept) for kept in changed])
    yield from _put(statements.DELETE_CONFLICT, gone)
    yield from _put(statements.FORGET_CONFLICT, gone)


def _moved_connections(workspace: Workspace) -> Procedure[None]:
    """Connections follow their lineages; those of what is gone go too."""
    moved = workspace.versions.moved_lineages()
    if not moved:
        return
    ends = {"user": workspace.user, "ids": listed(list(moved))}
    rows = yield Ask(statements.TAKE_CONNECTIONS, ends)
    again = []
    for first, second, session_id, shared in rows:
        pair = [moved.get(first, first), moved.get(second, second)]
        if None not in pair and pair[0] != pair[1]:
            low, high = sorted(map(str, pair))
            again.append(connection_values(workspace.user, (low, high), session_id=session_id, shared=shared))
    yield from _put(statements.INSERT_CONNECTION, again)


def connection_values(user: int, pair: tuple[str, str], *, session_id: str, shared: str) -> dict[str, Any]:
    """The row of a connection."""
    return {"user": user, "first": pair[0], "second": pair[1], "session_id": session_id, "shared": shared}


def closed(kept: KeptConflict, **changes: Any) -> KeptConflict:
    """The conflict, settled."""
    return replace(kept, status=ConflictStatus.RESOLVED, **changes)


def _put(statement: str, values: Sequence[dict[str, Any]]) -> Procedure[None]:
    if values:
        yield Put(statement, values)


def version_of(row: Sequence[Any]) -> Version:
    """The version, from ``statements.MEMORY_COLUMNS``, the count of versions, and the row's number."""
    return Version(
        memory=read_memory(row),
        order=row[17],
        lineage=row[2],
        version=row[3],
        replaced_by=row[11],
        expired_at=from_micros_or_none(row[12]),
        reason=None if row[13] is None else VersionReason(row[13]),
        conflict_id=row[14],
        conflict_open=bool(row[15]),
    )


def _values(user: int, version: Version) -> dict[str, Any]:
    return memory_values(version.memory) | _state(user, version)


def _state(user: int, version: Version) -> dict[str, Any]:
    return {
        "user": user,
        "id": version.memory.id,
        "lineage": version.lineage,
        "version": version.version,
        "sources": texts(version.memory.sources),
        "replaced_by": version.replaced_by,
        "expired_at": to_micros_or_none(version.expired_at),
        "reason": None if version.reason is None else version.reason.value,
        "conflict_id": version.conflict_id,
        "conflict_open": version.conflict_open,
    }


def _conflict_state(user: int, kept: KeptConflict) -> dict[str, Any]:
    names = ("id", "status", "conflicting", "questions", "answers", "new_memories", "resolved_at")
    values = conflict_values(kept)
    return {"user": user} | {name: values[name] for name in names}
