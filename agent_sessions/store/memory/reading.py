"""Reading memories, conflicts and summaries of one owner."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from ...domain.errors import ConflictNotFound, MemoryNotFound
from ...ports import Page
from ..rows import LATEST
from . import statements
from .encoding import read_conflict, read_kept, read_summary, read_texts
from .matching import Filter
from .procedures import Ask, listed
from .said import whose
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...domain.recollection import ConflictStatus, KeptConflict, KeptMemory, KeptSummary
    from ...ports import MemoryFilter, Owner
    from .procedures import Procedure


def current_memories(owner: Owner) -> Procedure[Sequence[KeptMemory]]:
    """All current ones, oldest first."""
    user = yield from number_of(owner)
    rows = yield Ask(statements.CURRENT, {"user": user})
    return [read_kept(row, user_id=owner.user_id) for row in rows]


def memories(owner: Owner, which: MemoryFilter, *, limit: int, offset: int) -> Procedure[Page[KeptMemory]]:
    """A page of current facts, newest first."""
    user = yield from number_of(owner)
    if which.categories is None and which.session_ids is None and which.session_metadata is None:
        total = (yield Ask(statements.COUNT_FACTS, {"user": user}))[0][0]
        rows = yield Ask(statements.PAGE_OF_FACTS, {"user": user, "limit": limit, "offset": offset})
    else:
        found = yield from _matching_memories(owner, user, which)
        total = len(found)
        rows = yield Ask(statements.BY_NUMBER, {"user": user, "numbers": listed(found[offset : offset + limit])})
    return Page([read_kept(row, user_id=owner.user_id) for row in rows], total)


def _matching_memories(owner: Owner, user: int, which: MemoryFilter) -> Procedure[list[int]]:
    """Numbers of the rows, in order."""
    sessions = None if which.session_ids is None else set(which.session_ids)
    if which.session_metadata is not None:
        wanted = Filter(which.session_metadata)
        rows = yield Ask(statements.SESSIONS_TO_MATCH, {**whose(owner), "pattern": wanted.pattern})
        matching = {row[3] for row in rows if wanted.finds(row[2])}
        sessions = matching if sessions is None else sessions & matching
    categories = None if which.categories is None else set(which.categories)
    rows = yield Ask(statements.FACTS_TO_MATCH, {"user": user})
    return [
        number
        for number, filed, session_id in rows
        if (sessions is None or session_id in sessions)
        and (categories is None or not categories.isdisjoint(read_texts(filed)))
    ]


def memory(owner: Owner, memory_id: str) -> Procedure[KeptMemory]:
    """This very version. Raises MemoryNotFound."""
    found = yield from memories_by_id(owner, [memory_id])
    if memory_id not in found:
        raise MemoryNotFound(memory_id)
    return found[memory_id]


def memories_by_id(owner: Owner, memory_ids: Sequence[str]) -> Procedure[Mapping[str, KeptMemory]]:
    """These versions, in the order asked for."""
    user = yield from number_of(owner)
    rows = yield Ask(statements.BY_ID, {"user": user, "ids": listed(memory_ids)})
    found = {row[0]: read_kept(row, user_id=owner.user_id) for row in rows}
    return {each: found[each] for each in memory_ids if each in found}


def versions(owner: Owner, lineages: Sequence[str]) -> Procedure[Mapping[str, Sequence[KeptMemory]]]:
    """All versions by lineage, newest first."""
    user = yield from number_of(owner)
    rows = yield Ask(statements.BY_LINEAGE, {"user": user, "ids": listed(lineages)})
    groups = groupby(rows, key=itemgetter(2))
    return {lineage: [read_kept(row, user_id=owner.user_id) for row in group] for lineage, group in groups}


def connected(owner: Owner, memory_ids: Sequence[str]) -> Procedure[Mapping[str, Sequence[KeptMemory]]]:
    """The current memories connected with each of these, oldest first."""
    user = yield from number_of(owner)
    pairs = yield Ask(statements.CONNECTED, {"user": user, "ids": listed(memory_ids)})
    ids = list({other for _, other in pairs})
    rows = yield Ask(statements.BY_ID, {"user": user, "ids": listed(ids)})
    kept = {row[0]: (row[17], read_kept(row, user_id=owner.user_id)) for row in rows}
    found: dict[str, list[tuple[int, KeptMemory]]] = {each: [] for each in memory_ids}
    for asked, other in pairs:
        found[asked].append(kept[other])
    return {asked: [each for _, each in sorted(others, key=itemgetter(0))] for asked, others in found.items()}


def conflict(owner: Owner, conflict_id: str) -> Procedure[KeptConflict]:
    """The conflict. Raises ConflictNotFound."""
    user = yield from number_of(owner)
    rows = yield Ask(statements.CONFLICT, {"user": user, "id": conflict_id})
    if not rows:
        raise ConflictNotFound(conflict_id)
    return read_conflict(rows[0], user_id=owner.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictQuestion:
    """Which conflicts, in which order."""

    limit: int
    offset: int
    status: ConflictStatus | None
    by_resolution: bool
    ascending: bool


def conflicts(owner: Owner, question: ConflictQuestion) -> Procedure[Page[KeptConflict]]:
    """A page."""
    user = yield from number_of(owner)
    which = {"user": user, "status": None if question.status is None else question.status.value}
    total = (yield Ask(statements.COUNT_CONFLICTS, which))[0][0]
    column = "resolved_at" if question.by_resolution else "created_at"
    statement = statements.CONFLICTS_PAGE[column, question.ascending]
    rows = yield Ask(statement, {**which, "limit": question.limit, "offset": question.offset})
    return Page([read_conflict(row, user_id=owner.user_id) for row in rows], total)


def summaries(
    owner: Owner, *, limit: int | None, session_ids: Sequence[str] | None
) -> Procedure[Sequence[KeptSummary]]:
    """Summaries, newest session first."""
    user = yield from number_of(owner)
    values = {**whose(owner), "user": user, "limit": LATEST if limit is None else limit}
    if session_ids is None:
        rows = yield Ask(statements.SUMMARIES, values)
    else:
        rows = yield Ask(statements.SUMMARIES_OF, {**values, "ids": listed(session_ids)})
    made: dict[str, list[str]] = {row[0]: [] for row in rows}
    facts = yield Ask(statements.FACTS_OF_SESSIONS, {"user": user, "ids": listed(list(made))})
    for session_id, memory_id in facts:
        made[session_id].append(memory_id)
    return [read_summary(row, made[row[0]]) for row in rows]
