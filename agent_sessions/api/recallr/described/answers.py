"""The shapes of what this wire answers: every member is always there, null where there is nothing to say."""

from __future__ import annotations

from pydantic import Field

from ....domain.context_request import Strategy
from ....domain.memory import Role
from ....domain.recollection import ConflictStatus
from ....domain.session import MemoryStatus
from ...openapi.operation import IsoInstant, JsonObject, Told


class Refusal(Told):
    """Why a request was refused: a text, or an object where programs read the parts."""

    detail: str | JsonObject


class User(Told):
    custom_user_id: str
    metadata: JsonObject
    merge_conflict_enabled: bool | None
    created_at: IsoInstant
    last_active_at: IsoInstant


class OneUser(Told):
    user: User


class Users(Told):
    users: list[User]
    total: int
    has_more: bool


class MemorySession(Told):
    session_id: str
    status: MemoryStatus
    created_at: IsoInstant
    metadata: JsonObject


class OneSession(Told):
    session: MemorySession


class MemorySessions(Told):
    sessions: list[MemorySession]
    total: int
    has_more: bool


class SessionMessage(Told):
    message_id: str
    role: Role
    content: str
    timestamp: IsoInstant


class SessionMessages(Told):
    messages: list[SessionMessage]
    total: int
    has_more: bool


class UserMessage(SessionMessage):
    session_id: str


class UserMessages(Told):
    messages: list[UserMessage]


class Dated(Told):
    memory_id: str
    content: str
    event_date_start: IsoInstant | None
    event_date_end: IsoInstant | None
    created_at: IsoInstant


class Version(Dated):
    version_number: int
    expired_at: IsoInstant | None
    expiration_reason: str | None
    merge_conflict_id: str | None


class Connected(Told):
    memory_id: str
    content: str


class Memory(Dated):
    categories: list[str]
    version_number: int
    total_versions: int
    has_previous_versions: bool
    previous_versions: list[Version] | None
    connected_memories: list[Connected] | None
    merge_conflict_in_progress: bool
    merge_conflict_id: str | None
    expired_at: IsoInstant | None
    expiration_reason: str | None
    session_id: str
    sources: list[str] = Field(description="Ids of the messages it was made from")


class Memories(Told):
    items: list[Memory]
    total: int
    has_more: bool


class Conflicting(Dated):
    reason: str


class Clarifying(Told):
    question: str
    options: list[str]


class Answered(Told):
    question: str
    answer: str
    message: str | None


class Resolution(Told):
    question_answers: list[Answered]


class Conflict(Told):
    id: str
    conflict_id: str
    project_user_session_id: str
    status: ConflictStatus
    proposed_memory_content: str | None
    new_memories: list[Dated] | None
    conflicting_memories: list[Conflicting]
    clarifying_questions: list[Clarifying]
    resolution_data: Resolution | None
    created_at: IsoInstant
    resolved_at: IsoInstant | None


class OneConflict(Told):
    conflict: Conflict


class Conflicts(Told):
    conflicts: list[Conflict]
    total: int
    has_more: bool


class DateFilter(Told):
    filter_type: str
    start_date: IsoInstant | None
    end_date: IsoInstant | None


class Sources(Told):
    """What a context was made from; all but the strategy null unless asked for."""

    recall_strategy_used: Strategy
    memory_ids: list[str] | None
    session_ids: list[str] | None
    agent_reasoning: str | None
    vector_search_queries: list[str] | None
    keywords: list[str] | None
    session_summaries_search_queries: list[str] | None
    date_range_filters: list[DateFilter] | None


class Context(Told):
    is_final: bool
    status_update_message: str | None
    error_message: str | None
    context: str | None
    metadata: Sources


class SystemPrompt(Told):
    system_prompt: str


class Found(Told):
    kind: str
    id: str
    content: str
    role: Role | None
    session_id: str
    start: IsoInstant
    end: IsoInstant
    similarity: float
    sources: list[str] = Field(description="Ids of the messages behind it")
    why: str | None = Field(description="The terms, neighbours and dates that brought it here")


class FoundItems(Told):
    items: list[Found]


class Done(Told):
    detail: str
