"""How many sessions with an agent are open, kept from the commits, so that asking counts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.session import State

if TYPE_CHECKING:
    from ...domain.session import Session
    from ..batch import Writes


class Counters:
    """``active``: sessions not closed; ``warned``: those of them that were warned of their end."""

    def __init__(self, *, active: int = 0, warned: int = 0) -> None:
        self.active = active
        self.warned = warned

    def committed(self, writes: Writes) -> None:
        """Take a commit into account."""
        for session_id, after in writes.after.items():
            before = writes.before[session_id]
            if before is None or before.state is not after.state or before.warned_at is not after.warned_at:
                self.active += _is_active(after) - _is_active(before)
                self.warned += _is_warned(after) - _is_warned(before)

    def added(self, session: Session) -> None:
        """A session was brought in as it was elsewhere."""
        self.active += _is_active(session)
        self.warned += _is_warned(session)

    def erased(self, session: Session) -> None:
        """A session as it was written last is no more."""
        self.active -= _is_active(session)
        self.warned -= _is_warned(session)


def _is_active(session: Session | None) -> bool:
    return session is not None and session.state is State.ACTIVE and session.agent_id != ""


def _is_warned(session: Session | None) -> bool:
    return session is not None and session.warned_at is not None and _is_active(session)
