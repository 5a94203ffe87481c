"""A session: one agent and one user in conversation, with an end. And the rules by which it changes.

Every rule is a pure function from a session (and now) to a :class:`Change`: the session afterwards and the rows its log
gains. Whoever stores a change stores both or neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from . import log
from .errors import SessionBusy, SessionExpired, SessionNotFound
from .frozen import copier, quick
from .log import LogEntry
from .timeouts import expiry, is_near, renewed_expiry, warning_time
from .user import DEFAULT_PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .log import Fact
    from .timeouts import TimeoutConfig

TICK = timedelta(milliseconds=1)
"""The least distance in time between two rows of one log."""

NO_TIME = timedelta(0)


class State(StrEnum):
    """Where a session is in its life."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


class MemoryStatus(StrEnum):
    """How far a session's conversation became memories."""

    PENDING = "pending"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """When and how far a session's conversation becomes memories.

    ``quiet``: it is processed by itself after so long without a message, and when the session closes; None: never by
    itself. ``due_at``: when that will be, None while there is nothing new. ``done_seq``: rows up to this number are
    memories already.
    """

    status: MemoryStatus = MemoryStatus.PENDING
    quiet: timedelta | None = None
    due_at: datetime | None = None
    done_seq: int = 0


UNPROCESSED = Processing()


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One agent and one user in conversation. Times are aware UTC with whole milliseconds.

    ``agent_id``: empty for a session without an agent, as the memory wire makes them; such a session never expires.
    ``project``: whose user ``user_id`` is.
    ``warned_at``: when it was noticed to be near its end, None while it was not (or since it was renewed).
    ``closed_at``: when it expired or was ended. ``awaiting``: ids of the messages whose reply is being made or waited
    for, first come first. ``last_seq`` and ``last_at``: number and time of the newest row of its log.
    """

    id: str
    channel_id: str
    agent_id: str
    user_id: str
    created_at: datetime
    last_activity: datetime
    expires_at: datetime
    timeout: TimeoutConfig
    metadata: Mapping[str, Any] = field(default_factory=dict)
    renewal_count: int = 0
    state: State = State.ACTIVE
    warned_at: datetime | None = None
    closed_at: datetime | None = None
    awaiting: tuple[str, ...] = ()
    processing: Processing = UNPROCESSED
    project: str = DEFAULT_PROJECT
    last_seq: int = 0
    last_at: datetime

    @property
    def deadline(self) -> datetime | None:
        """The next instant something is due by itself: its warning, its end, its processing. None: never again."""
        due = self.processing.due_at
        if self.state is not State.ACTIVE:
            return due
        ends = self.expires_at if self.warned_at else warning_time(self.timeout, self.expires_at)
        return ends if due is None or ends < due else due

    def is_near_expiration(self, now: datetime) -> bool:
        """Whether it is alive and within its warning threshold."""
        return self.state is State.ACTIVE and is_near(self.timeout, self.expires_at, now=now)

    def time_remaining(self, now: datetime) -> timedelta:
        """How long it still lives, never negative."""
        return self.expires_at - now if now < self.expires_at else NO_TIME


@dataclass(frozen=True, slots=True)
class Change:
    """A session as it will be, and the rows its log gains, in order."""

    session: Session
    entries: tuple[LogEntry, ...] = ()


changed = copier(Session)
"""The session with these members in place of its own."""

_changed_processing = copier(Processing)
_changed_message = copier(log.Message)


def opened(session: Session) -> Change:
    """A session begins."""
    return _logged(session, log.Created(session.expires_at, session.timeout), {}, at=session.created_at)


def ensure_known(session: Session, now: datetime, *, remember: timedelta) -> None:
    """Raise SessionNotFound when the session was ended, or expired longer ago than that is remembered."""
    if session.state is State.ENDED or now >= session.expires_at + remember:
        raise SessionNotFound(session.id)


def ensure_live(session: Session, now: datetime, *, remember: timedelta) -> None:
    """Raise unless the session can be used now: expired within ``remember`` is told as such, all else is not found."""
    if session.state is State.ACTIVE and now < session.expires_at:
        return
    ensure_known(session, now, remember=remember)
    raise SessionExpired(session.id, session.expires_at)


def posted(
    session: Session, message: log.Message, *, now: datetime, room: int | None, retry_after: timedelta
) -> Change:
    """A user says something; with ``auto_renew`` that renews the session.

    ``room``: how many messages may wait for a reply, this one included; None when no reply is expected.
    Raises :class:`SessionBusy` when there is no room.
    """
    if room is not None and len(session.awaiting) >= room:
        raise SessionBusy(session.id, limit=room, retry_after=retry_after)
    changes = _to_be_processed(session, now)
    if session.timeout.auto_renew:
        message = _changed_message(message, {"renewal": _renewal(session, changes, now=now)})
    else:
        changes["last_activity"] = _last_activity(session, now)
    if room is not None:
        changes["awaiting"] = (*session.awaiting, message.id)
    return _logged(session, message, changes, at=now)


def noted(session: Session, message: log.Message, *, now: datetime) -> Change:
    """A message enters the log without touching the clock: an agent speaks unasked, or something is brought in."""
    return _logged(session, message, _to_be_processed(session, now), at=now)


def erased(session: Session, message_ids: tuple[str, ...] = (), *, now: datetime) -> Change:
    """These messages (all, where none is named) are taken back; whoever stores the change takes them out of the log."""
    return _logged(session, log.Erased(message_ids), {}, at=now)


def concluded(session: Session, end: log.Message | log.ReplyMissing, *, now: datetime) -> Change | None:
    """The wait of message ``end.in_reply_to`` is over: with a reply or without.

    None when that message does not wait (any more): the first conclusion stands.
    """
    if end.in_reply_to not in session.awaiting:
        return None
    changes = _to_be_processed(session, now) if isinstance(end, log.Message) else {}
    changes["awaiting"] = tuple(waiting for waiting in session.awaiting if waiting != end.in_reply_to)
    return _logged(session, end, changes, at=now)


def renewed(session: Session, *, now: datetime) -> Change:
    """Somebody renews the session by hand, whatever its ``auto_renew`` says."""
    changes: dict[str, Any] = {}
    renewal = _renewal(session, changes, now=now)
    return _logged(session, log.Renewed(renewal), changes, at=now)


def touched(session: Session, *, now: datetime) -> Change:
    """A heartbeat: renews where activity renews, else only records the activity (which leaves no row)."""
    if session.timeout.auto_renew:
        return renewed(session, now=now)
    return Change(changed(session, {"last_activity": _last_activity(session, now)}))


def redescribed(session: Session, metadata: Mapping[str, Any]) -> Change:
    """The session's metadata are replaced, which leaves no row."""
    return Change(changed(session, {"metadata": metadata}))


