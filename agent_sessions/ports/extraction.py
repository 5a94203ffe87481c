"""What makes memories of a conversation for the local backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..domain.memory import ProcessingResult
    from .backend import ConversationToRemember


class Extractor(Protocol):
    """Turns a conversation into memories, new versions, conflicts and a summary."""

    async def extract(self, conversation: ConversationToRemember) -> ProcessingResult:
        """What the conversation adds to what is known, ids included. Raises ExtractionFailed."""
