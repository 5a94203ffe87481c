"""What the composition root tells the elizaOS wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ElizaOptions:
    """Settings of the wire.

    ``token``: the key that clients must show; None: anybody may enter. ``body_limit``: bytes of a request's body, once
    decompressed. ``cors_origins``: who may read answers in a browser; empty: whoever asks. ``rate_limit``: requests a
    key (or an address, without keys) may make in ``rate_window``; None: any number. ``keep_alive_interval``: time
    between two comments on an event stream, at most 15 s. ``cancel_on_disconnect``: whether a client that leaves its
    event stream stops the reply. ``allow_stop``: whether clients may stop the process.
    ``uploads``: the folder where shared files are kept; ``upload_limit``: bytes of each at most.
    ``version``: what the server says it is.
    """

    token: str | None = field(default=None, repr=False)
    body_limit: int = 2 * 1024 * 1024
    cors_origins: tuple[str, ...] = ()
    rate_limit: int | None = None
    rate_window: timedelta = timedelta(minutes=15)
    keep_alive_interval: timedelta = timedelta(seconds=15)
    cancel_on_disconnect: bool = True
    allow_stop: bool = False
    uploads: Path = Path("data/uploads")
    upload_limit: int = 50 * 1024 * 1024
    version: str = "0"
