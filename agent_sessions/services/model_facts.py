"""What becomes of a model's answer: facts held against the conversation they are told of and what is known.

A fact that no new message of the user stands behind, or that tells a secret, is left out; one that says it bears on a
memory that was not shown is new. Ids follow from what a memory says and where it was said, so that the same answer
makes the same memories.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from ..domain.memory import ClarifyingQuestion, Memory, MemoryKind, ProcessingResult, Role
from ..recall.dates.finding import whole_day
from ..recall.extract import MEMORY_IDS
from ..recall.facts.drafting import Draft
from ..recall.judging.private import holds_secret
from ..recall.revising.comparing import Relation
from ..recall.revising.connections import connections_of
from ..recall.revising.versions import Ledger
from .model_form import LONGEST_FACT, LONGEST_SUMMARY, Bearing, day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, tzinfo

    from ..domain.memory import FoldedMemory, MergeConflict, SessionSummary, Utterance
    from ..ports import ConversationToRemember
    from .model_form import Asked, ToldConversation, ToldFact, ToldQuestion

RELATIONS = {
    Bearing.SAME: Relation.SAME,
    Bearing.ADDS: Relation.ADDS,
    Bearing.CHANGES: Relation.CHANGES,
    Bearing.CONTRADICTS: Relation.CONTRADICTS,
}
YEARS = range(1900, 2200)
"""Dates beyond are mistakes."""
LONGEST_ANSWER = 200
MOST_CATEGORIES = 3


def combined(
    conversation: ConversationToRemember, asked: Asked, *, told: ToldConversation, ruled: ProcessingResult
) -> ProcessingResult:
    """The model's facts and summary, with what the rules (``ruled``) kept of the assistant's words."""
    reading = _Reading(conversation, asked)
    for fact in told.facts:
        reading.take(fact)
    ledger = reading.ledger
    for item in ruled.created:
        if item.kind is MemoryKind.ASSISTANT:
            ledger.enter_item(item)
    made = [*ledger.created, *(version.memory for version in ledger.versions)]
    return ProcessingResult(
        conversation.session_id,
        created=tuple(ledger.created),
        versions=tuple(ledger.versions),
        folded=(*ledger.folds(), *_items_said_again(conversation, ruled)),
        conflicts=tuple(map(reading.with_question, ledger.conflicts)),
        connections=connections_of([memory for memory in made if memory.kind is MemoryKind.FACT], conversation.known),
        summary=_summary(told.summary, ruled.summary),
        skipped=tuple(sorted(reading.skipped.items())),
    )


class _Reading:
    """Takes the facts of one answer in, in order."""

    def __init__(self, conversation: ConversationToRemember, asked: Asked) -> None:
        self.ledger = Ledger(conversation.conflicts)
        self.ledger.know(conversation.known)
        self.skipped: Counter[str] = Counter()
        self._conversation = conversation
        self._asked = asked
        self._questions: dict[str, ToldQuestion] = {}

    def take(self, fact: ToldFact) -> None:
        content = " ".join(fact.content.split()).rstrip(".")
        sources = self._sources(fact)
        if reason := _reason_against(content, sources):
            self.skipped[reason] += 1
            return
        start, end, stated = self._days(fact, sources)
        memory = self._memory(content, start, end=end, sources=sources, categories=fact.categories)
        if fact.question is not None:
            self._questions[memory.id] = fact.question
        if (known := self._known(fact)) is not None:
            self.ledger.settle(memory, RELATIONS[fact.relation], [known])
        else:
            self.ledger.enter(Draft(content, start, end, stated, memory.sources, content, 0), memory)

    def with_question(self, conflict: MergeConflict) -> MergeConflict:
        """The conflict with the model's question, where that can be answered both ways."""
        question = self._questions.get(conflict.proposed.id)
        if question is None or len(conflict.conflicting) != 1:
            return conflict
        told = [" ".join(text.split()) for text in (question.text, question.as_known, question.as_told)]
        fits = all(0 < len(text) <= LONGEST_ANSWER and not holds_secret(text) for text in told)
        if not fits or told[1].casefold() == told[2].casefold():
            return conflict
        return replace(conflict, questions=(ClarifyingQuestion(told[0], (told[1], told[2])),))

    def _sources(self, fact: ToldFact) -> list[Utterance]:
        """The messages a fact was told in, in order; none unless a new one of the user is among them."""
        said = self._asked.utterances
        found = [said[number - 1] for number in sorted(set(fact.messages)) if 0 < number <= len(said)]
        done = self._conversation.done_seq
        return found if any(each.role is Role.USER and each.seq > done for each in found) else []

    def _known(self, fact: ToldFact) -> Memory | None:
        """The memory a fact bears on, if it was shown and is still current."""
        known = self._asked.known
        if fact.relation is Bearing.NEW or fact.known is None or not 0 < fact.known <= len(known):
            return None
        return self.ledger.current.get(known[fact.known - 1].id)

    def _days(self, fact: ToldFact, sources: Sequence[Utterance]) -> tuple[datetime, datetime, bool]:
        """First and last second of what a fact is about, and whether it says so; else of the day it was told."""
        zone = self._conversation.zone
        first, last = day(fact.first_day) or day(fact.last_day), day(fact.last_day) or day(fact.first_day)
        if first is None or last is None or first > last or not {first.year, last.year} <= set(YEARS):
            return *whole_day(next(each.at for each in sources if each.role is Role.USER), zone), False
        return _day(first, zone)[0], _day(last, zone)[1], True

    def _memory(
        self, content: str, start: datetime, *, end: datetime, sources: Sequence[Utterance], categories: Sequence[str]
    ) -> Memory:
        conversation = self._conversation
        name = "\n".join((conversation.session_id, MemoryKind.FACT, sources[0].id, content, start.isoformat()))
        chosen = [each for each in conversation.categories if each in categories]
        return Memory(
            id=str(uuid.uuid5(MEMORY_IDS, name)),
            session_id=conversation.session_id,
            content=content,
            event_start=start,
            event_end=end,
            created_at=conversation.created_at,
            categories=tuple(chosen[:MOST_CATEGORIES]),
            sources=tuple(each.id for each in sources),
        )


def _reason_against(content: str, sources: Sequence[Utterance]) -> str:
    """Why a fact is left out; empty when it is not."""
    if not sources:
        return "no message of the user"
    if not 3 <= len(content) <= LONGEST_FACT:
        return "length"
    return "secret" if holds_secret(content) else ""


def _day(of: date, zone: tzinfo) -> tuple[datetime, datetime]:
    return whole_day(datetime.combine(of, time(12), zone), zone)


def _items_said_again(conversation: ConversationToRemember, ruled: ProcessingResult) -> list[FoldedMemory]:
    items = {memory.id for memory in conversation.known if memory.kind is MemoryKind.ASSISTANT}
    return [fold for fold in ruled.folded if fold.memory_id in items]


def _summary(told: str, ruled: SessionSummary | None) -> SessionSummary | None:
    """The model's words, unless there are none, too many, or some that must not be kept."""
    text = " ".join(told.split())
    if ruled is None or not text or len(text) > LONGEST_SUMMARY or holds_secret(text):
        return ruled
    return replace(ruled, text=text)
