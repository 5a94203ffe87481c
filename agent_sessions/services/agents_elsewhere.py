"""Agents and other servers on the same database: each takes in what the others do to agents.

The bus, where it spans the servers, says at once that something was done; a look at the database every few seconds
finds what the bus did not say.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from ..domain.errors import AgentSessionsError
from ..ports import AgentChanged, FellBehind
from ..ports.bus import AGENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine

    from ..ports import Clock, EventBus, Store
    from .agents import AgentDirectory

logger = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=5)
"""How often to look whether another server changed agents."""


class AgentsElsewhere:
    """Keeps a directory in step with those of other servers. With a database of its own there is nothing to do."""

    def __init__(self, agents: AgentDirectory, store: Store, *, bus: EventBus, clock: Clock) -> None:
        self._agents = agents
        self._bus = bus
        self._clock = clock
        self._shared = store.shared
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Tell the others what is done here from now on, and take in what they do."""
        if self._shared:
            self._agents.on_change(self._announce)
            self._tasks = [_started(self._listen(), "agents: listen"), _started(self._look(), "agents: look")]

    async def close(self) -> None:
        """Take in nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _announce(self, agent_id: str, /, *, gone: bool) -> None:
        self._bus.publish(AgentChanged(agent_id, gone=gone))

    async def _listen(self) -> None:
        while True:
            try:
                async with self._bus.subscribe(AGENTS) as events:
                    await self._refresh()  # what was done while nobody listened
                    async for event in events:
                        if isinstance(event, AgentChanged):
                            await self._refresh([event.agent_id] if event.gone else ())
                return
            except FellBehind:
                continue

    async def _look(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_AGAIN)
            await self._refresh()

    async def _refresh(self, gone: Collection[str] = ()) -> None:
        try:
            await self._agents.refresh(gone=gone)
        except AgentSessionsError as failure:
            logger.warning("agents_not_refreshed", reason=str(failure))
        except Exception:
            # One definition that cannot be read must not keep this server from hearing of the next.
            logger.exception("agents_not_refreshed")


def _started(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)
