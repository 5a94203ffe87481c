"""What happened in all sessions together, counted since the start of this process."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..domain.log import Author, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import Fact, LogEntry
    from ..domain.session import Session


class Activity:
    """Counts the rows that this process wrote, by what they say. Told of each commit by the store."""

    def __init__(self) -> None:
        self._facts: Counter[type[Fact]] = Counter()
        self._replies = 0

    def __call__(self, _session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._facts[type(entry.fact)] += 1
            if isinstance(entry.fact, Message) and entry.fact.author is Author.AGENT:
                self._replies += 1

    @property
    def rows(self) -> int:
        """All rows."""
        return self._facts.total()

    @property
    def replies(self) -> int:
        """Messages of agents."""
        return self._replies

    @property
    def said(self) -> int:
        """Messages of users."""
        return self._facts[Message] - self._replies

    def of(self, fact: type[Fact]) -> int:
        """Rows of this kind."""
        return self._facts[fact]
