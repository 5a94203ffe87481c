"""The sessions used last, as objects, so that reading one costs no thread and no SQL."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...domain.session import Session


class SessionCache:
    """At most ``capacity`` sessions; the one unused for longest leaves first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._reading: dict[str, object] = {}
        self._inherited: set[str] = set()

    def get(self, session_id: str) -> Session | None:
        """The session, if it is here."""
        session = self._sessions.get(session_id)
        if session is not None:
            self._sessions.move_to_end(session_id)
        return session

    def is_inherited(self, session_id: str) -> bool:
        """Whether it is here as an earlier process left it, and not written since."""
        return session_id in self._inherited

    def put(self, session: Session) -> None:
        """Keep what was written or told just now. What readers of the database still carry here is older."""
        self._reading.pop(session.id, None)
        self._inherited.discard(session.id)
        self._keep(session)

    def remove(self, session_id: str) -> None:
        """Forget it. What readers of the database still carry here is older."""
        self._reading.pop(session_id, None)
        self._inherited.discard(session_id)
        self._sessions.pop(session_id, None)

    def begin_read(self, session_id: str) -> object:
        """Say that this session is about to be read from the database; hand what is returned to :meth:`end_read`."""
        ticket = self._reading[session_id] = object()
        return ticket

    def end_read(self, ticket: object, session_id: str, session: Session | None, *, inherited: bool = False) -> None:
        """Keep what was read, unless the session was written meanwhile. ``inherited``: see :meth:`is_inherited`."""
        if self._reading.get(session_id) is ticket:
            del self._reading[session_id]
            if session is not None:
                self._keep(session)
                if inherited:
                    self._inherited.add(session_id)

    def _keep(self, session: Session) -> None:
        self._sessions[session.id] = session
        self._sessions.move_to_end(session.id)
        if len(self._sessions) > self._capacity:
            evicted, _ = self._sessions.popitem(last=False)
            self._inherited.discard(evicted)
