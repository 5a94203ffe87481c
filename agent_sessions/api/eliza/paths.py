"""Addresses the way Express reads them: any case, a trailing slash, and a JSON answer where there is nothing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from aiohttp import web

from ...domain.agent import UUID_SHAPE
from ...domain.errors import AgentNotFound
from ..stamp import PREFLIGHT_HEADERS
from .errors import Refused, cut, invalid, no_endpoint

if TYPE_CHECKING:
    from ...services.agents import AgentDirectory
    from ..middleware import Answer
    from ..stamp import Stamp
    from .wire import Route

Served: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SEGMENT = re.compile(r"\{(\w+)\}")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def session_id(request: web.Request) -> str:
    """The session's id as it stands in the path. Raises Refused for what is no percent-encoded UTF-8."""
    found: str = request.match_info["session_id"]
    if "%" in found:
        check_escapes(request.rel_url.raw_path)
    return found


def check_escapes(raw_path: str) -> None:
    """Raise Refused unless every escape of the path can be decoded."""
    try:
        if not _BAD_ESCAPE.search(raw_path):
            unquote(raw_path, errors="strict")
            return
    except UnicodeDecodeError:
        pass
    raise invalid("The address holds an escape that cannot be decoded", f"Failed to decode param '{cut(raw_path)}'")


def check_agent_query(request: web.Request, agents: AgentDirectory) -> None:
    """elizaOS's plugin layer: an ``agentId`` in the query of any route must be the id of a running agent."""
    agent_id = request.query.get("agentId")
    if agent_id is None:
        return
    if not UUID_SHAPE.fullmatch(agent_id):
        raise _agent_query_refused(400, "INVALID_AGENT_ID", message="Invalid agent ID format")
    try:
        agents.running(agent_id)
    except AgentNotFound:
        raise _agent_query_refused(404, "AGENT_NOT_FOUND", message="Agent not found") from None


def _agent_query_refused(status: int, code: str, *, message: str) -> Refused:
    body = {"success": False, "error": {"message": message, "code": code}}
    return Refused(status, code, message=message, body=body)


class Fallback:
    """What is asked for under ``/api`` (in any case) when no route fits as it stands: the route it means, or a 404."""

    def __init__(self, prefix: str) -> None:
        self.pattern = prefix + r"/{api:[aA][pP][iI]}{rest:(/.*)?}"
        self._prefix = prefix
        self._routes: list[tuple[str, re.Pattern[str], Served]] = []

    def add(self, route: Route, served: Served) -> None:
        """Let this route be found in any case and with a trailing slash."""
        pattern = _SEGMENT.sub(r"(?P<\1>[^/]+)", route.path) + "/?"
        self._routes.append((route.method, re.compile(pattern, re.IGNORECASE), served))

    def resolving(self, *, otherwise: Served, stamp: Stamp) -> Served:
        """The handler: answers preflights, finds the route that is meant, else leaves it to ``otherwise``."""

        async def resolve(request: web.Request) -> web.StreamResponse:
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=stamp.headers(request, PREFLIGHT_HEADERS))
            served = self._meant(request)
            return await (served or otherwise)(request)

        return resolve

    async def not_found(self, _request: web.Request) -> Answer:
        """Refuse: there is nothing here."""
        raise no_endpoint()

    def _meant(self, request: web.Request) -> Served | None:
        path = request.rel_url.raw_path[len(self._prefix) :]
        method = "GET" if request.method == "HEAD" else request.method
        for its_method, pattern, served in self._routes:
            if method == its_method and (found := pattern.fullmatch(path)):
                request.match_info.update({name: unquote(value) for name, value in found.groupdict().items()})
                return served
        return None
