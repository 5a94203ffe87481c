"""What handlers of this wire are given, and how a route is declared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from ..bodies import Body
from ..middleware import Answer
from .errors import ErrorStyle

if TYPE_CHECKING:
    from datetime import datetime

    from ...services import Services
    from ..pulse import Pulse
    from ..stamp import Stamp
    from ..streams import OpenStreams
    from .events import Frames
    from .history import PageCache
    from .options import ElizaOptions


@dataclass(frozen=True, slots=True)
class Wire:
    """The services and options that handlers work with, and what the wire itself keeps: pages and events written,
    streams open.

    ``started_at``: when the server began to serve.
    """

    services: Services
    options: ElizaOptions
    stamp: Stamp
    pages: PageCache
    streams: OpenStreams
    pulse: Pulse
    frames: Frames
    started_at: datetime


RouteHandler: TypeAlias = Callable[[Wire, web.Request, Body], Awaitable[Answer | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route. ``path``: aiohttp's form, ``{name}`` for a segment. ``style``: the form of its errors.

    ``open``: whether it is served without a key and outside the rate limit.
    """

    method: str
    path: str
    handler: RouteHandler
    style: ErrorStyle = ErrorStyle.NESTED
    open: bool = False