def reconfigured(session: Session, config: TimeoutConfig, *, now: datetime) -> Change:
    """The timeouts change; the end is computed anew and may lie in the past."""
    ends = expiry(config, created_at=session.created_at, last_activity=session.last_activity)
    changes = {"timeout": config, "expires_at": ends, "warned_at": None}
    return _logged(session, log.Reconfigured(ends, config), changes, at=now)


def ended(session: Session, *, now: datetime, forgotten: bool = False) -> Change:
    """Somebody ends the session. Its log stays; ``forgotten``: it shall not become memories."""
    never = _changed_processing(session.processing, {"quiet": None, "due_at": None})
    changes = {"processing": never} if forgotten else _to_be_processed_at_once(session, now)
    changes |= {"state": State.ENDED, "closed_at": now, "warned_at": None}
    return _logged(session, log.Ended(), changes, at=now)


def fallen_due(session: Session, *, now: datetime) -> Change | None:
    """What the clock does to the session now: expire it, warn, or begin to process. None when nothing is due.

    One thing at a time: the session afterwards has its next deadline, which may have passed as well.
    """
    if session.state is State.ACTIVE and now >= session.expires_at:
        return _expired(session, now)
    if (
        session.state is State.ACTIVE
        and session.warned_at is None
        and now >= warning_time(session.timeout, session.expires_at)
    ):
        return _warned(session, now)
    if session.processing.due_at is not None and now >= session.processing.due_at:
        return processing_begun(session, now=now)
    return None


