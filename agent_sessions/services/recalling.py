"""What memory adds to an agent's context: found before each reply, within a time and a size, or left out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import structlog

from ..domain.recalled import Question, Recalled, RecalledKind
from ..ports import Owner
from .backends import remembers
from .excerpts import excerpt

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import tzinfo

    from ..domain.log import Message
    from ..domain.session import Session
    from ..ports import Clock
    from .backends import Backends

logger = structlog.get_logger(__name__)

LARGEST_SHARE = 4
"""No single thing takes more than this part of the room."""
TWICE = 2
"""A message this many times as long as the memory made of it has more to tell."""


@dataclass(frozen=True, slots=True)
class RecallBudget:
    """How much of what is recalled goes into a context: so many things, so many characters of text in all, no message
    or summary less similar to what is asked. ``patience``: how long a reply waits for it at most."""

    items: int = 12
    characters: int = 4_000
    least_similarity: float = 0.25
    patience: timedelta = timedelta(milliseconds=300)


class Recalling:
    """Asks a session's backend what matters for a message. ``zone``: in whose days "yesterday" is read."""

    def __init__(
        self, backends: Backends, *, clock: Clock, budget: RecallBudget | None = None, zone: tzinfo = UTC
    ) -> None:
        self.zone = zone
        self._backends = backends
        self._clock = clock
        self._budget = budget or RecallBudget()
        self._asking: set[asyncio.Task[Sequence[Recalled]]] = set()

    async def before(
        self, session: Session, message: Message, *, seen: Sequence[Message], whole: bool
    ) -> tuple[Recalled, ...]:
        """What the user's memory holds for answering ``message``, most useful first.

        Without what can be seen already in ``seen``, which is the ``whole`` session or its end. Nothing, and a warning
        in the log, when the backend fails or takes longer than there is patience for.
        """
        backend = self._backends.of(session.agent_id)
        if not self._budget.items or not message.text.strip() or not remembers(backend):
            return ()
        asking = backend.recall(Owner(session.project, session.user_id), self._question(message, seen))
        found = await self._in_time(asyncio.create_task(asking), session)
        known = {each.id for each in (*seen, message)}
        news = [each for each in found if not _is_known(each, known, of=session.id if whole else None)]
        return _within(self._budget, news, message.text)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _question(self, message: Message, seen: Sequence[Message]) -> Question:
        # What is in the history is found too, and left out after.
        limit = 2 * self._budget.items + len(seen)
        return Question(text=message.text, now=self._clock.now(), limit=limit, zone=self.zone)

    async def _in_time(self, asking: asyncio.Task[Sequence[Recalled]], session: Session) -> Sequence[Recalled]:
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        late: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self._clock.call_at(self._clock.now() + self._budget.patience, late.cancel)
        try:
            await asyncio.wait((asking, late), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            late.cancel()
            asking.cancel()
        if not asking.done() or asking.cancelled():
            logger.warning("recall_skipped", session_id=session.id, agent_id=session.agent_id, reason="took too long")
            return ()
        if failure := asking.exception():
            logger.warning("recall_skipped", session_id=session.id, agent_id=session.agent_id, exc_info=failure)
            return ()
        return asking.result()


def _is_known(found: Recalled, known: Container[str], *, of: str | None) -> bool:
    """Whether it says nothing beyond the messages ``known``, or sums up the session ``of``, all of which is known."""
    if found.kind is RecalledKind.SUMMARY:
        return found.session_id == of
    return bool(found.sources) and all(source in known for source in found.sources)


def _within(budget: RecallBudget, found: Sequence[Recalled], asked: str) -> tuple[Recalled, ...]:
    """The first that fit the budget, each thing told once; of long messages what bears on what is asked."""
    kept: list[Recalled] = []
    left = budget.characters
    for each in _preferring_memories(found):
        if _is_far(each, budget) or any(_tells(other, each) for other in kept):
            continue
        short = replace(each, text=excerpt(each.text, asked, longest=budget.characters // LARGEST_SHARE))
        if len(short.text) <= left:
            kept.append(short)
            left -= len(short.text)
        if len(kept) == budget.items:
            break
    return tuple(kept)


def _preferring_memories(found: Sequence[Recalled]) -> list[Recalled]:
    """In the place of a message the memory made of it, where that was found too and says about as much."""
    memories = [each for each in found if each.kind is RecalledKind.MEMORY]
    return [next((memory for memory in memories if _tells(memory, each)), each) for each in found]


def _is_far(found: Recalled, budget: RecallBudget) -> bool:
    """Whether it is hardly about what was asked. Memories are short and about the user: the backend's order will do."""
    return found.kind is not RecalledKind.MEMORY and found.similarity < budget.least_similarity


def _tells(kept: Recalled, other: Recalled) -> bool:
    """Whether ``kept`` says what ``other`` says: it is the same, or one was made of the other and that is no longer."""
    if kept.id == other.id:
        return True
    shares = not set(other.sources).isdisjoint(kept.sources)
    return shares and kept.kind is not other.kind and len(other.text) < TWICE * len(kept.text)
