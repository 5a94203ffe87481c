"""A session and memory server for AI agents: durable sessions with exact timeouts, one ordered log, local memory."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import SERVICES, Server, create_app, setup
    from .config import AgentEntry, Loaded, Settings, load
    from .domain.agent import Character, Context, ReplyPart
    from .domain.errors import AgentFailed, AgentSessionsError, ConfigError
    from .domain.log import LogEntry, Message, ReplyMissing
    from .domain.session import Session
    from .domain.timeouts import TimeoutOverrides
    from .services import Services
    from .services.conversation import Draft, Exchange
    from .services.following import Cursor

__all__ = [
    "SERVICES",
    "AgentEntry",
    "AgentFailed",
    "AgentSessionsError",
    "Character",
    "ConfigError",
    "Context",
    "Cursor",
    "Draft",
    "Exchange",
    "Loaded",
    "LogEntry",
    "Message",
    "ReplyMissing",
    "ReplyPart",
    "Server",
    "Services",
    "Session",
    "Settings",
    "TimeoutOverrides",
    "__version__",
    "create_app",
    "load",
    "setup",
]

__version__ = version("agent-sessions")

_HOMES = {
    "app": ("SERVICES", "Server", "create_app", "setup"),
    "config": ("AgentEntry", "Loaded", "Settings", "load"),
    "domain.agent": ("Character", "Context", "ReplyPart"),
    "domain.errors": ("AgentFailed", "AgentSessionsError", "ConfigError"),
    "domain.log": ("LogEntry", "Message", "ReplyMissing"),
    "domain.session": ("Session",),
    "domain.timeouts": ("TimeoutOverrides",),
    "services": ("Services",),
    "services.conversation": ("Draft", "Exchange"),
    "services.following": ("Cursor",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Public names are loaded when first asked for, so that a plugin that needs one module does not load the server."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
