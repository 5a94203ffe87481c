"""The memory backend ``none``: keeps nothing, finds nothing. For servers and agents that shall not remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_sessions.domain.errors import ConfigError
from agent_sessions.domain.memory import ProcessingResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent_sessions.domain.recalled import Question, Recalled
    from agent_sessions.ports import ConversationToRemember, Owner


class NoMemory:
    """Takes everything and keeps nothing of it."""

    remembers = False

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        """Nothing is made of it."""
        return ProcessingResult(conversation.session_id)

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        """There is nothing to be found."""
        return ()

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """Nothing is kept."""

    async def health(self) -> None:
        """Always works."""

    async def close(self) -> None:
        """Nothing is held."""


def create(options: Mapping[str, Any]) -> NoMemory:
    """The backend. It has no options; ConfigError names any that is given."""
    if options:
        raise ConfigError(f"memory backend none: unknown option {', '.join(sorted(options))}")
    return NoMemory()
