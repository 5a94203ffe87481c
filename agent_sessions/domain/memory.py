"""What a user said, and what is known of them: the plain records that the recall engine reads and makes.

Knows nothing of storage, of HTTP, or of how memories are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Role(StrEnum):
    """Who speaks in a conversation, as seen from the agent."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a conversation, as recall sees it.

    ``id`` is unique per user; ``seq`` orders within ``session_id``; ``at`` is aware UTC; ``speaker`` is the name of who
    spoke where one is known (group chats, imported chats), else None.
    """

    id: str
    session_id: str
    seq: int
    at: datetime
    role: Role
    text: str
    speaker: str | None = None
