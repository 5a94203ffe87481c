"""An agent that runs: its definition and the plugin's agent, which outlives a stop until its replies have ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from ..domain.character import system_prompt

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

    def reply(self, context: Context) -> Replying:
        """The agent's reply to this context: enter it for the pieces; when it is left the reply has ended."""
        return Replying(self, context)

    async def close(self) -> None:
        """Close the agent, now or when its last reply has ended."""
        self._retired = True
        await self._let_go()

    def begin(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        """One more reply is being made; for :class:`Replying`."""
        parts = self._agent.reply(context)
        self._replies += 1
        return parts

    async def end(self, parts: AsyncGenerator[ReplyPart, None]) -> None:
        """That reply has ended, or nobody wants the rest of it."""
        try:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()
        finally:
            self._replies -= 1
            await self._let_go()

    async def _let_go(self) -> None:
        if not self._retired or self._replies:
            return
        try:
            await self._agent.close()
        except Exception:
            # A plugin is a stranger's code: what it raises here must not keep the others from being closed.
            logger.exception("agent_not_closed", agent=type(self._agent).__name__)


class Replying:
    """One reply of an agent, from its first piece until it has ended or is left."""

    def __init__(self, agent: LeasedAgent, context: Context) -> None:
        self._agent = agent
        self._context = context
        self._parts: AsyncGenerator[ReplyPart, None]

    async def __aenter__(self) -> AsyncGenerator[ReplyPart, None]:
        self._parts = self._agent.begin(self._context)
        return self._parts

    async def __aexit__(self, *exc: object) -> None:
        await self._agent.end(self._parts)


@dataclass(frozen=True)
class RunningAgent:
    """An agent that takes messages."""

    definition: AgentDefinition
    agent: LeasedAgent

    @cached_property
    def system(self) -> str:
        """The prompt made of its character, the same for every reply."""
        return system_prompt(self.definition.character)
