"""A memory backend that makes memories by rule and lets a test say what happens while it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent_sessions.services.local_extraction import LocalExtractor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from agent_sessions.domain.memory import ProcessingResult
    from agent_sessions.domain.recalled import Question, Recalled
    from agent_sessions.ports import ConversationToRemember, Owner

    Meanwhile = Callable[[ConversationToRemember], Awaitable[None]]


class ScriptedBackend:
    """Notes the conversations it is ``given``. ``meanwhile`` runs after the memories are made and before they are
    handed over; each of ``troubles`` is raised once."""

    def __init__(self, *troubles: Exception, meanwhile: Meanwhile | None = None) -> None:
        self.troubles = list(troubles)
        self.meanwhile = meanwhile
        self.given: list[ConversationToRemember] = []
        self.most_at_once = 0
        self._at_once = 0

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        self.given.append(conversation)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            result = await LocalExtractor().extract(conversation)
            if self.troubles:
                raise self.troubles.pop(0)
            if self.meanwhile:
                await self.meanwhile(conversation)
            return result
        finally:
            self._at_once -= 1

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        return ()

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """Nothing is kept."""

    async def health(self) -> None:
        """Works."""

    async def close(self) -> None:
        """Nothing is held."""


async def for_ever(_conversation: ConversationToRemember) -> None:
    """Never hand them over."""
    await asyncio.Event().wait()
