"""How the server writes its log: structured lines on standard error, for people in a terminal, as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from structlog.typing import Processor


def configure(*, level: str = "info", form: str = "auto") -> None:
    """Set up logging for a process of its own (the command line does; a host application keeps its own set-up).

    ``form``: ``text``, ``json``, or ``auto`` for text where standard error is a terminal.
    """
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _tell,
    ]
    structlog.configure(
        processors=[*shared, *_rendering(text)],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(shared, text=text, level=level)


_listeners: list[Callable[[Mapping[str, Any]], None]] = []


def listen(listener: Callable[[Mapping[str, Any]], None]) -> None:
    """Tell this listener of every line that is written from now on. It must not block, log or raise."""
    _listeners.append(listener)


def _tell(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for listener in _listeners:
        listener(line)
    return line


def _rendering(text: bool) -> list[Processor]:
    if text:
        return [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # the other one prints variables: messages, keys
            )
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _configure_libraries(shared: list[Processor], *, text: bool, level: str) -> None:
    """Lines of libraries that use the standard library's logging look the same; below a warning they are not told."""
    renderers: list[Any] = _rendering(text)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(_number(level), logging.WARNING), force=True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
