"""Contradictions put to a human: the questions they are asked, and what their answers mean."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import (
    ClarifyingQuestion,
    ConflictingMemory,
    ConflictResolution,
    MergeConflict,
    NewVersion,
    VersionReason,
)
from agent_sessions.recall.facts.slots import slot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent_sessions.domain.memory import Memory

CONFLICT_IDS = uuid.UUID("6f0c1f6e-54a5-5d1b-9a36-0b9d7f1f9c11")


def conflict_between(proposed: Memory, known: tuple[Memory, ...]) -> MergeConflict:
    """The conflict of a new fact with the current memories it contradicts; equal input gives an equal id."""
    return MergeConflict(
        id=str(uuid.uuid5(CONFLICT_IDS, "\n".join((proposed.id, *(memory.id for memory in known))))),
        session_id=proposed.session_id,
        proposed=proposed,
        conflicting=tuple(ConflictingMemory(memory.id, memory.content, _why(proposed, memory)) for memory in known),
        questions=(_question(proposed, known),),
    )


def _why(proposed: Memory, known: Memory) -> str:
    new, old = slot_of(proposed.content), slot_of(known.content)
    if new.called and new.value.lower() not in ("yes", "no"):
        return f"Two values for {_called(proposed)}: {old.value} before, {new.value} now"
    return f'Cannot both be true: "{known.content}" and "{proposed.content}"'


def _called(memory: Memory) -> str:
    """ "User's sister's birthday" """
    slot = slot_of(memory.content)
    owner = slot.key.split(".")[1:-1]
    return f"User's {' '.join(owner)}'s {slot.called}" if owner and owner[0] else f"User's {slot.called}"


def _question(proposed: Memory, known: tuple[Memory, ...]) -> ClarifyingQuestion:
    slot = slot_of(proposed.content)
    values = [slot_of(memory.content).value for memory in known]
    if slot.called and slot.value.lower() not in ("yes", "no") and _distinct([*values, slot.value]):
        return ClarifyingQuestion(f"Which is right for {_called(proposed)}?", (*values, slot.value))
    return ClarifyingQuestion("Which of these is true?", (*(memory.content for memory in known), proposed.content))


def _distinct(values: list[str]) -> bool:
    return len({value.lower() for value in values}) == len(values) and all(values)


def resolve(conflict: MergeConflict, answers: Mapping[str, str]) -> ConflictResolution:
    """What the answers (by question) mean: the proposed memory takes the place of the known ones, or they stay.

    The last option of each question stands for what is proposed, the others, in order, for the known memories.
    The caller has seen to it that each question has one of its options for an answer; one that has not counts as
    leaving things as they are.
    """
    chosen = [
        question.options.index(answers[question.question])
        for question in conflict.questions
        if answers.get(question.question) in question.options
    ]
    wins = bool(chosen) and all(at == len(conflict.conflicting) for at in chosen)
    if wins:
        first, *others = conflict.conflicting
        versions = [NewVersion(conflict.proposed, first.memory_id, VersionReason.CONTRADICTION)]
        versions += [NewVersion(conflict.proposed, other.memory_id, VersionReason.CONTRADICTION) for other in others]
        return ConflictResolution(conflict.id, tuple(versions), ())
    kept = sorted({at for at in chosen if at < len(conflict.conflicting)}) or range(len(conflict.conflicting))
    return ConflictResolution(conflict.id, (), tuple(conflict.conflicting[at].memory_id for at in kept))
