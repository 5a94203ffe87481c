"""The log of a session: what happened in it, in order, one row a fact.

A row is numbered from 1 without gaps (``seq``) and its time (``at``) strictly increases in steps of at least a
millisecond, so that a row's number and its time are both exact cursors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from .frozen import quick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .timeouts import TimeoutConfig


class Author(StrEnum):
    """Who wrote a message."""

    USER = "user"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Renewal:
    """The end of a session moved: to ``expires_at``, for the ``count``-th time."""

    expires_at: datetime
    count: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Somebody said something.

    ``id`` is a UUID, the same on every transport. ``thought``, ``actions``, ``in_reply_to`` and ``extra`` (further
    members of the agent's content) belong to replies. ``attachments`` and ``metadata`` are JSON as it was given.
    ``renewal``: set when this message renewed the session, so that one row tells both. ``addressee``: the id of the
    agent that is to answer, None for the session's own. ``source``: where a message of a channel came from, in words of
    whoever brought it in (``client_chat``, ``discord``).
    """

    id: str
    author: Author
    author_id: str
    text: str
    thought: str | None = None
    actions: tuple[str, ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    in_reply_to: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    renewal: Renewal | None = None
    addressee: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """The messages with these ids were taken back; no ids: all before this row.

    Such a row also stands where an erased message stood, so that the numbers keep no gap.
    """

    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Created:
    """The session began, to end at ``expires_at`` unless renewed."""

    expires_at: datetime
    timeout: TimeoutConfig


@dataclass(frozen=True, slots=True)
class Renewed:
    """Somebody renewed the session without a message. One row may stand for several renewals within a second."""

    renewal: Renewal


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """The session's timeouts were changed."""

    expires_at: datetime
    timeout: TimeoutConfig


@dataclass(frozen=True, slots=True)
class Warned:
    """The session came within its warning threshold. ``late_ms``: how late this was noticed."""

    expires_at: datetime
    late_ms: int


@dataclass(frozen=True, slots=True)
class Expired:
    """The session's time ran out at ``expired_at``. ``late_ms``: how late this was noticed."""

    expired_at: datetime
    late_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody ended the session."""


class Silence(StrEnum):
    """Why a message got no reply."""

    CHOSEN = "chosen"
    """The agent decided not to answer."""
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    """Nobody was waiting any more, or somebody cancelled it."""
    INTERRUPTED = "interrupted"
    """The server stopped while the reply was being made."""


@dataclass(frozen=True, slots=True)
class ReplyMissing:
    """The message ``in_reply_to`` stays without a reply. ``explanation`` is fit for clients."""

    in_reply_to: str
    why: Silence
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class ProcessingBegun:
    """The rows up to ``up_to`` are becoming memories."""

    up_to: int


@dataclass(frozen=True, slots=True)
class Processed:
    """The rows up to ``up_to`` have become memories: so many new ones, and so many new versions of known ones."""

    up_to: int
    created: int = 0
    versions: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class ProcessingFailed:
    """The rows up to ``up_to`` could not be made memories; nothing was changed. ``explanation`` is fit for clients."""

    up_to: int
    explanation: str = ""


Fact: TypeAlias = (
    Message
    | Erased
    | Created
    | Renewed
    | Reconfigured
    | Warned
    | Expired
    | Ended
    | ReplyMissing
    | ProcessingBegun
    | Processed
    | ProcessingFailed
)


@quick
@dataclass(frozen=True, slots=True)
class LogEntry:
    """One row of a session's log."""

    session_id: str
    seq: int
    at: datetime
    fact: Fact
