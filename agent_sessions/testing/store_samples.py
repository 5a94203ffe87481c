"""Sessions, messages, agents and jobs to try a store with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..domain.agent import AgentDefinition, AgentStatus, Character
from ..domain.job import Job, JobStatus
from ..domain.log import Author, Message
from ..domain.session import Session, opened, posted
from ..domain.timeouts import TimeoutConfig, TimeoutOverrides

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ..domain.session import Change
    from ..ports import Decide, SessionStore

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

HALF_AN_HOUR = TimeoutConfig(timeout=30 * MINUTE, auto_renew=True, max_duration=12 * HOUR, warning_threshold=5 * MINUTE)
AGENT = "11111111-1111-4111-8111-111111111111"
USER = "22222222-2222-4222-8222-222222222222"


def session_to_open(now: datetime, **changes: Any) -> Change:
    """A new session of half an hour, its members as in ``changes`` where given."""
    config: TimeoutConfig = changes.get("timeout", HALF_AN_HOUR)
    members: dict[str, Any] = {
        "id": str(uuid4()),
        "channel_id": str(uuid4()),
        "agent_id": AGENT,
        "user_id": USER,
        "created_at": now,
        "last_activity": now,
        "expires_at": now + config.timeout,
        "timeout": config,
        "last_at": now,
    }
    return opened(Session(**members | changes))


async def open_session(store: SessionStore, now: datetime, **changes: Any) -> Session:
    """A session that the store keeps."""
    return await store.create(session_to_open(now, **changes))


def message(text: str = "Hello", **changes: Any) -> Message:
    """Something a user says, or an agent where ``changes`` say so."""
    members: dict[str, Any] = {"id": str(uuid4()), "author": Author.USER, "author_id": USER, "text": text}
    return Message(**members | changes)


def saying(said: Message, now: datetime, *, room: int | None = None) -> Decide:
    """The rule by which a user says this."""
    return lambda session: posted(session, said, now=now, room=room, retry_after=SECOND)


def failing(error: Exception) -> Decide:
    """A rule that refuses every session."""

    def refuse(_: Session) -> Change | None:
        raise error

    return refuse


def counting(rule: Decide) -> tuple[Decide, Callable[[], int]]:
    """The rule, and how often it was asked."""
    asked = 0

    def ask(session: Session) -> Change | None:
        nonlocal asked
        asked += 1
        return rule(session)

    return ask, lambda: asked


def definition(name: str, now: datetime, **changes: Any) -> AgentDefinition:
    """An agent that answers in the ``echo`` kind."""
    members: dict[str, Any] = {
        "character": Character(id=str(uuid4()), name=name, document={"name": name, "bio": ["Kind."]}, bio=("Kind.",)),
        "kind": "echo",
        "options": {"loud": True},
        "timeouts": TimeoutOverrides(timeout=HOUR, auto_renew=False),
        "status": AgentStatus.ACTIVE,
        "created_at": now,
        "updated_at": now,
    }
    return AgentDefinition(**members | changes)


def job(now: datetime, **changes: Any) -> Job:
    """A question that waits for its answer."""
    members: dict[str, Any] = {
        "id": str(uuid4()),
        "agent_id": AGENT,
        "user_id": USER,
        "session_id": str(uuid4()),
        "prompt": "What is the time?",
        "status": JobStatus.PENDING,
        "created_at": now,
        "expires_at": now + MINUTE,
    }
    return Job(**members | changes)
