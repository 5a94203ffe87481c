"""Users: look up, list, add, change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...domain.encoding import to_micros
from ...domain.errors import AlreadyExists, UserNotFound
from ...ports import Owner, Page
from .. import jsontext
from ..batch import Upshot
from . import statements
from .encoding import read_user
from .matching import Filter, containing
from .procedures import Ask, listed, tupled
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...domain.user import User
    from .procedures import Procedure, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuestion:
    """Which users of a project, and which of these are wanted."""

    project: str
    limit: int
    offset: int
    matching: Mapping[str, Any] | None
    part_of_id: str | None


def user(owner: Owner) -> Procedure[User]:
    """The user. Raises UserNotFound."""
    rows = yield Ask(statements.USER, {"project": owner.project, "user_id": owner.user_id})
    if not rows:
        raise UserNotFound(owner.user_id)
    return (yield from _told(rows))[0]


def _told(rows: Rows) -> Procedure[list[User]]:
    """The users of these rows, with when each was last active."""
    numbers = [row[0] for row in rows]
    touched = [tuple(row) for row in (yield Ask(statements.TOUCHED, {"numbers": listed(numbers)}))]
    active = dict(touched)
    for number, spoken_at in (yield Ask(statements.SPOKEN, {"touched": tupled(touched)})) if touched else ():
        active[number] = max(active[number], spoken_at or 0)
    return [read_user(row, active_at=active.get(row[0], 0)) for row in rows]


def users(question: UserQuestion) -> Procedure[Page[User]]:
    """A page, newest first."""
    if question.matching or question.part_of_id:
        return (yield from _matching_users(question))
    total = (yield Ask(statements.COUNT_USERS, {"project": question.project}))[0][0]
    place = {"project": question.project, "limit": question.limit, "offset": question.offset}
    rows = yield Ask(statements.USERS_PAGE, place)
    return Page((yield from _told(rows)), total)


def _matching_users(question: UserQuestion) -> Procedure[Page[User]]:
    wanted = Filter(question.matching)
    part = containing((question.part_of_id or "").casefold())
    like = {"project": question.project, "part": part, "pattern": wanted.pattern}
    rows = yield Ask(statements.USERS_LIKE, like)
    found = [number for number, metadata in rows if not wanted or wanted.finds(metadata)]
    page = found[question.offset : question.offset + question.limit]
    shown = yield Ask(statements.USERS_BY_NUMBER, {"numbers": listed(page)})
    return Page((yield from _told(shown)), len(found))


def add_user(new: User) -> Procedure[Upshot]:
    """Keep a new user. Raises AlreadyExists."""
    values = {
        "project": new.project,
        "id": new.id,
        "folded_id": new.id.casefold(),
        "created_at": to_micros(new.created_at),
        "metadata": jsontext.dumps(new.metadata, name="metadata"),
        "merge_conflicts": new.merge_conflicts,
    }
    if not (yield Ask(statements.INSERT_USER, values)):
        raise _taken(new.id)
    return Upshot()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What is to be different about a user; None: nothing."""

    new_id: str | None
    metadata: Mapping[str, Any] | None
    merge_conflicts: bool | None


def change_user(owner: Owner, change: UserChange) -> Procedure[Upshot]:
    """The user afterwards; with a new id, all sessions follow.

    Raises UserNotFound, or AlreadyExists when the new id is taken.
    """
    whose = {"project": owner.project, "user_id": owner.user_id}
    renames = change.new_id is not None and change.new_id != owner.user_id
    if renames:
        yield Ask(statements.TAKE_SESSIONS, whose)
    number = yield from number_of(owner, statement=statements.TAKE_USER)
    metadata = None if change.metadata is None else jsontext.dumps(change.metadata, name="metadata")
    values = {"user": number, "metadata": metadata, "merge_conflicts": change.merge_conflicts}
    yield Ask(statements.UPDATE_USER, values)
    moved: list[str] = []
    if change.new_id is not None and renames:
        moved = yield from _rename(owner, number, new_id=change.new_id)
        owner = Owner(owner.project, change.new_id)
    changed = yield from user(owner)
    return Upshot(answer=changed, renamed=moved, user_id=owner.user_id)


def _rename(owner: Owner, number: int, *, new_id: str) -> Procedure[list[str]]:
    whose = {"project": owner.project, "user_id": owner.user_id, "new_id": new_id}
    names = {"user": number, "project": owner.project, "new_id": new_id, "folded_id": new_id.casefold()}
    if not (yield Ask(statements.RENAME_USER, names)):
        raise _taken(new_id)
    yield Ask(statements.RENAME_JOBS, whose)
    return [session_id for (session_id,) in (yield Ask(statements.RENAME_SESSIONS, whose))]


def _taken(user_id: str) -> AlreadyExists:
    return AlreadyExists(f"User {user_id} already exists")
