"""The contracts between the core and what may be exchanged: clock, stores, bus, agents, memory.

Whoever implements one of these keeps the promises in its docstrings; ``agent_sessions.testing`` has a suite for each.
"""

from __future__ import annotations

from .agents import Agent, AgentFactory
from .archive import ArchiveStore
from .backend import ConversationToRemember, MemoryBackend, MemoryBackendFactory, RenamingBackend
from .bus import AgentChanged, ChannelChanged, Event, EventBus, FellBehind, ReplyChunk, Subscription
from .channels import ChannelStore
from .clock import Clock, TimerHandle
from .embedding import Embedded, Embedder, EmbedderFactory, EmbeddingStore
from .extraction import Extractor
from .memory import MemoriesChanged, MemoryFilter, MemoryStore, Owner, Page
from .model import ModelAnswer, ModelFailed, StructuredModel, StructuredModelFactory
from .records import AgentStore, JobStore
from .sessions import (
    CommitListener,
    Deadlines,
    Decide,
    Repeated,
    RewriteListener,
    SessionCounts,
    SessionFilter,
    SessionPage,
    SessionStore,
)
from .store import Store
from .webhooks import WebhookAnswer, WebhookSender, WebhookStore

__all__ = [
    "Agent",
    "AgentChanged",
    "AgentFactory",
    "AgentStore",
    "ArchiveStore",
    "ChannelChanged",
    "ChannelStore",
    "Clock",
    "CommitListener",
    "ConversationToRemember",
    "Deadlines",
    "Decide",
    "Embedded",
    "Embedder",
    "EmbedderFactory",
    "EmbeddingStore",
    "Event",
    "EventBus",
    "Extractor",
    "FellBehind",
    "JobStore",
    "MemoriesChanged",
    "MemoryBackend",
    "MemoryBackendFactory",
    "MemoryFilter",
    "MemoryStore",
    "ModelAnswer",
    "ModelFailed",
    "Owner",
    "Page",
    "RenamingBackend",
    "Repeated",
    "ReplyChunk",
    "RewriteListener",
    "SessionCounts",
    "SessionFilter",
    "SessionPage",
    "SessionStore",
    "Store",
    "StructuredModel",
    "StructuredModelFactory",
    "Subscription",
    "TimerHandle",
    "WebhookAnswer",
    "WebhookSender",
    "WebhookStore",
]
