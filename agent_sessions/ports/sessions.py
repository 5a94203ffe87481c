"""Where sessions and their logs are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..domain.session import Change, Session


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

RewriteListener: TypeAlias = "Callable[[str], None]"
"""Told of each session (by id) whose log a commit changed other than by adding rows: messages were taken out of it, it
was erased with its session, or it was brought in whole. Must not block nor raise."""


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

    def on_rewrite(self, listener: RewriteListener) -> None:
        """Tell ``listener`` of each log that a commit of this process took from or replaced, before its writer returns.

        After the listeners of the same commit's rows.
        """

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

    async def change_each(self, session_ids: Sequence[str], decide: Decide) -> Sequence[Session | BaseException]:
        """Apply a rule to each of these sessions, in as few commits as may be.

        Returns in their order what ``change`` would have returned or raised for each. Raises StoreUnavailable when the
        store takes no writes at all.
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

    async def awaiting(self) -> Sequence[tuple[str, str]]:
        """The messages that wait for a reply of a process that no longer runs: of each its session's id, and its own.

        A process that shares the database and crashed is told from one that runs 30 s after its last sign of life.
        """


Deadlines: TypeAlias = "Sequence[tuple[datetime, str]]"
