"""A user's sessions, as the memory wire lists them: alive or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...ports import Owner, Page
from . import statements
from .matching import Filter
from .procedures import Ask, listed
from .said import whose
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...domain.session import MemoryStatus, Session
    from ..rows import SessionReader
    from .procedures import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuestion:
    """Which sessions of a user."""

    limit: int
    offset: int
    matching: Mapping[str, Any] | None
    statuses: Sequence[MemoryStatus]


def sessions_of(owner: Owner, question: SessionQuestion, *, reader: SessionReader) -> Procedure[Page[Session]]:
    """A page, newest first. Raises UserNotFound."""
    yield from number_of(owner)
    if question.matching or question.statuses:
        return (yield from _matching_sessions(owner, question, reader=reader))
    total = (yield Ask(statements.COUNT_SESSIONS, whose(owner)))[0][0]
    place = {**whose(owner), "limit": question.limit, "offset": question.offset}
    return Page([reader.read(row) for row in (yield Ask(statements.SESSIONS_PAGE, place))], total)


def _matching_sessions(owner: Owner, question: SessionQuestion, *, reader: SessionReader) -> Procedure[Page[Session]]:
    statuses = {status.value for status in question.statuses}
    wanted = Filter(question.matching)
    rows = yield Ask(statements.SESSIONS_TO_MATCH, {**whose(owner), "pattern": wanted.pattern})
    found = [
        number
        for number, status, metadata, _ in rows
        if (not statuses or status in statuses) and (not wanted or wanted.finds(metadata))
    ]
    page = found[question.offset : question.offset + question.limit]
    shown = yield Ask(statements.SESSIONS_BY_NUMBER, {**whose(owner), "numbers": listed(page)})
    return Page([reader.read(row) for row in shown], len(found))


def being_processed(*, run: int, since: int) -> Procedure[Sequence[tuple[Owner, str]]]:
    """Sessions begun by runs that are over, or gave no sign of life since then (microseconds)."""
    rows = yield Ask(statements.PROCESSING, {"run": run, "since": since})
    return [(Owner(project, user_id), session_id) for project, user_id, session_id in rows]
