"""What an agent is given for one reply: who it is, what was said before, and what is to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.agent import Context
from ..domain.character import system_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.agent import Character
    from ..domain.log import Message
    from ..ports import Clock, SessionStore
    from .recalling import Recalling
    from .recent import RecentMessages


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
        recent: RecentMessages,
        *,
        clock: Clock,
        budget: HistoryBudget | None = None,
        waiting: int = 16,
        memory: Recalling | None = None,
    ) -> None:
        self._store = store
        self._recent = recent
        self._memory = memory
        self._clock = clock
        self._budget = budget or HistoryBudget()
        self._most = self._budget.messages + waiting

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
        said, characters = await self._recent.said(session, limit=self._most)
        history = _within(self._budget, said, without=session.awaiting, characters=characters)
        whole = len(said) <= self._budget.messages and len(said) - len(history) <= len(session.awaiting)
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


def _within(
    budget: HistoryBudget, messages: Sequence[Message], *, without: Sequence[str], characters: int
) -> tuple[Message, ...]:
    """The newest messages that fit the budget, oldest first. ``characters``: how many they have, at most."""
    if not budget.messages:
        return ()
    kept = _without(messages, without)[-budget.messages :]
    first, over = 0, characters - budget.characters
    if over > 0:
        over = sum(len(message.text) for message in kept) - budget.characters
    while over > 0:
        over -= len(kept[first].text)
        first += 1
    return tuple(kept[first:])


def _without(messages: Sequence[Message], waiting: Sequence[str]) -> list[Message]:
    """The messages but those that wait, which are looked for from the end: they are among the last that were said."""
    kept, left, place = list(messages), len(waiting), len(messages)
    while left and place:
        place -= 1
        if kept[place].id in waiting:
            del kept[place]
            left -= 1
    return kept
