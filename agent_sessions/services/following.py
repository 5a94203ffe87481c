"""Following a session: what has happened since a reader last looked, then what happens, without gap or double.

The log is the truth; the bus only says sooner what is in it. So whatever the bus may have lost, doubled or brought in
another order, a reader gets every row once and in order, and of the reply being made every piece it has not had.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..domain.errors import InvalidInput, SessionExpired, SessionNotFound
from ..domain.log import Ended, Expired, LogEntry, Message, ReplyMissing
from ..domain.session import State, ensure_known, ensure_live
from ..ports import FellBehind, ReplyChunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from datetime import timedelta

    from ..domain.session import Session
    from ..ports import Clock, EventBus, Store, Subscription

Followed: TypeAlias = LogEntry | ReplyChunk
"""What a reader is given: a row of the log, or a piece of the reply being made."""

PAGE = 200
"""Rows read at once; the next are read when the reader has taken these."""
TAG = 8
"""Characters at the end of a reply's id that tell it from the session's others in a cursor; ids begin with the time."""
FINISHED = 16
"""How many finished replies are remembered, to drop pieces of them that come late."""

_CURSOR = re.compile(r"(\d{1,18})(?:\.(\d{1,9})\.([0-9A-Za-z-]{1,8}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader stands: all rows up to ``seq``, and the first ``pieces`` of the reply whose id ends in ``reply``.

    As text ``12``, or ``12.3.1f0c5d2a``. The pieces count for that reply alone, and for nothing once it is finished.
    """

    seq: int = 0
    pieces: int = 0
    reply: str = ""

    def __str__(self) -> str:
        return f"{self.seq}.{self.pieces}.{self.reply}" if self.pieces else str(self.seq)

    @classmethod
    def parse(cls, text: str, *, field: str = "after") -> Cursor:
        """The cursor that was written so. Raises InvalidInput, which names ``field``."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise InvalidInput(field, "must be the id of an event of this session")
        seq, pieces, reply = found.groups()
        return cls(int(seq), int(pieces or 0), reply or "")

    def past(self, event: Followed) -> Cursor:
        """Where a reader stands who stood here and has this event too."""
        if isinstance(event, ReplyChunk):
            return Cursor(self.seq, event.index + 1, event.message_id[-TAG:])
        if self.pieces and not _finishes(event, self.reply):
            return Cursor(event.seq, self.pieces, self.reply)
        return Cursor(event.seq)

    def had(self, event: Followed) -> bool:
        """Whether a reader who stands here had this event."""
        if isinstance(event, ReplyChunk):
            return event.index < self._pieces_of(event)
        return event.seq <= self.seq

    def is_next(self, event: Followed) -> bool:
        """Whether nothing lies between here and this event."""
        if isinstance(event, ReplyChunk):
            return event.index == self._pieces_of(event)
        return event.seq == self.seq + 1

    def _pieces_of(self, chunk: ReplyChunk) -> int:
        return self.pieces if chunk.message_id[-TAG:] == self.reply else 0


class Following:
    """Gives readers the events of a session. ``spoken``: the pieces so far of the reply that this process is making.

    A reply that another process makes is told piece by piece where it is heard from its beginning, else when finished.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        *,
        spoken: Callable[[Session], Sequence[ReplyChunk]],
        clock: Clock,
        remember: timedelta,
    ) -> None:
        self._store = store
        self._bus = bus
        self._spoken = spoken
        self._clock = clock
        self._remember = remember

    async def check(self, session_id: str, after: Cursor | None = None) -> Session:
        """The session, if it can be followed from there.

        Raises SessionNotFound; SessionExpired, but not for a reader that says where it stood and lacks something yet;
        InvalidInput for a cursor beyond the end of the log.
        """
        session, now = await self._store.get(session_id), self._clock.now()
        if after is None:
            ensure_live(session, now, remember=self._remember)
            return session
        ensure_known(session, now, remember=self._remember)
        if after.seq > session.last_seq:
            raise InvalidInput("after", "lies beyond the end of this session's log")
        if after.seq == session.last_seq and _is_over(session):
            raise SessionExpired(session.id, session.expires_at)
        return session

    async def now(self, session_id: str) -> Cursor:
        """Where a reader stands who has everything so far. Raises SessionNotFound or SessionExpired."""
        session = await self.check(session_id)
        cursor = Cursor(session.last_seq)
        spoken = self._spoken(session)
        return cursor.past(spoken[-1]) if spoken else cursor

    async def events(self, session_id: str, *, after: Cursor | None = None) -> AsyncGenerator[Followed]:
        """Everything after the cursor (None: from the beginning), and from then on whatever happens.

        Ends with the row that closes the session (or, when replies were due then, with the last of these), or when the
        bus is closed. A reader that is slow is read for from the log. Close it (``contextlib.aclosing``) when you leave
        early. Raises as :meth:`check` does, and StoreUnavailable.
        """
        await self.check(session_id, after)
        place = _Place(after or Cursor())
        while True:
            try:
                async with self._bus.subscribe(session_id) as live:
                    async for event in self._since(session_id, place, live):
                        yield event
                return
            except FellBehind:
                continue
            except SessionNotFound:
                return  # erased while it was followed

    async def _since(self, session_id: str, place: _Place, live: Subscription) -> AsyncGenerator[Followed]:
        async for event in self._catch_up(session_id, place):
            yield event
        closed = _is_closed(await self._store.get(session_id))
        if closed and await self._has_all(session_id, place):
            return
        async for heard in live:
            if not isinstance(heard, Followed) or place.had(heard):
                continue
            if not self._may_lack(place, heard):
                place.note(heard)
                yield heard
            else:
                async for event in self._catch_up(session_id, place):
                    yield event
                if place.takes(heard):
                    yield heard
            closed = closed or (isinstance(heard, LogEntry) and isinstance(heard.fact, Expired | Ended))
            if closed and await self._has_all(session_id, place):
                return

    async def _catch_up(self, session_id: str, place: _Place) -> AsyncGenerator[Followed]:
        """The rows up to the log's end, and what was spoken by then of the reply being made after them."""
        while True:
            spoken = self._spoken(await self._store.get(session_id))
            rows = await self._store.log(session_id, after=place.cursor.seq, limit=PAGE)
            if not rows:
                break
            for row in rows:
                place.note(row)
                yield row
        for chunk in spoken:
            if not place.had(chunk):
                place.note(chunk)
                yield chunk

    def _may_lack(self, place: _Place, heard: Followed) -> bool:
        """Whether something may have happened before this event that the reader was not told of.

        Events of different processes cross on their way: where there are several, a reply that begins is no proof that
        the rows before it were heard.
        """
        return not place.cursor.is_next(heard) or (self._store.shared and place.begins(heard))

    async def _has_all(self, session_id: str, place: _Place) -> bool:
        session = await self._store.get(session_id)
        return _is_over(session) and place.cursor.seq >= session.last_seq


