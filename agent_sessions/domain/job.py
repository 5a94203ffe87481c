"""A job: one question to an agent and its one answer, for callers that keep no session."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class JobStatus(StrEnum):
    """Where a job is in its life."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswer:
    """What the agent said. ``metadata`` holds its thought and actions where it gave any."""

    message_id: str
    text: str
    author_id: str
    created_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One question, one answer. ``expires_at``: when it times out unanswered. ``session_id``: where it runs."""

    id: str
    agent_id: str
    user_id: str
    session_id: str
    prompt: str
    status: JobStatus
    created_at: datetime
    expires_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    answer: JobAnswer | None = None
    error: str | None = None
    finished_at: datetime | None = None
