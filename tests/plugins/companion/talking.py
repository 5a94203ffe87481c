"""Having whole conversations with the companion, a minute to each exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.recalled import Recalled, RecalledKind
from agent_sessions.testing.agents import NOON, context_for
from agent_sessions_plugins.companion.script import own_script
from agent_sessions_plugins.companion.speaker import answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from agent_sessions.domain.agent import Context


class Conversation:
    """Says what a test says and keeps the history. ``recalled``: what memory finds for every message. ``context``: what
    else the companion is given each time."""

    def __init__(self, *, recalled: Sequence[Recalled] = (), **context: Any) -> None:
        self._recalled = tuple(recalled)
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
        context = context_for(text, history=self._history, now=now, **self._context)
        if not self._recalled:
            return context
        return replace(context, recalled=self._recalled, memories=tuple(each.dated() for each in self._recalled))


def memory(
    text: str,
    *,
    similarity: float = 0.0,
    session: str = "before",
    start: datetime = NOON,
    end: datetime | None = None,
    **more: Any,
) -> Recalled:
    """A memory of an earlier session that was recalled."""
    return Recalled(
        id=text,
        kind=more.pop("kind", RecalledKind.MEMORY),
        text=text,
        session_id=session,
        start=start,
        end=end or start,
        score=similarity,
        similarity=similarity,
        **more,
    )
