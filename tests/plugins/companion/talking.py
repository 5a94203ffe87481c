"""Having whole conversations with the companion, a minute to each exchange."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agent_sessions.testing.agents import NOON, context_for
from agent_sessions_plugins.companion.script import own_script
from agent_sessions_plugins.companion.speaker import answer

if TYPE_CHECKING:
    from agent_sessions.domain.agent import Context


class Conversation:
    """Says what a test says and keeps the history. ``context``: what else the companion is given each time."""

    def __init__(self, **context: Any) -> None:
        self._context = context
        self._history: list[tuple[str, str]] = []

    def say(self, text: str) -> str:
        """The companion's answer."""
        reply = answer(self.context_of(text), own_script())
        self._history.append((text, reply))
        return reply

    def after(self, *texts: str) -> Conversation:
        """This conversation once all of that was said."""
        for text in texts:
            self.say(text)
        return self

    def context_of(self, text: str) -> Context:
        """What the companion is given to answer this."""
        now = NOON + timedelta(minutes=len(self._history))
        return context_for(text, history=self._history, now=now, **self._context)
