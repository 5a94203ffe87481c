"""What every agent promises the server, as tests: subclass :class:`AgentContract` and give it a fixture ``agent``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from ..domain.agent import ReplyPart
from .agents import context_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..domain.agent import Context
    from ..ports import Agent


class AgentContract:
    """The promises of :class:`agent_sessions.ports.Agent`. The fixture is closed by whoever made it.

    ``question`` is something the agent answers with text.
    """

    question = "Hello"

    async def test_a_reply_is_made_of_parts_and_has_text(self, agent: Agent) -> None:
        parts = await parts_of(agent, context_for(self.question))
        assert parts
        assert all(isinstance(part, ReplyPart) for part in parts)
        assert "".join(part.text for part in parts).strip()
        assert not any(part.silent for part in parts)

    async def test_it_answers_with_a_history_behind_it(self, agent: Agent) -> None:
        history = [("Hello", "Hello to you"), ("I have a cat", "What is it called?")]
        assert await text_of(agent, context_for(self.question, history=history))

    async def test_sessions_are_answered_side_by_side(self, agent: Agent) -> None:
        replies = await asyncio.gather(*(text_of(agent, context_for(self.question)) for _ in range(5)))
        assert all(replies)

    async def test_a_reply_can_be_left_at_any_part(self, agent: Agent) -> None:
        whole = len(await parts_of(agent, context_for(self.question)))
        for taken in range(whole + 1):
            async with aclosing(proper(agent, context_for(self.question))) as parts:
                for _ in range(taken):
                    await anext(parts)
        assert await text_of(agent, context_for(self.question))

    async def test_a_reply_can_be_cancelled_before_it_begins(self, agent: Agent) -> None:
        task = asyncio.create_task(text_of(agent, context_for(self.question)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
        assert await text_of(agent, context_for(self.question))

    async def test_closing_twice_is_harmless(self, agent: Agent) -> None:
        await agent.close()
        await agent.close()


async def parts_of(agent: Agent, context: Context) -> list[ReplyPart]:
    """The whole reply in its parts."""
    async with aclosing(proper(agent, context)) as parts:
        return [part async for part in parts]


async def text_of(agent: Agent, context: Context) -> str:
    """The text of the whole reply."""
    return "".join(part.text for part in await parts_of(agent, context))


async def proper(agent: Agent, context: Context) -> AsyncGenerator[ReplyPart]:
    """The reply as something that can be closed."""
    parts = agent.reply(context)
    try:
        async for part in parts:
            yield part
    finally:
        if close := getattr(parts, "aclose", None):
            await close()
