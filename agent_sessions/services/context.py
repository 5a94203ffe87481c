"""What an agent is given for one reply: who it is, what was said before, and what is to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.agent import Context
from ..domain.character import system_prompt
from .recent import RecentMessages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.agent import Character
    from ..domain.log import LogEntry, Message
    from ..domain.session import Session
    from ..ports import Clock, SessionStore
    from .recalling import Recalling


@dataclass(frozen=True, slots=True)
class HistoryBudget:
    """How much of what was said goes into a context: so many messages, and so many characters of text in all."""

    messages: int = 32
    characters: int = 24_000


class ContextBuilder:
    """Builds contexts. Messages that still wait for their own reply (``waiting`` at most) are no history yet.

    ``memory``: what is asked about the user before each reply; None: nothing is remembered here.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        clock: Clock,
        budget: HistoryBudget | None = None,
        waiting: int = 16,
        memory: Recalling | None = None,
    ) -> None:
        self._store = store
        self._memory = memory
        self._clock = clock
        self._budget = budget or HistoryBudget()
        self._recent = RecentMessages(store, length=self._budget.messages + waiting)

    def note(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Take in the rows that a commit added."""
        self._recent.note(session, entries)

    async def build(
        self,
        session_id: str,
        character: Character,
        message: Message,
        *,
        recalling: bool = True,
        system: str | None = None,
    ) -> Context:
        """The context in which ``message`` is to be answered.

        ``recalling``: whether memories are of any use for it. ``system``: the character's prompt, where it is at hand.
        """
        session = await self._store.get(session_id)
        recent = await self._recent.of(session)
        history = _within(self._budget, recent, without=session.awaiting)
        whole = len(recent) <= self._budget.messages and len(recent) - len(history) <= len(session.awaiting)
        memory = self._memory if recalling else None
        recalled = await memory.before(session, message, seen=history, whole=whole) if memory else ()
        return Context(
            session=session,
            character=character,
            message=message,
            history=history,
            system=system_prompt(character) if system is None else system,
            memories=tuple(each.dated(memory.zone) for each in recalled) if memory else (),
            recalled=recalled,
            now=self._clock.now(),
        )


def _within(budget: HistoryBudget, messages: Sequence[Message], *, without: Sequence[str]) -> tuple[Message, ...]:
    """The newest messages that fit the budget, oldest first."""
    if not budget.messages:
        return ()
    kept = [message for message in messages if message.id not in without][-budget.messages :]
    over = sum([len(message.text) for message in kept]) - budget.characters
    first = 0
    while over > 0:
        over -= len(kept[first].text)
        first += 1
    return tuple(kept[first:])
