"""The contracts between the core and what may be exchanged: clock, stores, bus, agents.

Whoever implements one of these keeps the promises in its docstrings; ``agent_sessions.testing`` has a suite for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime, timedelta
    from typing import Any

    from .domain.agent import AgentDefinition, Character, Context, ReplyPart
    from .domain.job import Job
    from .domain.log import LogEntry
    from .domain.session import Change, Session

T = TypeVar("T")


# ---------------------------------------------------------------------------------------------------------------- time


class TimerHandle(Protocol):
    """A call that was asked for and can be called off."""

    def cancel(self) -> None:
        """Call it off; harmless when it already happened."""


class Clock(Protocol):
    """The time, and waking at a time."""

    def now(self) -> datetime:
        """The present as aware UTC in whole milliseconds."""

    def call_at(self, instant: datetime, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` in the event loop at ``instant`` (as soon as possible when it has passed), never before."""

    async def sleep_until(self, instant: datetime) -> None:
        """Return at ``instant``, never before."""


# ------------------------------------------------------------------------------------------------------------- sessions


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions; None: any. ``now`` decides which are alive."""

    now: datetime
    agent_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some of the live sessions in order of creation. ``total``: how many the filter matches in all.

    ``next_after``: pass it as ``after`` for the next page; None when this is the last one.
    """

    sessions: Sequence[Session]
    total: int
    next_after: str | None


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """How many sessions are live, how many of these are near their end, how many expired ones are remembered."""

    active: int
    expiring: int
    expired: int


Decide: TypeAlias = "Callable[[Session], Change | None]"
"""A rule: from the session as it is to what becomes of it. Pure, quick, and possibly called more than once.

None: nothing is to be done. What it raises reaches whoever asked for the change, and nothing is stored.
"""

CommitListener: TypeAlias = "Callable[[Session, Sequence[LogEntry]], None]"
"""Told of each session that a commit changed, and of the rows its log gained. Must not block nor raise."""


class Repeated(Exception):
    """A message with this idempotency key is already in the log, as row ``seq``."""

    def __init__(self, session_id: str, seq: int) -> None:
        super().__init__(f"row {seq} of session '{session_id}' was written under the same key")
        self.session_id = session_id
        self.seq = seq


class SessionStore(Protocol):
    """Where sessions and their logs are kept, each session with its log as one whole.

    Every write returns after its commit, and many share one. A write that fails raises
    :class:`~agent_sessions.domain.errors.StoreUnavailable`, leaves nothing behind and harms no other. Changes of one
    session happen one after another, in every process that shares the database. Unknown ids raise ``SessionNotFound``.
    """

    def on_commit(self, listener: CommitListener) -> None:
        """Tell ``listener`` of each commit of this process, a session's rows in order, before its writer returns."""

    async def create(self, change: Change, *, idempotency_key: str | None = None) -> Session:
        """Keep a new session. With a key that was used before, nothing is made and the session of then is returned."""

    async def get(self, session_id: str) -> Session:
        """The session as last committed (or as last told, see ``change``), closed ones included."""

    async def change(
        self, session_id: str, decide: Decide, *, idempotency_key: str | None = None, behind: bool = False
    ) -> Session:
        """Apply a rule to the session as it is, and return the session afterwards.

        ``idempotency_key``: raise :class:`Repeated`, without calling the rule, when a row of this session's log was
        written under the same key; else the change's first row is remembered under it.

        ``behind``: the change is a renewal. The store may answer before the commit, but only where the durable session
        ends at most a second before the told one; it commits within a second (several renewals as one row), and after
        a crash it reads open sessions as ending a second later. So no session ends earlier than anybody was told.
        """

    async def log(self, session_id: str, *, after: int = 0, limit: int) -> Sequence[LogEntry]:
        """The rows with ``seq > after``, oldest first."""

    async def messages(
        self, session_id: str, *, before: datetime | None = None, after: datetime | None = None, limit: int
    ) -> Sequence[LogEntry]:
        """Message rows with ``after < at < before``, oldest first.

        The newest ``limit`` of them, unless only ``after`` is given: then the oldest ``limit``.
        """

    async def replies_to(self, session_id: str, message_id: str, *, after: int) -> Sequence[LogEntry]:
        """The rows with ``seq > after`` that conclude this message: its reply, or that there is none."""

    async def list(self, which: SessionFilter, *, limit: int, after: str | None = None, offset: int = 0) -> SessionPage:
        """Live sessions, oldest first. ``after``: a page's ``next_after``; anything else raises InvalidInput."""

    async def counts(self, *, now: datetime, remember: timedelta) -> SessionCounts:
        """How many sessions there are, in constant time where the database allows."""

    async def due(self, *, before: datetime, limit: int, after: tuple[datetime, str] | None = None) -> Deadlines:
        """Deadlines of active sessions earlier than ``before`` in order of (deadline, id), beyond ``after``."""

    async def awaiting(self) -> Sequence[str]:
        """Ids of sessions with messages that wait for a reply of a process that no longer runs."""


