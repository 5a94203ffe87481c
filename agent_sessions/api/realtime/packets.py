"""Events as they travel to sockets, and what of a client's packets is taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio import packet

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED = frozenset({"connect", "disconnect", "connect_error"})
"""Names that belong to the protocol; the library would take a client's event of that name for its own."""

CLOSE_FRAME = b"\x88\x02\x03\xe9"
"""A websocket's farewell: 1001, going away. Clients come back by themselves."""


class Parcel(EnginePacket):
    """An event on its way: written once, whoever gets it, whatever the transport."""

    def __init__(self, name: str, payload: Mapping[str, Any]) -> None:
        super().__init__(MESSAGE)
        self._written = b"42" + orjson.dumps([name, payload])
        self._frame: bytes | None = None

    def __len__(self) -> int:
        return len(self._written)

    def encode(self, b64: bool = False) -> str:
        """As a text, for polling and for queues."""
        return self._written.decode()

    @property
    def frame(self) -> bytes:
        """As a whole websocket frame. Frames of a server are not masked, so that all its clients get the same bytes."""
        if self._frame is None:
            self._frame = text_frame(self._written)
        return self._frame


def text_frame(text: bytes) -> bytes:
    """An unfragmented text frame (RFC 6455, section 5.2)."""
    size = len(text)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + text
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


class _Json:
    """orjson under the names that the library calls."""

    loads = staticmethod(orjson.loads)  # nesting beyond its limit is an error and no endless recursion

    @staticmethod
    def dumps(value: Any, separators: object = None) -> str:
        """Compact JSON, whatever is asked for."""
        return orjson.dumps(value).decode()


class SocketPacket(packet.Packet):
    """The library's packet, without binary events (nobody here sends any, and their parts would be kept unbounded) and
    without names that the library mistakes for its own."""

    uses_binary_events = False
    json = _Json

    def decode(self, encoded_packet: str | bytes) -> int | None:
        """Raises ValueError for what is not taken in."""
        if isinstance(encoded_packet, bytes):
            raise ValueError("bytes are no packet")
        attachments = super().decode(encoded_packet)
        if self.packet_type in (packet.BINARY_EVENT, packet.BINARY_ACK):
            raise ValueError("binary packets are not taken")
        if self.packet_type == packet.EVENT and not _is_event(self.data):
            raise ValueError("no event")
        return attachments


def _is_event(told: Any) -> bool:
    return isinstance(told, list) and bool(told) and isinstance(told[0], str) and told[0] not in RESERVED
