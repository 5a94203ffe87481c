"""The near future of many sessions: which falls due next.

Knows nothing of stores or of what happens at a deadline. A session has one entry: the earliest deadline told for it.
A later one does not move it (that would cost a search); whoever takes the entry looks at the session and puts it back.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Upcoming:
    """Sessions in the order of the earliest deadline told for each."""

    __slots__ = ("_earliest", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._earliest: dict[str, datetime] = {}

    def __len__(self) -> int:
        """How many sessions wait."""
        return len(self._earliest)

    def put(self, session_id: str, deadline: datetime) -> None:
        """Remember a deadline, unless the session waits for as early or an earlier one already."""
        waiting = self._earliest.get(session_id)
        if waiting is None or deadline < waiting:
            self._earliest[session_id] = deadline
            heappush(self._heap, (deadline, session_id))

    def next(self) -> datetime | None:
        """The earliest deadline that is waited for, None when there is none."""
        while self._heap:
            deadline, session_id = self._heap[0]
            if self._earliest.get(session_id) == deadline:
                return deadline
            heappop(self._heap)  # an earlier deadline was put in its place, and has been taken
        return None

    def take(self, now: datetime) -> str | None:
        """Remove and return the session that fell due first, None when none is due."""
        deadline = self.next()
        if deadline is None or deadline > now:
            return None
        _, session_id = heappop(self._heap)
        del self._earliest[session_id]
        return session_id

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._earliest.clear()
