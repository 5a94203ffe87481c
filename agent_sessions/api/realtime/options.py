"""What the composition root tells the sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketOptions:
    """Settings of Socket.IO.

    ``token``: the key that clients must show; None: anybody may enter. ``cors_origins``: web origins that may connect;
    empty: every one. ``rate_limit``: messages and joins of one connection in ``rate_window``; None: any number.
    ``largest_packet``: bytes a client may send in one piece. ``largest_backlog``: bytes kept for a client that does not
    read; with more than that waiting it is disconnected. ``connect_within``: how long a connection may stay without
    having shown what it needs to enter. ``streams_log``: whether clients may follow the server's own log.
    """

    token: str | None = field(default=None, repr=False)
    cors_origins: tuple[str, ...] = ()
    rate_limit: int | None = None
    rate_window: timedelta = timedelta(minutes=15)
    ping_interval: timedelta = timedelta(seconds=25)
    ping_timeout: timedelta = timedelta(seconds=20)
    largest_packet: int = 1_000_000
    largest_backlog: int = 1_000_000
    connect_within: timedelta = timedelta(seconds=10)
    streams_log: bool = False
