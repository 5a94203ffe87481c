"""The settings of a server, declared once, and how they are read from files, environment and command line."""

from .agents import AgentEntry
from .conversing import Replies, Sessions
from .keeping import Database, Redis
from .load import Loaded, load
from .log import Log
from .memory import AgentMemory, Extraction, Memory, ProjectEntry
from .serving import Auth, RateLimit, Server
from .settings import Settings
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
