"""The one reader of the bus for every room that clients here are in."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog

from ...domain.channel import HOME_SERVER
from ...domain.errors import AgentSessionsError, ChannelNotFound, NotFound, SessionExpired, SessionNotFound
from ...domain.log import Created, LogEntry
from ...ports import AgentChanged, ChannelChanged, FellBehind
from ...services.following import Cursor
from .rooms import Room
from .wording import Place, Wording

if TYPE_CHECKING:
    from ...domain.session import Session
    from ...ports import Event
    from ...services import Services
    from .connections import Connection

logger = structlog.get_logger(__name__)

PAGE = 200
"""Rows read at once."""
FEW = 1_000
"""Clients told of something, or events looked at, before others get their turn."""
PAUSE = 1.0
"""Seconds before it is tried again, when something broke."""


class Relay:
    """Rooms by session. The bus is read only while there is a room, or somebody waits for one.

    A client may ask for a room before it is there: as soon as somebody makes a channel of that name, it is in it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.wording = Wording(services.agents)
        self._rooms: dict[str, Room] = {}
        self._waiting: dict[str, set[Connection]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._told = 0

    async def room_of(self, session: Session) -> Room:
        """The room of a session: the one that is there, or one to :meth:`enter`. Raises StoreUnavailable."""
        if (room := self._rooms.get(session.id)) is not None:
            return room
        return Room(await self.place_of(session), await self._now(session), self.wording)

    def enter(self, room: Room, connection: Connection, *, after: Cursor | None) -> Room:
        """Have the client in this room, or in the one that others entered meanwhile; see :meth:`Room.enter`.

        Nothing is waited for between looking for the room and being in it: a room that the last one leaves is gone.
        """
        room = self._rooms.setdefault(room.place.session_id, room)
        room.enter(connection, after=after)
        return room

    async def tell(self, room: Room) -> None:
        """Have the room told what happens from now on, and what happened since it was made. Raises StoreUnavailable."""
        await self._listen()
        await self._check(room)

    async def wait_for(self, name: str, connection: Connection) -> None:
        """Have the client in the room of this name as soon as there is one."""
        connection.asked_for.add(name)
        self._waiting.setdefault(name, set()).add(connection)
        await self._listen()

    async def catch_up(self, room: Room, connection: Connection, *, after: Cursor) -> None:
        """Tell a client that entered ``after`` what it missed, until it stands level with the room's members.

        Raises InvalidInput for a cursor beyond the log's end, StoreUnavailable.
        """
        try:
            async with aclosing(self._services.following.events(room.place.session_id, after=after)) as events:
                async for event in events:
                    if not room.is_behind(connection):
                        return
                    after = after.past(event)
                    room.tell_one(connection, event, cursor=after)
                    if room.is_level(connection) or not await connection.until_read():
                        return
        except (SessionExpired, SessionNotFound):
            pass
        room.make_member(connection)  # nothing more is to come of the session itself

    def leave(self, connection: Connection, room: Room) -> None:
        """Have the client there no more."""
        room.leave(connection)
        if not len(room) and self._rooms.get(room.place.session_id) is room:
            del self._rooms[room.place.session_id]
        self._rest()

    def stop_waiting(self, connection: Connection, name: str) -> None:
        """The client does not want this room any more."""
        connection.asked_for.discard(name)
        if (others := self._waiting.get(name)) is not None:
            others.discard(connection)
            if not others:
                del self._waiting[name]
        self._rest()

    async def close(self) -> None:
        """Stop reading."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.wait((reader,))

    # ------------------------------------------------------------------------------------------------------- reading

    async def _listen(self) -> None:
        """Return when everything that is published from now on will be heard."""
        if self._reader is None or self._reader.done():
            self._listening = asyncio.Event()
            self._reader = asyncio.create_task(self._read(self._listening), name="socket relay")
        await self._listening.wait()

    def _rest(self) -> None:
        """With nobody to tell, the bus need not be read."""
        if not self._rooms and not self._waiting and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    async def _read(self, listening: asyncio.Event) -> None:
        while True:
            try:
                async with self._services.bus.subscribe() as events:
                    listening.set()
                    for room in list(self._rooms.values()):
                        await self._check(room)
                    async for event in events:
                        await self._heard(event)
                return
            except FellBehind:
                continue
            except AgentSessionsError as problem:
                logger.warning("socket_relay_interrupted", reason=str(problem))
            except Exception:
                logger.exception("socket_relay_broke")
            await asyncio.sleep(PAUSE)

    async def _heard(self, event: Event) -> None:
        room = self._rooms.get(event.session_id)
        if room is None and self._waiting:
            room = await self._awaited(event)
        self._told += 1 if room is None else len(room)
        if self._told > FEW:
            self._told = 0
            await asyncio.sleep(0)
        if room is None:
            return
        if isinstance(event, ChannelChanged):
            room.tell_of_change(event)
        elif not isinstance(event, AgentChanged) and not room.pass_on(event):
            await self._read_log(room)
            room.pass_on(event)

    async def _awaited(self, event: Event) -> Room | None:
        """The room of a session that just began, if somebody waits for it."""
        if not isinstance(event, LogEntry) or not isinstance(event.fact, Created):
            return None
        session = await self._services.store.get(event.session_id)
        names = [name for name in (session.channel_id, session.id) if name in self._waiting]
        if not names:
            return None
        room = Room(await self.place_of(session), Cursor(event.seq), self.wording)
        for name in names:
            for connection in self._waiting.pop(name, ()):
                connection.asked_for.discard(name)
                room = self.enter(room, connection, after=None)
        return self._rooms.get(session.id)

    async def _check(self, room: Room) -> None:
        """Tell what happened unheard."""
        try:
            session = await self._services.store.get(room.place.session_id)
        except NotFound:
            return
        if session.last_seq > room.cursor.seq:
            await self._read_log(room)

    async def _read_log(self, room: Room) -> None:
        """Tell the rows that are missing."""
        while rows := await self._services.store.log(room.place.session_id, after=room.cursor.seq, limit=PAGE):
            for row in rows:
                room.pass_on(row)

    # ------------------------------------------------------------------------------------------------------- places

    async def _now(self, session: Session) -> Cursor:
        try:
            return await self._services.following.now(session.id)
        except (SessionExpired, SessionNotFound):
            return Cursor(session.last_seq)

    async def place_of(self, session: Session) -> Place:
        try:
            server_id = (await self._services.channels.get(session.channel_id)).server_id
        except ChannelNotFound:
            server_id = HOME_SERVER
        return Place(session.id, session.channel_id, server_id, session.agent_id)
