"""A client that was let in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from .lines import LAST_WORDS, TooSlow
from .packets import Parcel

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from engineio.async_socket import AsyncSocket

    from .lines import Outgoing
    from .rooms import Room

logger = structlog.get_logger(__name__)

RECEIVED = "received_by_server_and_processing"
LOOK_AGAIN = 0.05
"""Seconds between two looks whether a client has taken what it was sent."""


class Connection:
    """One client. ``entity_id``: who it says it is, None when it does not say.

    ``rooms``: where it is; ``asked_for``: names of rooms that are not there yet. ``expected``: ids of the messages it
    is sending, with the ids it knows them by. ``level``: the least level of the log's lines it wants, None: no lines.
    """

    def __init__(self, sid: str, socket: AsyncSocket, *, entity_id: str | None) -> None:
        self.sid = sid
        self.entity_id = entity_id
        self.rooms: set[Room] = set()
        self.asked_for: set[str] = set()
        self.expected: dict[str, str | None] = {}
        self.level: int | None = None
        self.agent_name: str | None = None
        self._socket = socket
        self._outgoing: Outgoing = socket.queue
        self._tasks: set[asyncio.Task[None]] = set()
        self._cut_off = False

    def tell(self, name: str, payload: Mapping[str, Any]) -> None:
        """Send an event to this client alone."""
        self.take(Parcel(name, payload))

    def take(self, parcel: Parcel) -> None:
        """Send an event that others get too. A client that does not read what it is sent is disconnected."""
        if self._cut_off or self._socket.closed:
            return
        try:
            self._outgoing.post(parcel)
        except TooSlow:
            self._cut_off = True
            logger.warning("slow_client_disconnected", backlog=self._outgoing.backlog)
            self._outgoing.put_nowait(Parcel("resume", {"reason": "too slow", "rooms": self._places()}))
            self._outgoing.hang_up()
            self.beside(self._leave())

    def confirm(self, message_id: str, broadcast: Mapping[str, Any]) -> bool:
        """Tell the sender of a message that it was sent; False when it was not this client."""
        if message_id not in self.expected:
            return False
        own_id = self.expected.pop(message_id)
        own = {} if own_id is None else {"clientMessageId": own_id}
        self.tell("messageBroadcast", {**broadcast, **own})
        room = {name: broadcast[name] for name in ("channelId", "roomId", "sessionId")}
        self.tell("messageAck", {**own, "messageId": message_id, "status": RECEIVED, **room})
        return True

    async def until_read(self) -> bool:
        """Wait until the client has taken most of what it was sent. Whether it is still there."""
        while self._outgoing.backlog > self._outgoing.limit // 4 and not self.gone:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(LOOK_AGAIN)
        return not self.gone

    @property
    def gone(self) -> bool:
        """Whether nothing reaches it any more."""
        return self._cut_off or self._socket.closed

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this for as long as the client is there."""
        task = asyncio.create_task(work, name="socket")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stop what is done for it."""
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    def _places(self) -> list[dict[str, Any]]:
        """Where it may go on from, having read all that it was sent."""
        return [room.place.named(room.cursor_of(self)) for room in self.rooms]

    async def _leave(self) -> None:
        """Have the library forget a client that polls; one with a websocket is noticed when that is closed."""
        await asyncio.sleep(LAST_WORDS)
        await self._socket.close(wait=False, abort=True)
