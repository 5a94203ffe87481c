"""All of a user's memories at once: out of the database, and into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.archive import ArchivedConnection, ArchivedMemories, ArchivedMemory
from ...domain.encoding import to_micros
from ...domain.errors import AlreadyExists
from ...domain.session import MemoryStatus
from .. import jsontext, rows
from ..batch import Upshot
from . import statements
from .encoding import read_conflict, read_summary, summary_values
from .procedures import Ask, Put, listed
from .said import whose
from .workspace import connection_values, number_of, opened, version_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...domain.log import LogEntry
    from ...domain.session import Session
    from ...domain.user import User
    from ...ports import Owner
    from ..rows import SessionReader
    from .procedures import Procedure
    from .versions import Versions
    from .workspace import Workspace


def sessions(owner: Owner, *, reader: SessionReader) -> Procedure[Sequence[Session]]:
    """All sessions, in the order they were made. Raises UserNotFound."""
    yield from number_of(owner)
    return [reader.read(row) for row in (yield Ask(statements.ALL_SESSIONS, whose(owner)))]


def memories(owner: Owner) -> Procedure[ArchivedMemories]:
    """All memories with their versions, connections, conflicts and summaries. Raises UserNotFound."""
    theirs = {"user": (yield from number_of(owner))}
    kept = yield Ask(statements.ALL_MEMORIES, theirs)
    links = yield Ask(statements.ALL_CONNECTIONS, theirs)
    conflicts = yield Ask(statements.ALL_CONFLICTS, theirs)
    summaries = yield Ask(statements.ALL_SUMMARIES, {**whose(owner), **theirs})
    return ArchivedMemories(
        memories=tuple(map(_archived, kept)),
        connections=tuple(
            ArchivedConnection(first=first, second=second, session_id=session_id, shared=shared)
            for first, second, session_id, shared in links
        ),
        conflicts=tuple(read_conflict(row, user_id=owner.user_id) for row in conflicts),
        summaries=tuple(read_summary(row, ()).summary for row in summaries),
    )


def _archived(row: Sequence[object]) -> ArchivedMemory:
    version = version_of(row)
    return ArchivedMemory(
        memory=version.memory,
        replaced_by=version.replaced_by,
        expired_at=version.expired_at,
        reason=version.reason,
        conflict_id=None if version.conflict_open else version.conflict_id,
    )


def restore_user(user: User) -> Procedure[Upshot]:
    """Whether the user was not there."""
    values = {
        "project": user.project,
        "id": user.id,
        "folded_id": user.id.casefold(),
        "created_at": to_micros(user.created_at),
        "metadata": jsontext.dumps(user.metadata, name="metadata"),
        "merge_conflicts": user.merge_conflicts,
    }
    return Upshot(answer=bool((yield Ask(statements.INSERT_USER, values))))


def restore_log(entries: Sequence[LogEntry]) -> Procedure[Upshot]:
    """Rows that are there stay."""
    values = [dict(zip(rows.LOG_COLUMNS, rows.entry_row(entry), strict=True)) for entry in entries]
    if values:
        yield Put(statements.RESTORE_ENTRY, values)
    return Upshot()


def restore_sessions(new: Sequence[Session], *, run: int) -> Procedure[Upshot]:
    """How many were not there. What they wait for counts as begun by ``run``. Raises AlreadyExists."""
    found = yield Ask(statements.OWNERS_OF_SESSIONS, {"ids": listed([session.id for session in new])})
    owners = {session_id: (project, user_id) for session_id, project, user_id in found}
    for session in new:
        if owners.get(session.id, (session.project, session.user_id)) != (session.project, session.user_id):
            raise AlreadyExists(f"Session {session.id} is there already, and somebody else's")
    added = [session for session in new if session.id not in owners]
    if added:
        yield Put(statements.RESTORE_SESSION, [_session_values(session, run=run) for session in added])
    return Upshot(answer=len(added), added=added)


def _session_values(session: Session, *, run: int) -> dict[str, Any]:
    begun = session.processing.status is MemoryStatus.PROCESSING
    row = rows.session_row(session, run=run, claims=bool(session.awaiting), begins=begun)
    return dict(zip(rows.SESSION_COLUMNS, row, strict=True))


def restore_memories(owner: Owner, archived: ArchivedMemories) -> Procedure[Upshot]:
    """How many of these were not there."""
    workspace = yield from opened(owner, [each.memory.id for each in archived.memories])
    new = _restored(workspace.versions, archived.memories)
    for kept in archived.conflicts:
        if kept.conflict.id not in workspace.conflicts:
            workspace.conflicts[kept.conflict.id] = kept
            new += 1
    yield from written(workspace)
    new += yield from _connections(workspace, archived.connections)
    for summary in archived.summaries:
        values = {"user": workspace.user, **summary_values(summary)}
        new += len((yield Ask(statements.RESTORE_SUMMARY, values)))
    return Upshot(answer=new)


def _restored(versions: Versions, memories: Sequence[ArchivedMemory]) -> int:
    new = [each for each in memories if each.memory.id not in versions]
    for each in new:
        versions.add(each.memory)
    added = {each.memory.id for each in new}
    for each in memories:
        version = versions[each.memory.id]
        if version.memory.id in added or (version.replaced_by is None and each.replaced_by is not None):
            version.replaced_by, version.expired_at = each.replaced_by, each.expired_at
            version.reason, version.conflict_id, version.conflict_open = each.reason, each.conflict_id, False
    return len(new)


def _connections(workspace: Workspace, connections: Sequence[ArchivedConnection]) -> Procedure[int]:
    """Between the lines that the memories are in here."""
    versions, new = workspace.versions, 0
    for each in connections:
        if each.first in versions and each.second in versions:
            low, high = sorted(versions[end].lineage for end in (each.first, each.second))
            if low != high:
                values = connection_values(workspace.user, (low, high), session_id=each.session_id, shared=each.shared)
                new += len((yield Ask(statements.RESTORE_CONNECTION, values)))
    return new
