"""A room: the clients here that are told of one session, each event written once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.log import LogEntry, Message
from .packets import Parcel
from .wording import Spoken, changed, is_private

if TYPE_CHECKING:
    from ...ports import ChannelChanged, ReplyChunk
    from ...services.following import Cursor, Followed
    from .connections import Connection
    from .wording import Place, Worded, Wording

BROADCAST = "messageBroadcast"


class Room:
    """Clients who hear of a session. ``cursor``: what all its members have.

    A client that asks for what it missed is no member while it catches up; it becomes one where it stands level.
    """

    def __init__(self, place: Place, cursor: Cursor, wording: Wording) -> None:
        self.place = place
        self.cursor = cursor
        self._wording = wording
        self._spoken: Spoken | None = None
        self._members: dict[Connection, bool] = {}
        self._behind: dict[Connection, Cursor] = {}

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._members or connection in self._behind

    def __len__(self) -> int:
        return len(self._members) + len(self._behind)

    def enter(self, connection: Connection, *, after: Cursor | None) -> None:
        """Have this client in the room: from now on, or first behind, at ``after``, unless it is level already."""
        self.leave(connection)
        connection.rooms.add(self)
        if after is None:
            self._members[connection] = False
        else:
            self._behind[connection] = after
            self.is_level(connection)

    def leave(self, connection: Connection) -> None:
        """Have it in the room no more."""
        connection.rooms.discard(self)
        self._members.pop(connection, None)
        self._behind.pop(connection, None)

    def pass_on(self, event: Followed) -> bool:
        """Tell the members, unless they have it. False: something is missing before it."""
        if self.cursor.had(event):
            return True
        if not self.cursor.is_next(event):
            return False
        self.cursor = self.cursor.past(event)
        self._tell_members(event)
        for connection in tuple(self._behind):
            self.is_level(connection)
        return True

    def tell_of_change(self, change: ChannelChanged) -> None:
        """The channel itself was changed."""
        if (worded := changed(change, self.place)) is not None:
            parcel = Parcel(*worded)
            for connection in (*self._members, *self._behind):
                connection.take(parcel)

    def tell_one(self, connection: Connection, event: Followed, *, cursor: Cursor) -> None:
        """Tell a client that catches up, which then has everything up to ``cursor``."""
        for worded in self._worded(event, cursor):
            self._give(connection, event, worded, Parcel(*worded))
        self._behind[connection] = cursor

    def is_level(self, connection: Connection) -> bool:
        """Whether it has what the members have; if so, it is one of them from now on, and is told everything."""
        if self._behind.get(connection) == self.cursor:
            self.make_member(connection)
        return connection in self._members

    def cursor_of(self, connection: Connection) -> Cursor:
        """What this client has been sent."""
        return self._behind.get(connection, self.cursor)

    def is_behind(self, connection: Connection) -> bool:
        """Whether it is here and has not yet what the members have."""
        return connection in self._behind

    def make_member(self, connection: Connection) -> None:
        """Count one that was behind as level."""
        if self._behind.pop(connection, None) is not None:
            self._members[connection] = True

    def _tell_members(self, event: Followed) -> None:
        private = isinstance(event, LogEntry) and is_private(event)
        for worded in self._worded(event, self.cursor):
            parcel = Parcel(*worded)
            hidden = private and worded[0] == BROADCAST
            for connection, everything in self._members.items():
                if everything or not hidden:
                    self._give(connection, event, worded, parcel)
        self._note(event)

    def _give(self, connection: Connection, event: Followed, worded: Worded, parcel: Parcel) -> None:
        """The event, or to whoever sent the message the copy that is its own."""
        if connection.expected and isinstance(event, LogEntry) and isinstance(event.fact, Message):
            name, payload = worded
            if name == BROADCAST and connection.confirm(event.fact.id, payload):
                return
        connection.take(parcel)

    def _worded(self, event: Followed, cursor: Cursor) -> list[Worded]:
        if isinstance(event, LogEntry):
            return list(self._wording.of_row(event, self.place, cursor=cursor, spoken=self._spoken))
        return [self._wording.of_chunk(event, self.place, cursor=cursor)]

    def _note(self, event: Followed) -> None:
        """Remember what was heard of a reply, for the case that it breaks off."""
        if isinstance(event, LogEntry):
            if getattr(event.fact, "in_reply_to", None) is not None:
                self._spoken = None
        else:
            self._spoken = _heard(self._spoken, event)


def _heard(before: Spoken | None, chunk: ReplyChunk) -> Spoken:
    if before is None or before.message_id != chunk.message_id:
        return Spoken(chunk.message_id, chunk.agent_id, chunk.text)
    return Spoken(chunk.message_id, chunk.agent_id, before.text + chunk.text)
