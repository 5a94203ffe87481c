"""An agent that runs: its definition and the plugin's agent, which outlives a stop until its replies have ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from ..domain.agent import AgentDefinition, Context, ReplyPart
    from ..ports import Agent


logger = structlog.get_logger(__name__)


class LeasedAgent:
    """An agent that is let go of only when the last reply it is making has ended."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._replies = 0
        self._retired = False
        self.uses_memory: bool = getattr(agent, "uses_memory", True)

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """The agent's reply to this context, piece by piece."""
        self._replies += 1
        try:
            parts = self._agent.reply(context)
            try:
                async for part in parts:
                    yield part
            finally:
                if isinstance(parts, AsyncGenerator):
                    await parts.aclose()
        finally:
            self._replies -= 1
            await self._let_go()

    async def close(self) -> None:
        """Close the agent, now or when its last reply has ended."""
        self._retired = True
        await self._let_go()

    async def _let_go(self) -> None:
        if not self._retired or self._replies:
            return
        try:
            await self._agent.close()
        except Exception:
            # A plugin is a stranger's code: what it raises here must not keep the others from being closed.
            logger.exception("agent_not_closed", agent=type(self._agent).__name__)


@dataclass(frozen=True, slots=True)
class RunningAgent:
    """An agent that takes messages."""

    definition: AgentDefinition
    agent: LeasedAgent
