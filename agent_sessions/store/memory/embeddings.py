"""Vectors of an owner's texts, kept beside what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..batch import Upshot
from . import statements
from .procedures import Ask, Put, listed
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
    """Keep those whose session, and memory if any, are still there. Raises UserNotFound."""
    user = yield from number_of(owner, statement=statements.HOLD_USER)
    sessions = listed(sorted({each.session_id for each in embedded}))
    memories = listed(sorted({each.memory_id for each in embedded if each.memory_id is not None}))
    there = {row[0] for row in (yield Ask(statements.SESSIONS_THERE, {**whose(owner), "ids": sessions}))}
    known: set[str | None] = {row[0] for row in (yield Ask(statements.MEMORIES_THERE, {"user": user, "ids": memories}))}
    known.add(None)
    kept = [
        {"session_id": each.session_id, "model": model, "digest": each.digest, "vector": each.vector}
        for each in embedded
        if each.session_id in there and each.memory_id in known
    ]
    if kept:
        yield Put(statements.INSERT_EMBEDDING, kept)
    return Upshot()