class _Place:
    """Where a reader stands, and which replies are over for it."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._finished: deque[str] = deque(maxlen=FINISHED)
        self._answered: deque[str] = deque(maxlen=FINISHED)

    def had(self, event: Followed) -> bool:
        """Whether the reader had this event, or it comes too late to be told."""
        return self.cursor.had(event) or (isinstance(event, ReplyChunk) and self._is_over(event))

    def takes(self, event: Followed) -> bool:
        """Note the event if it is what the reader lacks first. A reply it lacks the beginning of is over for it."""
        if self.had(event):
            return False
        if self.cursor.is_next(event):
            self.note(event)
            return True
        if isinstance(event, ReplyChunk):
            self._finished.append(event.message_id[-TAG:])
        return False

    def begins(self, event: Followed) -> bool:
        """Whether it is the first sign of a reply."""
        return isinstance(event, ReplyChunk) and event.message_id[-TAG:] != self.cursor.reply

    def note(self, event: Followed) -> None:
        """The reader has this event."""
        before, self.cursor = self.cursor, self.cursor.past(event)
        if before.reply and before.reply != self.cursor.reply:
            self._finished.append(before.reply)
        if isinstance(event, LogEntry) and isinstance(event.fact, Message | ReplyMissing) and event.fact.in_reply_to:
            self._answered.append(event.fact.in_reply_to)

    def _is_over(self, chunk: ReplyChunk) -> bool:
        return chunk.message_id[-TAG:] in self._finished or chunk.in_reply_to in self._answered


def _finishes(row: LogEntry, reply: str) -> bool:
    return isinstance(row.fact, Message) and row.fact.id[-TAG:] == reply


def _is_closed(session: Session) -> bool:
    return session.state is not State.ACTIVE


def _is_over(session: Session) -> bool:
    """Whether nothing more can be said in it."""
    return _is_closed(session) and not session.awaiting
