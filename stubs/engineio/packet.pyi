MESSAGE: int
NOOP: int

class Packet:
    packet_type: int
    def __init__(
        self, packet_type: int = ..., data: object = None, encoded_packet: str | bytes | None = None
    ) -> None: ...
    def encode(self, b64: bool = False) -> str | bytes: ...
