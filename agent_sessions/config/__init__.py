"""The settings of a server, declared once, and how they are read from files, environment and command line."""

from .agents import AgentEntry
from .load import Loaded, load
from .settings import Auth, Database, Log, RateLimit, Redis, Replies, Server, Sessions, Settings

__all__ = [
    "AgentEntry",
    "Auth",
    "Database",
    "Loaded",
    "Log",
    "RateLimit",
    "Redis",
    "Replies",
    "Server",
    "Sessions",
    "Settings",
    "load",
]
