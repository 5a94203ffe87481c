"""Hears what the server writes to its own log, while somebody listens.

Lines below ``info`` are not heard: only those may hold what users say. Of libraries' lines only the wording is heard,
not what is filled into it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

LEVELS: Mapping[str, int] = {
    "trace": 10,
    "debug": 20,
    "info": 30,
    "warn": 40,
    "warning": 40,
    "error": 50,
    "exception": 50,
    "fatal": 60,
    "critical": 60,
}
"""elizaOS's numbers of levels, and the names by which either side calls them."""
LEAST = LEVELS["info"]
KEPT = 1_000
"""Lines kept until they are passed on; older ones are dropped."""
LONGEST = 500
"""Characters of a library's line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: what happened, and about whom or what."""

    level: int
    told: str
    about: Mapping[str, Any] = field(default_factory=dict)


class LogTap(logging.Handler):
    """Between ``open`` and ``close``, passes every line on, in the event loop, whatever thread it was written in."""

    def __init__(self, pass_on: Callable[[Line], None]) -> None:
        super().__init__(logging.INFO)
        self._pass_on = pass_on
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._processors: list[Any] = []

    def open(self) -> None:
        """Begin to listen."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._processors = structlog.get_config()["processors"]  # shared by all loggers, bound ones included
            self._processors.insert(0, self.hear)
            logging.getLogger().addHandler(self)

    def close(self) -> None:
        """Listen no more."""
        if self._loop is not None:
            self._loop = None
            self._processors.remove(self.hear)
            logging.getLogger().removeHandler(self)
        super().close()

    def hear(self, _logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A line of ours; a processor of structlog."""
        level = LEVELS.get(method, LEAST)
        if level >= LEAST:
            about = {name: given for name, given in event.items() if name != "event" and _is_plain(given)}
            self._keep(Line(level, str(event.get("event", "")), about))
        return event

    def emit(self, record: logging.LogRecord) -> None:
        """A line of a library."""
        level = LEVELS.get(record.levelname.lower(), LEAST)
        first = str(record.msg).partition("\n")[0][:LONGEST]
        self._keep(Line(level, first, {"logger": record.name}))

    def _keep(self, line: Line) -> None:
        loop = self._loop
        if loop is None:
            return
        self._lines.append(line)
        if len(self._lines) == 1 and not loop.is_closed():
            loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        while self._lines and self._loop is not None:
            self._pass_on(self._lines.popleft())


def _is_plain(given: object) -> bool:
    return isinstance(given, str | int | float) and not isinstance(given, bool)
