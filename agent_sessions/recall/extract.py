"""Turns one ended conversation into memories, versions, conflicts, connections and a summary, with no model.

Pure computation: the same conversation, known memories and options give the same result, byte for byte.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Memory, MemoryKind, ProcessingResult, Role, Utterance
from agent_sessions.recall.dates.finding import whole_day
from agent_sessions.recall.facts.assistant_items import items_of
from agent_sessions.recall.facts.categories import DEFAULT_CATEGORIES, categories_of
from agent_sessions.recall.facts.drafting import Draft, drafts_of
from agent_sessions.recall.revising.connections import connections_of
from agent_sessions.recall.revising.versions import Ledger
from agent_sessions.recall.summarise import summary_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

MEMORY_IDS = uuid.UUID("0f4f7a53-5f5c-5c3e-8a3c-6a1d3d0f8b7e")


@dataclass(frozen=True, slots=True)
class ExtractionOptions:
    """What a project or user has set. ``zone``: where the user lives; days are whole days there."""

    zone: tzinfo = UTC
    categories: tuple[str, ...] = DEFAULT_CATEGORIES
    merge_conflicts: bool = False
    """Whether contradictions are put to a human; when not, what was said last wins as a new version."""
    keep_assistant: bool = True
    """Whether what the assistant said is kept as items of its own."""


@dataclass(frozen=True, slots=True)
class _Session:
    id: str
    created_at: datetime
    options: ExtractionOptions

    def fact(self, draft: Draft) -> Memory:
        return self._memory(draft.content, draft.start, end=draft.end, sources=draft.sources, kind=MemoryKind.FACT)

    def item(self, content: str, utterance: Utterance) -> Memory:
        start, end = whole_day(utterance.at, self.options.zone)
        return self._memory(content, start, end=end, sources=(utterance.id,), kind=MemoryKind.ASSISTANT)

    def _memory(
        self, content: str, start: datetime, *, end: datetime, sources: tuple[str, ...], kind: MemoryKind
    ) -> Memory:
        name = "\n".join((self.id, kind, sources[0], content, start.isoformat()))
        categories = categories_of(content, self.options.categories)
        identifier = str(uuid.uuid5(MEMORY_IDS, name))
        return Memory(identifier, self.id, content, start, end, self.created_at, categories, sources, kind)


def process_conversation(
    utterances: Sequence[Utterance],
    *,
    session_id: str,
    created_at: datetime,
    known: Sequence[Memory] = (),
    options: ExtractionOptions | None = None,
    done_seq: int | None = None,
) -> ProcessingResult:
    """Everything that processing a conversation changes.

    ``utterances`` are those of one session in the order of its log; ``created_at`` is when that session was made, and
    becomes that of its memories. ``known`` are the user's current memories, of which those that share no word with the
    conversation may be left out. Utterances up to row ``done_seq`` were processed before: they explain the later ones
    and are summarised with them, but become memories no more; None: nothing was.
    """
    session = _Session(session_id, created_at, options or ExtractionOptions())
    drafts, skipped = drafts_of(utterances, zone=session.options.zone, known=[memory.content for memory in known])
    ledger = Ledger(session.options.merge_conflicts)
    ledger.know(known)
    done = set() if done_seq is None else {utterance.id for utterance in utterances if utterance.seq <= done_seq}
    facts = [session.fact(draft) for draft in drafts]
    for draft, memory in zip(drafts, facts, strict=True):
        if not done.issuperset(draft.sources):
            ledger.enter(draft, memory)
    items = _items(utterances, session, skipped=skipped) if session.options.keep_assistant else []
    for item in items:
        if not done.issuperset(item.sources):
            ledger.enter_item(item)
    made = [*ledger.created, *(version.memory for version in ledger.versions)]
    return ProcessingResult(
        session_id,
        created=tuple(ledger.created),
        versions=tuple(ledger.versions),
        folded=ledger.folds(),
        conflicts=tuple(ledger.conflicts),
        connections=connections_of([memory for memory in made if memory.kind is MemoryKind.FACT], known),
        summary=summary_of(utterances, facts=facts, items=items, zone=session.options.zone),
        skipped=tuple(sorted(skipped.items())),
    )


def _items(utterances: Sequence[Utterance], session: _Session, *, skipped: Counter[str]) -> list[Memory]:
    """What the assistant said that is worth keeping, in order."""
    found: dict[str, Memory] = {}
    asked: str | None = None
    for utterance in utterances:
        if utterance.role is Role.USER:
            asked = utterance.text
            continue
        items = items_of(utterance.text, asked=asked)
        skipped["assistant talk"] += not items
        for item in items:
            found.setdefault(item.content, session.item(item.content, utterance))
        asked = None
    return list(found.values())
