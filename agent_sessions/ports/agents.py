"""That which replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from typing import Any

    from ..domain.agent import Character, Context, ReplyPart


class Agent(Protocol):
    """That which replies.

    An agent whose class says ``uses_memory = False`` has no use for memories: none are looked up for its contexts,
    which then cost nothing more than the history.
    """

    def reply(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        """The reply, in pieces. Closed (``aclose``) or cancelled when nobody wants it any more.

        Raise :class:`~agent_sessions.domain.errors.AgentFailed` with a message fit for clients; any other exception is
        logged and reported as a failure without its text.
        """

    async def close(self) -> None:
        """Let go of what it holds."""


AgentFactory: TypeAlias = "Callable[[Character, Mapping[str, Any]], Agent]"
"""An entry point of group ``agent_sessions.agents``: from a character and options to an agent.

Raises ConfigError that names the option, or MissingExtra.
"""
