"""Users, sessions without an agent, memories and what processing makes of them, to try a store with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..domain import session as rules
from ..domain.log import Author, Processed
from ..domain.memory import (
    ClarifyingQuestion,
    ConflictingMemory,
    Connection,
    Memory,
    MergeConflict,
    NewVersion,
    ProcessingResult,
    SessionSummary,
    VersionReason,
)
from ..domain.session import Processing
from ..domain.timeouts import LONGEST, UNENDING
from ..domain.user import DEFAULT_PROJECT, User
from ..ports import Owner
from .store_samples import MINUTE, message, session_to_open

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..domain.session import Change, Session
    from ..ports import Decide, Store

ALICE = Owner(DEFAULT_PROJECT, "alice")
BOB = Owner(DEFAULT_PROJECT, "bob")
DAY = timedelta(days=1)


def user(owner: Owner, now: datetime, **changes: Any) -> User:
    """A user as the memory wire makes them."""
    members: dict[str, Any] = {
        "project": owner.project,
        "id": owner.user_id,
        "created_at": now,
        "last_active_at": now,
        "metadata": {},
    }
    return User(**members | changes)


def memory_session(owner: Owner, now: datetime, **changes: Any) -> Change:
    """A new session without an agent."""
    members: dict[str, Any] = {
        "agent_id": "",
        "user_id": owner.user_id,
        "project": owner.project,
        "expires_at": now + LONGEST,
        "timeout": UNENDING,
        "processing": Processing(quiet=10 * MINUTE),
    }
    return session_to_open(now, **members | changes)


async def session_with(
    store: Store, owner: Owner, now: datetime, *, said: Sequence[str] = ("Hello",), **changes: Any
) -> Session:
    """A session in which the user said this."""
    session = await store.create(memory_session(owner, now, **changes))
    for text in said:
        session = await say(store, session, text, now)
    return session


async def say(store: Store, session: Session, text: str, now: datetime, **changes: Any) -> Session:
    """The session after this was said by its user, or its agent where ``changes`` say so."""
    said = message(text, author_id=session.user_id, **changes)
    return await store.change(session.id, lambda known: rules.noted(known, said, now=now))


def agent_says() -> dict[str, Any]:
    """What makes a message the agent's."""
    return {"author": Author.AGENT}


async def begun(store: Store, session: Session, now: datetime) -> Session:
    """The session as its processing begins."""
    return await store.change(session.id, lambda known: rules.processing_begun(known, now=now))


def done(now: datetime) -> Decide:
    """The rule by which a session's processing ends well."""
    return lambda session: rules.processing_done(session, Processed(session.last_seq), now=now)


async def recorded(store: Store, session: Session, result: ProcessingResult, now: datetime) -> Session:
    """The session after it was processed with this result."""
    owner = Owner(session.project, session.user_id)
    await begun(store, session, now)
    return await store.record(owner, session.id, rule=done(now), result=result, now=now)


def memory(session: Session, content: str, **changes: Any) -> Memory:
    """A fact made from a session."""
    start = session.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
    members: dict[str, Any] = {
        "id": str(uuid4()),
        "session_id": session.id,
        "content": content,
        "event_start": start,
        "event_end": start + DAY - timedelta(seconds=1),
        "created_at": session.created_at,
        "categories": ("personal",),
        "sources": (str(uuid4()),),
    }
    return Memory(**members | changes)


def result(session: Session, *created: Memory, **changes: Any) -> ProcessingResult:
    """What processing a session made."""
    return replace(ProcessingResult(session.id, created=created), **changes)


def version(memory: Memory, replaces: str, reason: VersionReason = VersionReason.CHANGE) -> NewVersion:
    """A memory that takes the place of another."""
    return NewVersion(memory, replaces, reason)


def connection(one: Memory, other: Memory, shared: str = "Berlin") -> Connection:
    """Both speak of the same."""
    first, second = sorted((one.id, other.id))
    return Connection(first, second, shared)


def conflict(proposed: Memory, *known: Memory) -> MergeConflict:
    """A contradiction with these."""
    options = (*(each.content for each in known), proposed.content)
    return MergeConflict(
        id=str(uuid4()),
        session_id=proposed.session_id,
        proposed=proposed,
        conflicting=tuple(ConflictingMemory(each.id, each.content, "Cannot both be true") for each in known),
        questions=(ClarifyingQuestion("Which is right?", options),),
    )


def summary(session: Session, text: str = "User said hello.") -> SessionSummary:
    """A summary of a session."""
    return SessionSummary(session.id, text, session.created_at, session.created_at + MINUTE)
