"""Closing merge conflicts by what a human answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.errors import AlreadyResolved, ConflictNotFound
from ..batch import Upshot
from .versions import Expiry
from .workspace import SETTLED, closed, opened, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ...domain.memory import ConflictResolution
    from ...domain.recollection import ConflictAnswer
    from ...ports import Owner
    from .procedures import Procedure
    from .versions import Versions


def resolve(
    owner: Owner, resolution: ConflictResolution, *, answers: Sequence[ConflictAnswer], now: datetime
) -> Procedure[Upshot]:
    """Apply the resolution and close the conflict. Raises ConflictNotFound, AlreadyResolved."""
    conflict_id = resolution.conflict_id
    named = [each for version in resolution.versions for each in (version.memory.id, version.replaces)]
    workspace = yield from opened(owner, named)
    kept = workspace.conflicts.get(conflict_id)
    if kept is None:
        raise ConflictNotFound(conflict_id)
    if kept.status in SETTLED:
        raise AlreadyResolved(f"Merge conflict {conflict_id} is already resolved")
    new = _applied(workspace.versions, resolution, now=now)
    kept = closed(kept, answers=tuple(answers), new_memories=tuple(new), resolved_at=now)
    workspace.conflicts[conflict_id] = kept
    yield from written(workspace)
    return Upshot(answer=kept)


def _applied(versions: Versions, resolution: ConflictResolution, *, now: datetime) -> list[str]:
    """Put the memories that win in the place of what their rivals are by now; the ids of those that won.

    A rival that got a later version since the question was put is followed to that; one that was erased is no rival.
    """
    new: dict[str, None] = {}
    for version in resolution.versions:
        memory = version.memory
        versions.add(memory)
        new[memory.id] = None
        if version.replaces in versions:
            rival = versions.current_of(version.replaces).memory.id
            if rival != versions.current_of(memory.id).memory.id:
                versions.replace(rival, memory, Expiry(now, version.reason, resolution.conflict_id))
    return list(new)
