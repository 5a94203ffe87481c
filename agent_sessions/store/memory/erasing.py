"""Erasing for good: a memory, a session with all that was made from it, a user with everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.errors import MemoryNotFound, SessionNotFound
from .. import jsontext
from ..batch import Upshot
from ..webhooks.procedures import forget_dead_letters
from . import statements
from .encoding import read_texts, texts
from .forgetting import forget
from .procedures import Ask, Put, listed
from .said import whose
from .workspace import number_of, opened, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ...ports import Owner
    from .procedures import Procedure


def remove_memory(owner: Owner, memory_id: str, *, with_previous: bool, now: datetime) -> Procedure[Upshot]:
    """Erase this version, or it and all before it. Raises MemoryNotFound."""
    workspace = yield from opened(owner, [memory_id])
    if memory_id not in workspace.versions:
        raise MemoryNotFound(memory_id)
    forget(workspace, workspace.versions.up_to(memory_id) if with_previous else [memory_id], now=now)
    yield from written(workspace)
    return Upshot()


def remove_session(owner: Owner, session_id: str, *, now: datetime) -> Procedure[Upshot]:
    """Erase a session and what was made from it. Raises UserNotFound, SessionNotFound."""
    rows = yield Ask(statements.TAKE_SESSION, {**whose(owner), "session_id": session_id})
    user = yield from number_of(owner)
    if not rows:
        raise SessionNotFound(session_id)
    made = {"user": user, "session_id": session_id}
    yield from _forget_session(owner, made, now=now)
    yield from _drop_sources(made)
    yield Ask(statements.DELETE_SUMMARY, made)
    yield from _delete_sessions([session_id])
    return Upshot(erased=rows)


def remove_user(owner: Owner) -> Procedure[Upshot]:
    """Erase a user and everything of theirs. Raises UserNotFound.

    Sessions are taken before the user, as all writers do; those made in between are seen once the user is taken.
    """
    yield Ask(statements.TAKE_SESSIONS, whose(owner))
    user = yield from number_of(owner, statement=statements.TAKE_USER)
    rows = yield Ask(statements.TAKE_SESSIONS, whose(owner))
    yield from _delete_sessions([row[0] for row in rows])
    for statement in (
        statements.DELETE_SUMMARIES,
        statements.DELETE_CONFLICTS,
        statements.DELETE_CONNECTIONS,
        statements.DELETE_MEMORIES,
        statements.DELETE_USER,
    ):
        yield Ask(statement, {"user": user})
    return Upshot(erased=rows)


def _forget_session(owner: Owner, made: dict[str, Any], *, now: datetime) -> Procedure[None]:
    """The memories, conflicts and connections made from a session go."""
    ids = [memory_id for (memory_id,) in (yield Ask(statements.OF_SESSION, made))]
    workspace = yield from opened(owner, ids)
    for conflict_id, kept in list(workspace.conflicts.items()):
        if kept.conflict.session_id == made["session_id"]:
            del workspace.conflicts[conflict_id]
    forget(workspace, ids, now=now)
    yield Ask(statements.DELETE_CONNECTIONS_MADE, made)
    yield from written(workspace)


def _drop_sources(made: dict[str, Any]) -> Procedure[None]:
    """Memories of other sessions do not name messages of this one as sources any more."""
    said = yield Ask(statements.PAYLOADS, {"session_id": made["session_id"]})
    gone = {jsontext.loads(payload)["id"] for (payload,) in said}
    left = []
    for memory_id, sources in (yield Ask(statements.SOURCES, made)):
        before = read_texts(sources)
        if not gone.isdisjoint(before):
            after = texts(tuple(source for source in before if source not in gone))
            left.append({"user": made["user"], "id": memory_id, "sources": after})
    if left:
        yield Put(statements.UPDATE_SOURCES, left)


def _delete_sessions(session_ids: Sequence[str]) -> Procedure[None]:
    for statement in (
        statements.DELETE_EMBEDDINGS,
        statements.DELETE_LOGS,
        statements.DELETE_KEYS,
        statements.DELETE_CREATION_KEYS,
        statements.DELETE_JOBS,
        statements.DELETE_SESSIONS,
    ):
        yield Ask(statement, {"ids": listed(session_ids)})
    yield from forget_dead_letters(session_ids)
