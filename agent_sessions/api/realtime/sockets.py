"""Socket.IO as clients of elizaOS speak it: who comes in, and what becomes of each event they send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from aiohttp import web

from ...domain.errors import ChannelNotFound
from ...domain.session import State
from ..eliza.errors import refusal
from ..eliza.times import epoch_ms, iso
from ..rate_limit import RateLimiter
from . import asked
from .admission import admit
from .asked import Unfit
from .connections import Connection
from .engine import ROOT, SocketServer
from .log_stream import LogStream
from .relay import Relay
from .wording import expired

if TYPE_CHECKING:
    from ...domain.session import Session
    from ...services import Services
    from ...services.following import Cursor
    from .asked import Joining
    from .options import SocketOptions
    from .rooms import Room

logger = structlog.get_logger(__name__)

MOST_ROOMS = 1_000
"""Rooms one client may be in."""
UNEXPECTED = "An unexpected error occurred"
TOO_MANY = "Too many requests. Please try again later."

Take: TypeAlias = Callable[[Connection, Any], Awaitable[None]]


class Sockets:
    """Every client that is connected, and what it may ask for."""

    def __init__(self, services: Services, options: SocketOptions) -> None:
        self._services = services
        self._options = options
        self._relay = Relay(services)
        self._log = LogStream(services.agents, clock=services.clock, is_open=options.streams_log)
        self._connections: dict[str, Connection] = {}
        self._stopping = False
        self._limiter = (
            None
            if options.rate_limit is None
            else RateLimiter(options.rate_limit, window=options.rate_window, clock=services.clock)
        )
        self._server = SocketServer(options, clock=services.clock, on_entered=self._welcome)
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        for name, take in self._events().items():
            self._server.on(name, partial(self._take, take))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request of the transport: a poll, a post, or a websocket until its end."""
        if self._stopping:
            return web.Response(status=503, text="The server is stopping")
        return await self._server.eio.handle_request(request)

    async def close(self, _app: object = None) -> None:
        """Send everybody away, without waiting for anybody. Clients come back by themselves."""
        self._stopping = True
        self._log.close()
        await self._relay.close()
        self._server.hang_up()
        for connection in self._connections.values():
            connection.close()
        await self._server.eio.shutdown()

    # -------------------------------------------------------------------------------------------------- coming, going

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        entity_id = admit(environ["aiohttp.request"], auth, token=self._options.token)
        eio_sid = self._server.manager.eio_sid_from_sid(sid, ROOT)
        self._connections[sid] = Connection(sid, self._server.eio.sockets[eio_sid], entity_id=entity_id)

    async def _welcome(self, sid: str) -> None:
        connection = self._connections[sid]
        now = epoch_ms(self._services.clock.now())
        connection.tell("authenticated", {"entityId": connection.entity_id, "timestamp": now})
        connection.tell("connection_established", {"message": "Connected to the server", "socketId": sid})

    async def _disconnect(self, sid: str, _reason: str = "") -> None:
        connection = self._connections.pop(sid, None)
        if connection is not None:
            connection.close()
            self._log.leave(connection)
            for room in tuple(connection.rooms):
                self._relay.leave(connection, room)
            for name in tuple(connection.asked_for):
                self._relay.stop_waiting(connection, name)

    # -------------------------------------------------------------------------------------------------- what they ask

    def _events(self) -> dict[str, Take]:
        """By their names."""
        return {
            "message": self._open,
            "1": self._join,
            "join": self._join,
            "2": self._send,
            "leave": self._leave,
            "subscribe_logs": self._log.subscribe,
            "unsubscribe_logs": self._log.unsubscribe,
            "update_log_filters": self._log.choose,
        }

    async def _take(self, take: Take, sid: str, *told: Any) -> None:
        """One event of a client. What is wrong with it is told to that client, and to nobody else."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        try:
            self._count(connection)
            await take(connection, told[0] if told else None)
        except Exception as error:  # noqa: BLE001  # the one place where whatever went wrong becomes an answer
            self._refuse(connection, error)

    def _refuse(self, connection: Connection, error: Exception) -> None:
        if isinstance(error, Unfit):
            connection.tell("messageError", {"error": str(error)})
        else:
            refused = refusal(error)  # logs what is not among the expected ones
            connection.tell("messageError", {"error": refused.message, "code": refused.code})

    def _count(self, connection: Connection) -> None:
        if self._limiter is not None and self._limiter.count(connection.sid).exceeded:
            raise Unfit(TOO_MANY)

    async def _open(self, connection: Connection, told: Any) -> None:
        """An envelope."""
        kind, payload = asked.envelope(told)
        if kind == asked.JOIN:
            await self._join(connection, payload)
        elif kind == asked.SEND:
            await self._send(connection, payload)

    # ------------------------------------------------------------------------------------------------------- joining

    async def _join(self, connection: Connection, payload: Any) -> None:
        wish = asked.joining(payload)
        connection.entity_id = connection.entity_id or wish.entity_id
        if len(connection.rooms) + len(connection.asked_for) >= MOST_ROOMS:
            raise Unfit(f"A client can be in {MOST_ROOMS} rooms at most")
        try:
            session = await self._services.channels.session_of(wish.room)
        except ChannelNotFound:
            await self._relay.wait_for(wish.room, connection)
            self._tell_joined(connection, wish, {"channelId": wish.room})
            return
        room = await self._relay.room_of(session)
        if connection.sid not in self._connections:
            return  # it left meanwhile
        room = self._relay.enter(room, connection, after=wish.after)
        self._tell_joined(connection, wish, room.place.named(wish.after or room.cursor))
        try:
            await self._relay.tell(room)
        except BaseException:
            self._relay.leave(connection, room)
            raise
        if wish.after is not None and room.is_behind(connection):
            connection.beside(self._catch_up(connection, room, wish.after))
        elif session.state is State.EXPIRED:
            connection.tell(*expired(room.place, iso(session.expires_at)))

    def _tell_joined(self, connection: Connection, wish: Joining, where: dict[str, Any]) -> None:
        told = {**where, "message": f"Joined {wish.room}", "roomId": wish.room}
        if wish.agent_id is not None:
            told["agentId"] = wish.agent_id
        connection.tell("channel_joined", told)
        connection.tell("room_joined", told)

    async def _catch_up(self, connection: Connection, room: Room, after: Cursor) -> None:
        try:
            await self._relay.catch_up(room, connection, after=after)
        except Exception as error:  # noqa: BLE001  # told to the client, like everything that goes wrong
            self._relay.leave(connection, room)
            self._refuse(connection, error)

    async def _leave(self, connection: Connection, payload: Any) -> None:
        name = asked.leaving(payload)
        self._relay.stop_waiting(connection, name)
        for room in tuple(connection.rooms):
            if name in (room.place.channel_id, room.place.session_id):
                self._relay.leave(connection, room)
        told = {"message": f"Left {name}", "channelId": name, "roomId": name}
        connection.tell("channel_left", told)
        connection.tell("room_left", told)

    # ------------------------------------------------------------------------------------------------------- sending

    async def _send(self, connection: Connection, payload: Any) -> None:
        sending = asked.sending(payload, entity_id=connection.entity_id)
        connection.expected[sending.message_id] = sending.client_id
        try:
            exchange = await self._services.channels.post(sending.room, sending.posting)
        except BaseException:
            connection.expected.pop(sending.message_id, None)
            raise
        if exchange.repeated or not _hears(connection, exchange.session):
            place = await self._relay.place_of(exchange.session)
            broadcast = self._relay.wording.message(exchange.message, exchange.entry, place)
            connection.confirm(sending.message_id, broadcast)


def _hears(connection: Connection, session: Session) -> bool:
    """Whether the client is told of this session anyway, now or in a moment."""
    return any(room.place.session_id == session.id for room in connection.rooms) or bool(
        connection.asked_for & {session.channel_id, session.id}
    )
