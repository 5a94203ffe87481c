"""Merge conflicts: contradictions that wait for a human, what they are about, and how answers settle them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.errors import AlreadyResolved, InvalidAnswers
from ..domain.recollection import ConflictStatus
from ..ports import Page
from ..recall.revising.conflicts import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..domain.memory import ClarifyingQuestion
    from ..domain.recollection import ConflictAnswer, KeptConflict, KeptMemory
    from ..ports import Clock, MemoryStore, Owner

SETTLED = (ConflictStatus.RESOLVED, ConflictStatus.FAILED)


@dataclass(frozen=True, slots=True)
class ToldConflict:
    """A conflict with the memories it names, by id: those in conflict and those its resolution made."""

    kept: KeptConflict
    memories: Mapping[str, KeptMemory]


class ConflictService:
    """Shows and settles merge conflicts. ``on_changed`` is told of whose memories a resolution may have changed."""

    def __init__(
        self, store: MemoryStore, *, clock: Clock, on_changed: Callable[[Owner], None] = lambda _owner: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_changed = on_changed

    async def list(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        status: ConflictStatus | None = None,
        by_resolution: bool = False,
        ascending: bool = False,
    ) -> Page[ToldConflict]:
        """Conflicts by time of creation, or of resolution; newest first unless ``ascending``. Raises UserNotFound."""
        page = await self._store.conflicts(
            owner, limit=limit, offset=offset, status=status, by_resolution=by_resolution, ascending=ascending
        )
        return Page(await self._told(owner, page.items), page.total)

    async def get(self, owner: Owner, conflict_id: str) -> ToldConflict:
        """The conflict. Raises UserNotFound, ConflictNotFound."""
        return (await self._told(owner, [await self._store.conflict(owner, conflict_id)]))[0]

    async def resolve(self, owner: Owner, conflict_id: str, answers: Sequence[ConflictAnswer]) -> ToldConflict:
        """Settle the conflict as its questions were answered.

        Raises UserNotFound, ConflictNotFound, AlreadyResolved, InvalidAnswers.
        """
        kept = await self._store.conflict(owner, conflict_id)
        if kept.status in SETTLED:
            raise AlreadyResolved(f"Merge conflict {conflict_id} is already resolved")
        check_answers(kept.conflict.questions, answers)
        resolution = resolve(kept.conflict, {given.question: given.answer for given in answers})
        settled = await self._store.resolve(owner, resolution, answers=answers, now=self._clock.now())
        self._on_changed(owner)
        return (await self._told(owner, [settled]))[0]

    async def _told(self, owner: Owner, conflicts: Sequence[KeptConflict]) -> Sequence[ToldConflict]:
        named = [each for kept in conflicts for each in _named(kept)]
        memories = await self._store.memories_by_id(owner, list(dict.fromkeys(named))) if named else {}
        return [ToldConflict(kept, memories) for kept in conflicts]


def check_answers(questions: Sequence[ClarifyingQuestion], answers: Sequence[ConflictAnswer]) -> None:
    """Raise InvalidAnswers unless each question, and nothing else, is answered once and by one of its options.

    The beginnings of the messages are what clients of the memory wire tell the reasons by; the texts that are repeated
    come after them.
    """
    options = {question.question: question.options for question in questions}
    if strange := [given.question for given in answers if given.question not in options]:
        raise InvalidAnswers(f"Invalid questions provided: {_quoted(strange)}")
    given = {answer.question: answer.answer for answer in answers}
    if missing := [question for question in options if question not in given]:
        raise InvalidAnswers(f"Missing answers for the following questions: {_quoted(missing)}")
    if len(given) < len(answers):
        raise InvalidAnswers("Each question can be answered once only")
    for question, answer in given.items():
        if answer not in options[question]:
            raise InvalidAnswers(
                f"Invalid answer {_quoted([answer])} for question {_quoted([question])}; "
                f"it must be one of {_quoted(options[question])}"
            )


TOLD_BY = ("already resolved", "Invalid questions provided", "Missing answers for the following questions")
"""What clients look for in a message, in this order; no text that we repeat may hold it."""


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join("…" if any(mark in text for mark in TOLD_BY) else f"'{text[:200]}'" for text in texts)


def _named(kept: KeptConflict) -> list[str]:
    return [*(each.memory_id for each in kept.conflict.conflicting), *kept.new_memories]
