"""How many sessions with an agent are open, kept from the commits, so that asking counts nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...domain.session import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...domain.session import Session
    from ..batch import Writes


class Counters:
    """``active``: sessions not closed; ``warned``: those of them that were warned of their end.

    ``active_of``: sessions not closed by the id of their agent.
    """

    def __init__(self, *, active_of: Mapping[str, int], warned: int = 0) -> None:
        self.active_of = Counter(active_of)
        self.active = self.active_of.total()
        self.warned = warned

    def of(self, agent_id: str | None) -> int:
        """How many sessions are not closed, of this agent where one is named."""
        return self.active if agent_id is None else self.active_of[agent_id]

    def committed(self, writes: Writes) -> None:
        """Take a commit into account."""
        for session_id, after in writes.after.items():
            before = writes.before[session_id]
            if before is None or before.state is not after.state or before.warned_at is not after.warned_at:
                self._add(before, -1)
                self._add(after, 1)

    def added(self, session: Session) -> None:
        """A session was brought in as it was elsewhere."""
        self._add(session, 1)

    def erased(self, session: Session) -> None:
        """A session as it was written last is no more."""
        self._add(session, -1)

    def _add(self, session: Session | None, count: int) -> None:
        if session is None or not _is_active(session):
            return
        self.active += count
        self.active_of[session.agent_id] += count
        if session.warned_at is not None:
            self.warned += count


def _is_active(session: Session) -> bool:
    return session.state is State.ACTIVE and session.agent_id != ""
