"""The newest messages of the sessions that are being talked in, kept at hand so that no reply need read them again."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.log import Erased, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..ports import SessionStore


@dataclass(slots=True)
class _Tail:
    """The newest messages up to row ``seq``."""

    seq: int
    messages: deque[Message]


class RecentMessages:
    """The last ``length`` messages of a session, for at most ``sessions`` sessions at a time.

    Fed by the commits of this process. A gap in the numbers tells that another process wrote in between; then the log
    is read again.
    """

    def __init__(self, store: SessionStore, *, length: int, sessions: int = 2_000) -> None:
        self._store = store
        self._length = length
        self._sessions = sessions
        self._tails: OrderedDict[str, _Tail] = OrderedDict()

    def note(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Take in the rows that a commit added."""
        if not entries:
            return
        tail = self._tails.get(session.id)
        if tail is None:
            if entries[0].seq != 1:
                return
            tail = self._keep(session.id, _Tail(0, deque(maxlen=self._length)))
        if entries[0].seq != tail.seq + 1 or any(isinstance(entry.fact, Erased) for entry in entries):
            del self._tails[session.id]
            return
        tail.seq = entries[-1].seq
        tail.messages.extend(entry.fact for entry in entries if isinstance(entry.fact, Message))

    async def of(self, session: Session) -> tuple[Message, ...]:
        """The newest messages of the session as it is, oldest first."""
        tail = self._tails.get(session.id)
        if tail is None or tail.seq < session.last_seq:
            tail = await self._read(session)
        else:
            self._tails.move_to_end(session.id)
        return tuple(tail.messages)

    async def _read(self, session: Session) -> _Tail:
        entries = await self._store.messages(session.id, limit=self._length)
        messages = (entry.fact for entry in entries if isinstance(entry.fact, Message))
        seq = max(session.last_seq, entries[-1].seq if entries else 0)
        return self._keep(session.id, _Tail(seq, deque(messages, maxlen=self._length)))

    def _keep(self, session_id: str, tail: _Tail) -> _Tail:
        self._tails[session_id] = tail
        if len(self._tails) > self._sessions:
            self._tails.popitem(last=False)
        return tail
