"""Holds the drafts of a conversation against what is known of the user, one after the other.

Every draft ends as a new memory, a new version of one, a fold into one, or a merge conflict: none is lost.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import FoldedMemory, Memory, MemoryKind, MergeConflict, NewVersion, VersionReason
from agent_sessions.recall.facts.slots import slot_of
from agent_sessions.recall.language.likeness import stems_of
from agent_sessions.recall.revising.comparing import Relation, relation
from agent_sessions.recall.revising.conflicts import conflict_between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent_sessions.recall.facts.drafting import Draft

_REASONS = {
    Relation.ADDS: VersionReason.ADDITION,
    Relation.CHANGES: VersionReason.CHANGE,
    Relation.CONTRADICTS: VersionReason.CONTRADICTION,
}
AGAIN_IDS = uuid.UUID("4f0f5f0b-3a53-5d0e-8f0c-8e2f6c1f7a55")
"""Where the ids of memories that stand again come from."""

BESIDE = timedelta(days=1)
"""Sessions made so close to each other may have been open side by side: what was processed last counts as told last."""

# When a draft bears on several memories, what it does to them in the order of precedence.
_PRECEDENCE = (Relation.SAME, Relation.CHANGES, Relation.CONTRADICTS, Relation.ADDS)


@dataclass(slots=True)
class Ledger:
    """The current memories of a user while a conversation is worked in, and all that changes about them.

    Finds what a new fact may bear on by slot and by word, so that the cost does not grow with all that is known.
    """

    merge_conflicts: bool
    created: list[Memory] = field(default_factory=list)
    versions: list[NewVersion] = field(default_factory=list)
    folded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conflicts: list[MergeConflict] = field(default_factory=list)
    current: dict[str, Memory] = field(default_factory=dict)
    by_mark: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def know(self, memories: Iterable[Memory]) -> None:
        for memory in memories:
            self._add(memory)

    def enter(self, draft: Draft, memory: Memory) -> None:
        """Works one draft in; ``memory`` is what it becomes when it is new."""
        found = self._bearing_on(draft)
        kind = next((kind for kind in _PRECEDENCE if found.get(kind)), Relation.UNRELATED)
        self.settle(memory, kind, found.get(kind, []))

    def settle(self, memory: Memory, kind: Relation, others: list[Memory]) -> None:
        """Works a memory in that is ``kind`` to these current ones."""
        if kind is Relation.UNRELATED or not others:
            self._create(memory)
        elif kind is Relation.SAME:
            self._fold(others[0], memory.sources)
        elif kind is Relation.CONTRADICTS and self.merge_conflicts:
            self._dispute(memory, others)
        else:
            self._replace(memory, others[0], reason=_REASONS[kind])
            if memory.created_at < others[0].created_at - BESIDE and kind is not Relation.ADDS:
                self._replace(_again(others[0], after=memory), memory, reason=_REASONS[kind])

    def enter_item(self, memory: Memory) -> None:
        """Works in something the assistant said: created, or folded when its very words are known."""
        same = next((other for other in self._sharing([f"text {memory.content}"]) if other.kind is memory.kind), None)
        if same:
            self._fold(same, memory.sources)
        else:
            self._create(memory)

    def _bearing_on(self, draft: Draft) -> dict[Relation, list[Memory]]:
        found: dict[Relation, list[Memory]] = defaultdict(list)
        for memory in self._sharing(_marks(draft.content)):
            if memory.kind is MemoryKind.FACT:
                found[relation(draft, memory.content, start=memory.event_start, end=memory.event_end)].append(memory)
        return found

    def _sharing(self, marks: list[str]) -> list[Memory]:
        ids = dict.fromkeys(key for mark in marks for key in self.by_mark.get(mark, ()))
        return [self.current[key] for key in ids]

    def _create(self, memory: Memory) -> None:
        self.created.append(memory)
        self._add(memory)

    def _fold(self, memory: Memory, sources: tuple[str, ...]) -> None:
        """A fact said twice in one conversation needs no fold: the memory just made takes the source along."""
        for place, made in enumerate(self.created):
            if made.id == memory.id:
                self.created[place] = self.current[memory.id] = _with_sources(made, sources)
                return
        self.folded[memory.id] = tuple(dict.fromkeys((*self.folded.get(memory.id, ()), *sources)))

    def _replace(self, memory: Memory, old: Memory, *, reason: VersionReason) -> None:
        self.versions.append(NewVersion(memory, old.id, reason))
        self._remove(old)
        self._add(memory)

    def _dispute(self, memory: Memory, known: list[Memory]) -> None:
        conflict = conflict_between(memory, tuple(known))
        if all(other.id != conflict.id for other in self.conflicts):
            self.conflicts.append(conflict)

    def _add(self, memory: Memory) -> None:
        self.current[memory.id] = memory
        for mark in _marks(memory.content):
            self.by_mark[mark][memory.id] = None

    def _remove(self, memory: Memory) -> None:
        del self.current[memory.id]
        for mark in _marks(memory.content):
            self.by_mark[mark].pop(memory.id, None)

    def folds(self) -> tuple[FoldedMemory, ...]:
        return tuple(FoldedMemory(memory_id, sources) for memory_id, sources in self.folded.items())


def _again(memory: Memory, *, after: Memory) -> Memory:
    """A memory once more, to stand again after a version that came in later but was told before it."""
    return replace(memory, id=str(uuid.uuid5(AGAIN_IDS, f"{memory.id}\n{after.id}")))


def _with_sources(memory: Memory, sources: tuple[str, ...]) -> Memory:
    return Memory(
        memory.id,
        memory.session_id,
        memory.content,
        memory.event_start,
        memory.event_end,
        memory.created_at,
        memory.categories,
        tuple(dict.fromkeys((*memory.sources, *sources))),
        memory.kind,
    )


def _marks(content: str) -> list[str]:
    """What a memory can be found by: its slot, its exact words, and its two longest words.

    Two facts one of which says all that the other says share one of those words, whichever says more.
    """
    key = slot_of(content).key
    stems = sorted(stems_of(content), key=lambda word: (-len(word), word))
    return [f"text {content}", *([f"slot {key}"] if key else ()), *(f"word {word}" for word in stems[:_MARKED_WORDS])]


_MARKED_WORDS = 6
