"""What the composition root tells the memory wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Users that belong together, and the keys that open them. ``id`` is what clients send, and the store's name."""

    id: str
    keys: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallrOptions:
    """Settings of the wire.

    ``projects``: those with keys of their own. ``token``: the server's key, which opens the default project; None: no
    such key. With neither, anybody may enter and everything is in the default project. ``body_limit``: bytes of a
    request's body, once decompressed. ``cors_origins``: who may read answers in a browser; empty: whoever asks.
    ``rate_limit``: requests a project (or an address, without keys) may make in ``rate_window``; None: any number.
    ``keep_alive_interval``: time between two comments on a stream, at most 10 s.
    """

    projects: tuple[Project, ...] = ()
    token: str | None = field(default=None, repr=False)
    body_limit: int = 2 * 1024 * 1024
    cors_origins: tuple[str, ...] = ()
    rate_limit: int | None = None
    rate_window: timedelta = timedelta(minutes=15)
    keep_alive_interval: timedelta = timedelta(seconds=8)
