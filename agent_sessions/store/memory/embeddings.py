"""Vectors of an owner's texts, kept beside what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ..batch import Upshot
from . import statements
from .procedures import Ask, Put, listed, tupled
from .said import whose
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...ports import Embedded, Owner
    from .procedures import Procedure


def embeddings(owner: Owner, *, model: str) -> Procedure[Mapping[str, bytes]]:
    """All by this model, by digest. Raises UserNotFound."""
    yield from number_of(owner)
    rows = yield Ask(statements.EMBEDDINGS, {**whose(owner), "model": model})
    return {row[0]: bytes(row[1]) for row in rows}


def keep_embeddings(owner: Owner, embedded: Sequence[Embedded], *, model: str) -> Procedure[Upshot]:
    """Keep those of what is still there. Raises UserNotFound."""
    user = yield from number_of(owner, statement=statements.HOLD_USER)
    there = yield from _there(owner, user, embedded)
    kept = [
        {"session_id": each.session_id, "model": model, "digest": each.digest, "vector": each.vector}
        for each in embedded
        if _place(each) in there
    ]
    if kept:
        yield Put(statements.INSERT_EMBEDDING, kept)
    return Upshot()


_Place: TypeAlias = tuple[str, int | None] | str


def _place(embedded: Embedded) -> _Place:
    """What it tells of: a memory, a message, or a session."""
    return (embedded.session_id, embedded.seq) if embedded.memory_id is None else embedded.memory_id


def _there(owner: Owner, user: int, embedded: Sequence[Embedded]) -> Procedure[set[_Place]]:
    places = {_place(each) for each in embedded}
    memories = [each for each in places if isinstance(each, str)]
    messages = [(each[0], each[1]) for each in places if not isinstance(each, str) and each[1] is not None]
    sessions = [each[0] for each in places if not isinstance(each, str) and each[1] is None]
    found: set[_Place] = set()
    found.update(row[0] for row in (yield Ask(statements.MEMORIES_THERE, {"user": user, "ids": listed(memories)})))
    said = {**whose(owner), "places": tupled(messages)}
    found.update((row[0], row[1]) for row in (yield Ask(statements.MESSAGES_THERE, said)))
    made = {**whose(owner), "ids": listed(sessions)}
    found.update((row[0], None) for row in (yield Ask(statements.SESSIONS_THERE, made)))
    return found
