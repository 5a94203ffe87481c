"""Memories made by rule, off the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..recall.extract import ExtractionOptions, process_conversation

if TYPE_CHECKING:
    from ..domain.memory import ProcessingResult
    from ..ports import ConversationToRemember


class LocalExtractor:
    """Implements :class:`~agent_sessions.ports.Extractor` without a model."""

    async def extract(self, conversation: ConversationToRemember) -> ProcessingResult:
        """What the conversation adds to what is known; deterministic."""
        return await asyncio.to_thread(_processed, conversation)


def _processed(conversation: ConversationToRemember) -> ProcessingResult:
    options = ExtractionOptions(
        zone=conversation.zone,
        categories=tuple(conversation.categories),
        merge_conflicts=conversation.conflicts,
    )
    return process_conversation(
        conversation.utterances,
        session_id=conversation.session_id,
        created_at=conversation.created_at,
        known=conversation.known,
        options=options,
        done_seq=conversation.done_seq,
    )
