"""What handlers of this wire are given, and how a route is declared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from ...domain.errors import ConflictNotFound, MemoryNotFound, SessionNotFound, UserNotFound
from ...ports import Owner
from ..bodies import Body, is_storable
from ..middleware import Answer

if TYPE_CHECKING:
    from ...domain.errors import NotFound
    from ...services import Services
    from ..stamp import Stamp
    from ..streams import OpenStreams
    from .options import RecallrOptions


@dataclass(frozen=True, slots=True)
class Wire:
    """The services and options that handlers work with, and the streams that are open."""

    services: Services
    options: RecallrOptions
    stamp: Stamp
    streams: OpenStreams


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let into a project. ``body``: an empty object where the route takes none, or none came."""

    wire: Wire
    request: web.Request
    project: str
    body: Body

    @property
    def services(self) -> Services:
        return self.wire.services

    @property
    def owner(self) -> Owner:
        """The user that the path names. Raises UserNotFound for an id that nobody can have."""
        return Owner(self.project, self._named("user_id", otherwise=UserNotFound))

    @property
    def session(self) -> tuple[Owner, str]:
        """The owner and the id of the session that the path names. Raises UserNotFound before SessionNotFound."""
        return self.owner, self._named("session_id", otherwise=SessionNotFound)

    @property
    def memory_id(self) -> str:
        return self._named("memory_id", otherwise=MemoryNotFound)

    @property
    def conflict_id(self) -> str:
        return self._named("conflict_id", otherwise=ConflictNotFound)

    def nothing(self) -> web.Response:
        """The answer that says no more than that it is done."""
        headers = self.wire.stamp.headers(self.request)
        del headers["Content-Type"]
        return web.Response(status=204, headers=headers)

    def _named(self, segment: str, *, otherwise: Callable[[str], NotFound]) -> str:
        found: str = self.request.match_info[segment]
        if not is_storable(found):
            raise otherwise(found)
        return found


RouteHandler: TypeAlias = Callable[[Call], Awaitable[Answer | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route. ``path``: what follows ``/api/v1``, in aiohttp's form. ``takes_body``: else bodies are passed over."""

    method: str
    path: str
    handler: RouteHandler
    takes_body: bool = False
