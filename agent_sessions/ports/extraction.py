"""What makes memories of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from ..domain.memory import Memory, ProcessingResult, Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedConversation:
    """A conversation to be processed, whole: ``utterances`` in order, and what is known of the user already (current
    memories, oldest first).

    ``zone``: the user's, in which days begin and end. ``conflicts``: whether contradictions are put to a human;
    otherwise they are settled at once. ``categories``: the names memories may be filed under.
    """

    session_id: str
    created_at: datetime
    utterances: Sequence[Utterance]
    known: Sequence[Memory]
    zone: tzinfo
    conflicts: bool
    categories: Sequence[str]


class Extractor(Protocol):
    """Turns a conversation into memories, new versions, conflicts and a summary."""

    async def extract(self, conversation: EndedConversation) -> ProcessingResult:
        """What the conversation adds to what is known. The same conversation gives the same result, ids included, and
        one that was processed before adds nothing but what is new in it.

        Raises ExtractionFailed; the conversation can be processed again later.
        """
