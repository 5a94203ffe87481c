"""The settings of a server, declared once, and how they are read from files, environment and command line."""

from .agents import AgentEntry
from .load import Loaded, load
from .memory import AgentMemory, Extraction, Memory, ProjectEntry
from .settings import Auth, Database, Log, RateLimit, Redis, Replies, Server, Sessions, Settings
from .webhooks import WebhookEntry

__all__ = [
    "AgentEntry",
    "AgentMemory",
    "Auth",
    "Database",
    "Extraction",
    "Loaded",
    "Log",
    "Memory",
    "ProjectEntry",
    "RateLimit",
    "Redis",
    "Replies",
    "Server",
    "Sessions",
    "Settings",
    "WebhookEntry",
    "load",
]
