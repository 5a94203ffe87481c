"""The use cases: what can be done with sessions, conversations, agents and jobs, whatever the transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ports import Clock, EventBus, Store
    from .activity import Activity
    from .agent_rooms import AgentRooms
    from .agents import AgentDirectory
    from .channels import ChannelService
    from .conflicts import ConflictService
    from .conversation import Conversation
    from .following import Following
    from .jobs import JobService
    from .local_memory import LocalMemory
    from .log_lines import LogLines
    from .memories import MemoryService
    from .memory_context import ContextService
    from .memory_sessions import MemorySessionService
    from .portability import Portability
    from .sessions import SessionService
    from .timeouts import TimeoutManager
    from .users import UserService
    from .webhooks import WebhookService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a transport, a platform or a program needs, open and running."""

    clock: Clock
    store: Store
    bus: EventBus
    agents: AgentDirectory
    sessions: SessionService
    conversation: Conversation
    channels: ChannelService
    agent_rooms: AgentRooms
    log_lines: LogLines
    following: Following
    jobs: JobService
    timeouts: TimeoutManager
    users: UserService
    memory_sessions: MemorySessionService
    memories: MemoryService
    conflicts: ConflictService
    contexts: ContextService
    local_memory: LocalMemory
    portability: Portability
    activity: Activity
    webhooks: WebhookService
