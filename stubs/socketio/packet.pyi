from typing import Any

EVENT: int
BINARY_EVENT: int
BINARY_ACK: int

class Packet:
    uses_binary_events: bool
    json: Any
    packet_type: int
    data: Any
    def decode(self, encoded_packet: str | bytes) -> int | None: ...
