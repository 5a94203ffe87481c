"""The newest messages of sessions in use, as objects, so that contexts and pages of history cost no SQL.

Fed by the commits of this process. Where other processes write to the same database too, what is kept is used only for
a session whose newest row, as just read, is the newest one known here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from ..domain.log import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..ports import Store

KEPT = 128
"""Messages of a session that are kept at least, more than the largest page holds; up to twice as many before the oldest
are dropped."""

BUDGET = 64 * 2**20
"""Characters of all that is kept, roughly."""

SESSIONS = 100_000
"""How many sessions that are talked in have their messages kept."""

OVERHEAD = 600
"""What a message, or the tail of a session, weighs beyond its texts."""

FIRST_SAID = 2
"""The first row of a log that can hold a message: row 1 tells that the session began."""

_at = attrgetter("at")


@dataclass(slots=True)
class _Tail:
    """The newest messages of a session without a gap, as they are up to row ``seq``, which was written at ``at``.

    ``complete``: there are no others. ``characters``: of all texts together.
    """

    seq: int
    at: datetime
    complete: bool
    entries: list[LogEntry] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    characters: int = 0
    weight: int = OVERHEAD

    def add(self, entry: LogEntry, message: Message, *, kept: int) -> None:
        """A message was written after those that are here."""
        self.entries.append(entry)
        self.messages.append(message)
        self.characters += len(message.text)
        self.weight += _weight(message)
        if len(self.entries) > 2 * kept:
            self._drop(len(self.entries) - kept)

    def _drop(self, oldest: int) -> None:
        """Let go of so many."""
        for message in self.messages[:oldest]:
            self.characters -= len(message.text)
            self.weight -= _weight(message)
        del self.entries[:oldest]
        del self.messages[:oldest]
        self.complete = False

    def between(self, after: datetime | None, before: datetime | None, limit: int) -> list[LogEntry] | None:
        """The messages between two instants, as :meth:`SessionStore.messages` wants them. None: older ones matter."""
        entries = self.entries
        start = 0 if after is None else bisect_right(entries, after, key=_at)
        stop = len(entries) if before is None else bisect_left(entries, before, key=_at)
        reaches_back = self.complete or start > 0
        if before is None and after is not None:
            return entries[start : start + limit] if reaches_back else None
        if not reaches_back and stop - start < limit:
            return None
        return entries[max(start, stop - limit) : max(start, stop)]


class Said(NamedTuple):
    """Messages, oldest first, and the most characters that their texts have together."""

    messages: list[Message]
    characters: int


class RecentMessages:
    """The newest messages (``kept`` of each at least) of at most ``sessions`` sessions and ``characters`` characters.

    Those that nobody asked for longest leave first. A session takes no room before somebody speaks in it.
    """

    def __init__(self, store: Store, *, kept: int = KEPT, sessions: int = SESSIONS, characters: int = BUDGET) -> None:
        self._store = store
        self._shared = store.shared
        self._kept = kept
        self._sessions = sessions
        self._characters = characters
        self._weight = 0
        self._tails: OrderedDict[str, _Tail] = OrderedDict()
        self._reading: dict[str, object] = {}
        store.on_commit(self._committed)
        store.on_rewrite(self._forget)

    async def messages(
        self, session: Session, *, before: datetime | None = None, after: datetime | None = None, limit: int
    ) -> Sequence[LogEntry]:
        """Message rows with ``after < at < before``, oldest first, as :meth:`SessionStore.messages` gives them.

        ``session``: as the store just gave it; what was committed before that is seen. Raises SessionNotFound and
        StoreUnavailable where the store must be asked.
        """
        if session.last_seq < FIRST_SAID:
            return ()
        if (tail := self._tail(session)) is not None:
            known = tail.between(after, before, limit)
            if known is not None:
                return known
        if before is None and after is None:
            return await self._read(session, limit)
        return await self._store.messages(session.id, before=before, after=after, limit=limit)

    async def said(self, session: Session, *, limit: int) -> Said:
        """The newest messages themselves, ``limit`` at most, in a list for the caller to keep. Raises as above."""
        tail = self._tail(session)
        if tail is not None and (tail.complete or len(tail.messages) >= limit):
            return Said(tail.messages[max(0, len(tail.messages) - limit) :], tail.characters)
        found = await self.messages(session, limit=limit)
        messages = [entry.fact for entry in found if isinstance(entry.fact, Message)]
        return Said(messages, sum(len(message.text) for message in messages))

    def _tail(self, session: Session) -> _Tail | None:
        """What is kept of the session, if it is what the session is now.

        Without other processes it always is. With them the number of the newest row must be the same, and its time too:
        the log may have been erased, and brought in again as it was earlier.
        """
        tail = self._tails.get(session.id)
        if tail is None or (self._shared and (tail.seq != session.last_seq or tail.at != session.last_at)):
            return None
        self._tails.move_to_end(session.id)
        return tail

    async def _read(self, session: Session, limit: int) -> Sequence[LogEntry]:
        """The newest messages, kept for the next time unless the log changes meanwhile."""
        ticket = self._reading[session.id] = object()
        count = max(limit, self._kept)
        try:
            found = await self._store.messages(session.id, limit=count)
        finally:
            undisturbed = self._reading.get(session.id) is ticket
            if undisturbed:
                del self._reading[session.id]
        if undisturbed:
            tail = _Tail(*_newest(session, found), complete=len(found) < count)
            self._keep(session.id, tail, found)
        return found[max(0, len(found) - limit) :]

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Rows were written. Runs for every commit."""
        if not entries:
            return
        session_id = session.id
        if self._reading:
            self._reading.pop(session_id, None)
        tail, first = self._tails.get(session_id), entries[0].seq
        if tail is None:
            if first <= FIRST_SAID:
                self._begin(session_id, entries)
        elif first == tail.seq + 1 or (first <= tail.seq and not self._shared):
            self._add(tail, entries)
        else:
            self._forget(session_id)  # another process wrote to it

    def _begin(self, session_id: str, entries: Sequence[LogEntry]) -> None:
        """Keep the messages of a log in which nobody spoke before these rows; nothing where nobody does now."""
        if any(isinstance(entry.fact, Message) for entry in entries):
            tail = _Tail(entries[-1].seq, entries[-1].at, complete=True)
            self._keep(session_id, tail, entries)

    def _add(self, tail: _Tail, entries: Sequence[LogEntry]) -> None:
        """Take in rows that go on where the tail ends; some may be known, read or told before their commit was."""
        before, known = tail.weight, tail.seq
        for entry in entries:
            if entry.seq > known:
                tail.seq, tail.at = entry.seq, entry.at
                if isinstance(entry.fact, Message):
                    tail.add(entry, entry.fact, kept=self._kept)
        if tail.weight != before:
            self._weight += tail.weight - before
            self._shrink()

    def _keep(self, session_id: str, tail: _Tail, entries: Sequence[LogEntry]) -> None:
        """Keep a tail with the messages among these rows."""
        self._forget(session_id)
        for entry in entries:
            if isinstance(entry.fact, Message):
                tail.add(entry, entry.fact, kept=self._kept)
        self._tails[session_id] = tail
        self._weight += tail.weight
        self._shrink()

    def _forget(self, session_id: str) -> None:
        """Let go of what was said in a session: messages were taken out of its log, or it is another log now."""
        self._reading.pop(session_id, None)
        if (tail := self._tails.pop(session_id, None)) is not None:
            self._weight -= tail.weight

    def _shrink(self) -> None:
        while self._tails and (self._weight > self._characters or len(self._tails) > self._sessions):
            _, tail = self._tails.popitem(last=False)
            self._weight -= tail.weight


def _newest(session: Session, found: Sequence[LogEntry]) -> tuple[int, datetime]:
    """Number and time of the newest row that the session or its messages, read after it, tell of."""
    if found and found[-1].seq > session.last_seq:
        return found[-1].seq, found[-1].at
    return session.last_seq, session.last_at


def _weight(message: Message) -> int:
    """Roughly how many characters a message takes."""
    weight = OVERHEAD + len(message.text) + len(message.thought or "")
    for part in (message.metadata, message.attachments, message.extra):
        if part:
            weight += len(repr(part))
    return weight
