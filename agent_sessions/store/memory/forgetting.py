"""Memories that go, and what becomes of the conflicts about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...domain.memory import ClarifyingQuestion, ConflictingMemory
from .workspace import SETTLED, closed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from ...domain.memory import MergeConflict
    from ...domain.recollection import KeptConflict
    from .versions import Version, Versions
    from .workspace import Workspace

RETARGETED = "An earlier version, current again, of what this was first held against"
QUESTION = "Which of these is true?"


def forget(workspace: Workspace, memory_ids: Iterable[str], *, now: datetime) -> None:
    """These versions go, with the settled conflicts that quote them; open ones are about what is left.

    Where nothing is left that a proposed memory contradicts, it is kept as if it never had been in doubt.
    """
    gone = dict.fromkeys(memory_ids)
    lines = {each: _line_of(workspace.versions, each) for each in gone}
    for each in gone:
        workspace.versions.remove(each)
    for conflict_id, kept in list(workspace.conflicts.items()):
        if kept.status in SETTLED:
            if not gone.keys().isdisjoint(_quoted(kept)):
                del workspace.conflicts[conflict_id]
        elif any(each.memory_id in gone for each in kept.conflict.conflicting):
            workspace.conflicts[conflict_id] = _narrowed(workspace.versions, kept, lines, now=now)


def _narrowed(versions: Versions, kept: KeptConflict, lines: dict[str, list[str]], *, now: datetime) -> KeptConflict:
    """The conflict with what is left of the lines it is about."""
    still: dict[str, ConflictingMemory] = {}
    for each in kept.conflict.conflicting:
        if each.memory_id not in lines:
            still[each.memory_id] = each
        elif (heir := _heir(versions, lines[each.memory_id])) is not None:
            memory = heir.memory
            still.setdefault(memory.id, ConflictingMemory(memory.id, memory.content, RETARGETED))
    if still:
        return replace(kept, conflict=_about(kept.conflict, still.values()))
    versions.add(kept.conflict.proposed)
    emptied = replace(kept.conflict, conflicting=(), questions=())
    return closed(kept, conflict=emptied, new_memories=(kept.conflict.proposed.id,), resolved_at=now)


def _about(conflict: MergeConflict, conflicting: Collection[ConflictingMemory]) -> MergeConflict:
    """The conflict, asked anew: the old question's options quote what is gone."""
    options = (*(each.content for each in conflicting), conflict.proposed.content)
    return replace(conflict, conflicting=tuple(conflicting), questions=(ClarifyingQuestion(QUESTION, options),))


def _line_of(versions: Versions, memory_id: str) -> list[str]:
    """The ids of all versions that lead to the same current one."""
    return versions.up_to(versions.current_of(memory_id).memory.id)


def _heir(versions: Versions, line: list[str]) -> Version | None:
    """The current version of what is left of a line, which is listed newest first."""
    left = next((each for each in line if each in versions), None)
    return None if left is None else versions.current_of(left)


def _quoted(kept: KeptConflict) -> set[str]:
    return {*kept.new_memories, *(each.memory_id for each in kept.conflict.conflicting)}
