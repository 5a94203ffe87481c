"""What is asked of memory, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from .memory import Role


class RecalledKind(StrEnum):
    """What was found: words as they were said, a memory made of them, or a session's summary."""

    MESSAGE = "message"
    MEMORY = "memory"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look for. ``zone`` is the user's, in which days begin and end. ``limit``: the most that may come back."""

    text: str
    now: datetime
    limit: int
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One thing found about a user, with where it comes from.

    ``id``: of the memory, the message or (of a summary) the session. ``start`` and ``end``: what time it is about; of a
    message both are when it was said. ``sources``: ids of the messages behind it. ``similarity`` (0 to 1) can be held
    against a threshold. ``role``: who said it, None where nobody did. ``why``: one line for people, None unless kept.
    """

    id: str
    kind: RecalledKind
    text: str
    session_id: str
    start: datetime
    end: datetime
    score: float
    similarity: float
    sources: tuple[str, ...] = ()
    role: Role | None = None
    why: str | None = None

    def dated(self, zone: tzinfo = UTC) -> str:
        """The text with its day, and who said it, in front; for prompts and people."""
        said_by = f"{self.role.value.capitalize()} said: " if self.role else ""
        return f"[{self.start.astimezone(zone):%Y-%m-%d}] {said_by}{self.text}"
