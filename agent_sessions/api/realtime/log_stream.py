"""The server's own log, for clients that may see it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...domain.errors import AgentNotFound
from ..eliza.times import epoch_ms
from .log_tap import LEAST, LEVELS, LogTap
from .packets import Parcel

if TYPE_CHECKING:
    from ...ports import Clock
    from ...services.agents import AgentDirectory
    from .connections import Connection
    from .log_tap import Line

ALL = "all"
"""How clients say that they want every agent's lines."""
CLOSED = "Log streaming is not open to this client"


class LogStream:
    """Who follows the log, and what each wants of it. ``is_open``: whether anybody may."""

    def __init__(self, agents: AgentDirectory, *, clock: Clock, is_open: bool) -> None:
        self._agents = agents
        self._clock = clock
        self._is_open = is_open
        self._followers: set[Connection] = set()
        self._tap = LogTap(self._tell)

    async def subscribe(self, connection: Connection, _payload: Any) -> None:
        """Have the client told every line from now on."""
        if self._is_open:
            connection.level = connection.level or LEAST
            self._followers.add(connection)
            self._tap.open()
        told = "Subscribed to log stream" if self._is_open else CLOSED
        connection.tell("log_subscription_confirmed", {"subscribed": self._is_open, "message": told})

    async def unsubscribe(self, connection: Connection, _payload: Any) -> None:
        """Have it told no more."""
        self.leave(connection)
        connection.tell("log_subscription_confirmed", {"subscribed": False, "message": "Unsubscribed from log stream"})

    async def choose(self, connection: Connection, payload: Any) -> None:
        """What the client wants of it: lines of a level and above, lines about one agent."""
        if connection not in self._followers:
            connection.tell("log_filters_updated", {"success": False, "error": "Client not subscribed to log stream"})
            return
        wanted = payload if isinstance(payload, dict) else {}
        level, agent_name = wanted.get("level"), wanted.get("agentName")
        if isinstance(level, str):
            connection.level = max(LEVELS.get(level.lower(), LEAST), LEAST)
        connection.agent_name = agent_name if isinstance(agent_name, str) and agent_name != ALL else None
        filters = {"level": level, "agentName": agent_name}
        told = {name: given for name, given in filters.items() if isinstance(given, str)}
        connection.tell("log_filters_updated", {"success": True, "filters": told})

    def leave(self, connection: Connection) -> None:
        """The client follows no more."""
        connection.level = connection.agent_name = None
        self._followers.discard(connection)
        if not self._followers:
            self._tap.close()

    def close(self) -> None:
        """Nobody follows any more."""
        self._followers.clear()
        self._tap.close()

    def _tell(self, line: Line) -> None:
        entry = self._entry(line)
        parcel = Parcel("log_stream", {"type": "log_entry", "payload": entry})
        for connection in tuple(self._followers):
            level, name = connection.level or LEAST, connection.agent_name
            if line.level >= level and name in (None, entry.get("agentName")):
                connection.take(parcel)

    def _entry(self, line: Line) -> dict[str, Any]:
        entry = {"time": epoch_ms(self._clock.now()), "level": line.level, "msg": line.told, **line.about}
        agent_id = line.about.get("agent_id")
        if isinstance(agent_id, str):
            entry["agentId"] = agent_id
            with suppress(AgentNotFound):
                entry["agentName"] = self._agents.get(agent_id).character.name
        return entry