Deadlines: TypeAlias = "Sequence[tuple[datetime, str]]"


# --------------------------------------------------------------------------------------------------- agents and jobs


class AgentStore(Protocol):
    """Where the definitions of agents are kept."""

    async def agents(self) -> Sequence[AgentDefinition]:
        """All of them, by name."""

    async def put_agent(self, definition: AgentDefinition) -> None:
        """Keep this definition in place of any with the same id."""

    async def remove_agent(self, agent_id: str) -> None:
        """Forget it. Raises AgentNotFound."""


class JobStore(Protocol):
    """Where jobs (one question, one answer) are kept."""

    async def put_job(self, job: Job) -> None:
        """Keep this job in place of any with the same id."""

    async def job(self, job_id: str) -> Job:
        """Raises JobNotFound."""

    async def jobs(self, *, status: str | None = None, limit: int) -> Sequence[Job]:
        """The newest jobs first."""

    async def job_counts(self) -> Mapping[str, int]:
        """How many jobs there are in each status; a status without jobs may be missing."""

    async def forget_jobs(self, *, before: datetime) -> int:
        """Drop jobs that expired before then; returns how many."""


class Store(SessionStore, AgentStore, JobStore, Protocol):
    """One database."""

    description: str
    """What to show people: the kind of database and where it is, without credentials."""

    async def open(self) -> None:
        """Connect and bring the schema up to date. Raises StoreInUse or StoreUnavailable."""

    async def close(self) -> None:
        """Write what was told but not written, and let go of the database."""

    async def check(self) -> None:
        """Return if the database answers; raise StoreUnavailable if not."""


# ----------------------------------------------------------------------------------------------------------------- bus


@dataclass(frozen=True, slots=True)
class ReplyChunk:
    """A piece of the text of a reply being made. ``index`` counts from 0; the finished message is a row of the log."""

    session_id: str
    message_id: str
    agent_id: str
    index: int
    text: str


Event: TypeAlias = "LogEntry | ReplyChunk"


class Subscription(Protocol):
    """A reader of events. Iterate it; leave its ``async with`` to stop."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """The events from the moment of subscribing on. Ends early with ``FellBehind`` when the reader is too slow."""

    async def __aenter__(self) -> Subscription:
        """Start reading."""

    async def __aexit__(self, *exc: object) -> None:
        """Stop reading."""


class FellBehind(Exception):
    """The reader was too slow and lost events; read the log after the last row seen, then subscribe again."""


class EventBus(Protocol):
    """Carries committed facts, and reply text as it is made, to whoever listens, in this process and in others."""

    def publish(self, event: Event) -> None:
        """Send an event on its way. Never blocks. Events of one session from one process arrive in order."""

    def subscribe(self, session_id: str | None = None) -> Subscription:
        """Events of one session, or of all. Only the bus' own bounded buffer is kept for a slow reader."""

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Deliver what is on its way, end every subscription."""


# -------------------------------------------------------------------------------------------------------------- agents


class Agent(Protocol):
    """That which replies."""

    def reply(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        """The reply, in pieces. Closed (``aclose``) or cancelled when nobody wants it any more.

        Raise :class:`~agent_sessions.domain.errors.AgentFailed` with a message fit for clients; any other exception is
        logged and reported as a failure without its text.
        """

    async def close(self) -> None:
        """Let go of what it holds."""


AgentFactory: TypeAlias = "Callable[[Character, Mapping[str, Any]], Agent]"
"""An entry point of group ``agent_sessions.agents``: from a character and options to an agent.

Raises ConfigError that names the option, or MissingExtra.
"""
