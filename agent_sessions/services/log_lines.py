"""The last lines that the server wrote about itself, kept for those who may ask for them over an API.

Nothing that people said is among them: that is never logged above debug, and debug lines are not kept.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}
"""elizaOS's levels and their numbers, least important first."""

NAMES = {"warning": "warn", "exception": "error", "critical": "fatal"}
"""What else levels are called."""

KEPT_FROM = LEVELS["info"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. ``at``: ISO text as it was written; ``level``: by :data:`LEVELS`; ``fields``: what else it tells."""

    id: str
    at: str
    level: int
    event: str
    fields: Mapping[str, Any]


class LogLines:
    """The last ``capacity`` lines of level info and above."""

    def __init__(self, capacity: int = 1000) -> None:
        self._lines: deque[LogLine] = deque(maxlen=capacity)

    def note(self, line: Mapping[str, Any]) -> None:
        """Keep a line as structlog makes them: ``event``, ``level``, ``at`` and fields, which are kept as text."""
        told = str(line.get("level", "info"))
        level = LEVELS.get(NAMES.get(told, told), LEVELS["info"])
        if level < KEPT_FROM:
            return
        apart = {"event", "level", "at", "exc_info"}
        fields = {name: str(value) for name, value in line.items() if name not in apart and not name.startswith("_")}
        self._lines.append(LogLine(str(uuid4()), str(line.get("at", "")), level, str(line.get("event", "")), fields))

    def recent(self, *, level: int = KEPT_FROM, agent_id: str | None = None) -> Sequence[LogLine]:
        """Those of at least this level, about this agent where named, newest first."""
        return [
            line
            for line in reversed(self._lines)
            if line.level >= level and (agent_id is None or line.fields.get("agent_id") == agent_id)
        ]

    def remove(self, line_id: str) -> None:
        """Let go of one line; harmless when it is gone."""
        kept = [line for line in self._lines if line.id != line_id]
        self._lines.clear()
        self._lines.extend(kept)

    def clear(self) -> int:
        """Let go of all; how many there were."""
        count = len(self._lines)
        self._lines.clear()
        return count