def processing_begun(session: Session, *, now: datetime) -> Change:
    """The conversation so far is to become memories; whoever processes it says so with :func:`processing_done`."""
    after = _changed_processing(session.processing, {"status": MemoryStatus.PROCESSING, "due_at": None})
    return _logged(session, log.ProcessingBegun(session.last_seq), {"processing": after}, at=now)


def processing_done(session: Session, end: log.Processed | log.ProcessingFailed, *, now: datetime) -> Change | None:
    """The conversation up to row ``end.up_to`` became memories, or could not. None when it was not being processed."""
    before = session.processing
    if before.status is not MemoryStatus.PROCESSING:
        return None
    if isinstance(end, log.ProcessingFailed):
        status, done = MemoryStatus.FAILED, before.done_seq
    else:
        status, done = MemoryStatus.PROCESSED if before.due_at is None else MemoryStatus.PENDING, end.up_to
    after = _changed_processing(before, {"status": status, "done_seq": done})
    return _logged(session, end, {"processing": after}, at=now)


def _expired(session: Session, now: datetime) -> Change:
    fact = log.Expired(session.expires_at, _milliseconds(now - session.expires_at))
    changes = _to_be_processed_at_once(session, now) | {"state": State.EXPIRED, "closed_at": now}
    return _logged(session, fact, changes, at=now)


def _warned(session: Session, now: datetime) -> Change:
    late = max(now - max(warning_time(session.timeout, session.expires_at), session.last_at), timedelta(0))
    return _logged(session, log.Warned(session.expires_at, _milliseconds(late)), {"warned_at": now}, at=now)


def _to_be_processed(session: Session, now: datetime) -> dict[str, Any]:
    """Something was said: it will be processed when the conversation has been quiet for long enough."""
    before = session.processing
    if before.quiet is None:
        return {}
    status = before.status if before.status is MemoryStatus.PROCESSING else MemoryStatus.PENDING
    return {"processing": _changed_processing(before, {"status": status, "due_at": now + before.quiet})}


def _to_be_processed_at_once(session: Session, now: datetime) -> dict[str, Any]:
    """Nothing more will be said: what was said is processed now."""
    before = session.processing
    return {} if before.due_at is None else {"processing": _changed_processing(before, {"due_at": now})}


def _last_activity(session: Session, now: datetime) -> datetime:
    """Activity never goes back, even where the clock does, so that no renewal shortens a session."""
    return max(now, session.last_activity)


def _renewal(session: Session, changes: dict[str, Any], *, now: datetime) -> log.Renewal:
    """Renew the session now; puts what becomes of it by that among its ``changes``.

    A renewal never moves the end back, which may lie further ahead since a crash gave the session a second more.
    """
    active = _last_activity(session, now)
    ends = renewed_expiry(session.timeout, created_at=session.created_at, now=active)
    renewal = log.Renewal(max(ends, session.expires_at), session.renewal_count + 1)
    changes["last_activity"] = active
    changes["expires_at"] = renewal.expires_at
    changes["renewal_count"] = renewal.count
    changes["warned_at"] = None
    return renewal


def _logged(session: Session, fact: Fact, changes: dict[str, Any], *, at: datetime) -> Change:
    """The session, changed so, with one more row. The row's time moves on where the clock stood still or went back."""
    when = max(at, session.last_at + TICK) if session.last_seq else at
    changes["last_seq"] = seq = session.last_seq + 1
    changes["last_at"] = when
    return Change(changed(session, changes), (LogEntry(session.id, seq, when, fact),))


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
