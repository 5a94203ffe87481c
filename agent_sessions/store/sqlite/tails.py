"""The newest messages of sessions in use, as objects, so that showing a conversation costs no thread and no SQL."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from ...domain.log import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ...domain.log import LogEntry

KEPT = 100
"""Messages of a session that are kept at least; up to twice as many before the oldest half is dropped."""

BUDGET = 64 * 2**20
"""Characters of all that is kept, roughly."""

OVERHEAD = 600
"""What a message weighs beyond its texts."""

_at = attrgetter("at")


@dataclass(slots=True)
class Tail:
    """The newest messages of a session without a gap; ``complete``: there are no others."""

    entries: list[LogEntry]
    complete: bool
    weight: int = field(init=False)

    def __post_init__(self) -> None:
        self.weight = sum(map(_weight, self.entries))

    def add(self, entry: LogEntry) -> None:
        """A message was written; one that was read already is known by its number."""
        if self.entries and entry.seq <= self.entries[-1].seq:
            return
        self.entries.append(entry)
        self.weight += _weight(entry)
        if len(self.entries) > 2 * KEPT:
            self.weight -= sum(map(_weight, self.entries[:-KEPT]))
            del self.entries[:-KEPT]
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


class MessageTails:
    """Tails of at most ``capacity`` sessions and :data:`BUDGET` characters; the ones unused for longest leave first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._weight = 0
        self._tails: OrderedDict[str, Tail] = OrderedDict()
        self._reading: dict[str, object] = {}

    def between(
        self, session_id: str, *, after: datetime | None, before: datetime | None, limit: int
    ) -> list[LogEntry] | None:
        """The messages, if what is kept here is enough to tell them."""
        tail = self._tails.get(session_id)
        if tail is None:
            return None
        self._tails.move_to_end(session_id)
        return tail.between(after, before, limit)

    def begin_read(self, session_id: str) -> object:
        """Say that the newest messages are about to be read; hand what is returned to :meth:`end_read`."""
        ticket = self._reading[session_id] = object()
        return ticket

    def end_read(self, ticket: object, session_id: str, tail: Tail | None) -> None:
        """Keep what was read, unless a message was written meanwhile."""
        if self._reading.get(session_id) is ticket:
            del self._reading[session_id]
            if tail is not None:
                self._keep(session_id, tail)

    def committed(self, session_id: str, entries: Sequence[LogEntry], *, is_new: bool) -> None:
        """Rows were written; those of a new session are all there is."""
        messages = [entry for entry in entries if isinstance(entry.fact, Message)]
        if is_new:
            self._keep(session_id, Tail(messages, complete=True))
        elif messages:
            self._reading.pop(session_id, None)
            if (tail := self._tails.get(session_id)) is not None:
                before = tail.weight
                for entry in messages:
                    tail.add(entry)
                self._weight += tail.weight - before
                self._shrink()

    def remove(self, session_id: str) -> None:
        """Forget what was said in a session."""
        self._reading.pop(session_id, None)
        if (tail := self._tails.pop(session_id, None)) is not None:
            self._weight -= tail.weight

    def _keep(self, session_id: str, tail: Tail) -> None:
        if (old := self._tails.pop(session_id, None)) is not None:
            self._weight -= old.weight
        self._tails[session_id] = tail
        self._weight += tail.weight
        self._shrink()

    def _shrink(self) -> None:
        while self._tails and (len(self._tails) > self._capacity or self._weight > BUDGET):
            _, tail = self._tails.popitem(last=False)
            self._weight -= tail.weight


def _weight(entry: LogEntry) -> int:
    """Roughly how many characters an entry takes."""
    message = entry.fact
    assert isinstance(message, Message)
    weight = OVERHEAD + len(message.text)
    for part in (message.thought, message.attachments, message.metadata, message.extra):
        if part:
            weight += len(repr(part))
    return weight
