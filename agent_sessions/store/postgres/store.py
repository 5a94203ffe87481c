"""The store in a PostgreSQL database. Every read asks the database: other processes write to it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ...domain.encoding import from_micros, to_micros
from ...domain.errors import AgentSessionsError, AlreadyExists, SessionNotFound
from ...domain.user import DEFAULT_PROJECT
from ...ports import SessionCounts, SessionPage
from ..channels.records import ChannelRecords
from ..failures import Collision
from ..group_commit import GroupCommit
from ..memory.store import MemoryRecords
from ..paging import parse_place, place_after
from ..records import Records
from ..rows import EARLIEST, LATEST, SessionReader, read_entry
from ..webhooks.records import WebhookRecords
from . import procedures, statements
from .lease import Lease, logger
from .pool import PostgresPool
from .transactions import PostgresTransactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Executable

    from ...domain.log import LogEntry
    from ...domain.session import Change, Session
    from ...ports import Clock, CommitListener, Deadlines, Decide, RewriteListener, SessionFilter
    from ..memory.procedures import Procedure

T = TypeVar("T")


class PostgresStore(Records, MemoryRecords, ChannelRecords, WebhookRecords):
    """Implements :class:`~agent_sessions.ports.Store`. Renewals are committed like everything else."""

    dialect = "postgresql"
    shared = True

    def __init__(self, url: str, *, clock: Clock, patience: timedelta) -> None:
        self._clock = clock
        self._pool = PostgresPool(url, patience=patience)
        self.description = self._pool.description
        self._reader = SessionReader()
        self._lease = Lease(self._pool, clock)
        self._database = PostgresTransactions(self._pool, self._reader)
        self._commits = GroupCommit(self._database)

    async def open(self) -> None:
        """Connect, bring the schema up to date and begin a run."""
        await self._pool.open()
        try:
            await self._pool.migrate()
            self._database.run = await self._lease.begin()
        except BaseException:
            await self._pool.close()
            raise
        self._commits.start()

    async def close(self) -> None:
        """Write what waits and end the run; where the server is gone, the others learn that by its silence."""
        await self._commits.stop()
        try:
            await self._lease.end()
        except AgentSessionsError as error:
            logger.warning("run_not_ended", reason=str(error))
        finally:
            await self._pool.close()

    async def check(self) -> None:
        """Return if the server answers."""
        await self._pool.fetchrow("SELECT 1")

    def on_commit(self, listener: CommitListener) -> None:
        """Tell this listener of every change after its commit."""
        self._commits.on_commit(listener)

    def on_rewrite(self, listener: RewriteListener) -> None:
        """Tell this listener of every log that lost rows or came from elsewhere, after the commit."""
        self._commits.on_rewrite(listener)

    async def create(self, change: Change, *, idempotency_key: str | None = None) -> Session:
        """Keep a new session, or return the one that was made under this key. Raises AlreadyExists for a known id."""
        try:
            return await self._commits.create(change, key=idempotency_key)
        except Collision as error:
            raise AlreadyExists(f"Session with ID '{change.session.id}' exists already") from error

    async def get(self, session_id: str) -> Session:
        """From the database."""
        row = await self._pool.fetchrow(statements.SELECT_SESSION, session_id)
        if row is None:
            raise SessionNotFound(session_id)
        return self._reader.read(row)

    async def change(
        self, session_id: str, decide: Decide, *, idempotency_key: str | None = None, behind: bool = False
    ) -> Session:
        """Apply a rule; see :class:`~agent_sessions.ports.SessionStore`. ``behind`` makes no difference here."""
        return await self._commits.change(session_id, decide, key=idempotency_key)

    async def change_each(self, session_ids: Sequence[str], decide: Decide) -> Sequence[Session | BaseException]:
        """Apply a rule to each of these; see :class:`~agent_sessions.ports.SessionStore`."""
        return await self._commits.change_each(session_ids, decide)

    async def log(self, session_id: str, *, after: int = 0, limit: int) -> Sequence[LogEntry]:
        """The rows with ``seq > after``, oldest first."""
        return await self._entries(statements.LOG_AFTER, session_id, after, limit)

    async def messages(
        self, session_id: str, *, before: datetime | None = None, after: datetime | None = None, limit: int
    ) -> Sequence[LogEntry]:
        """Message rows with ``after < at < before``, oldest first."""
        low = EARLIEST if after is None else to_micros(after)
        high = LATEST if before is None else to_micros(before)
        if before is None and after is not None:
            return await self._entries(statements.OLDEST_MESSAGES, session_id, low, high, limit)
        newest = await self._entries(statements.NEWEST_MESSAGES, session_id, low, high, limit)
        return newest[::-1]

    async def replies_to(self, session_id: str, message_id: str, *, after: int) -> Sequence[LogEntry]:
        """The rows that conclude this message."""
        return await self._entries(statements.REPLIES, session_id, after, message_id)

    async def list(self, which: SessionFilter, *, limit: int, after: str | None = None, offset: int = 0) -> SessionPage:
        """Live sessions, oldest first."""
        project = None if which.user_id is None else DEFAULT_PROJECT
        named = {"project": project, "user_id": which.user_id, "agent_id": which.agent_id}
        asked = {name: value for name, value in named.items() if value is not None}
        now, place = to_micros(which.now), parse_place(after)
        page = statements.list_page(_narrowed(asked, first=6))
        rows = await self._pool.fetch(page, now, *place, limit + 1, offset, *asked.values())
        count = statements.count_live(_narrowed(asked, first=2))
        total = (await self._pool.fetchrow(count, now, *asked.values()))[0]
        shown = [self._reader.read(row) for row in rows[:limit]]
        more = len(rows) > limit and shown
        return SessionPage(shown, total, place_after(shown[-1]) if more else None)

    async def counts(self, *, now: datetime, remember: timedelta) -> SessionCounts:
        """Counted from partial indexes."""
        row = await self._pool.fetchrow(statements.COUNTS, to_micros(now), to_micros(now - remember))
        return SessionCounts(*row)

    async def due(self, *, before: datetime, limit: int, after: tuple[datetime, str] | None = None) -> Deadlines:
        """Deadlines in order, from the index alone."""
        beyond = (EARLIEST, "") if after is None else (to_micros(after[0]), after[1])
        rows = await self._pool.fetch(statements.DUE, to_micros(before), *beyond, limit)
        return [(from_micros(deadline), session_id) for deadline, session_id in rows]

    async def awaiting(self) -> Sequence[tuple[str, str]]:
        """A run that gave no sign of life for half a minute no longer runs."""
        since = to_micros(self._lease.alive_since())
        return [tuple(row) for row in await self._pool.fetch(statements.AWAITING, self._database.run, since)]

    async def _ask(self, procedure: Procedure[T]) -> T:
        async with self._pool.snapshot() as connection:
            return await procedures.run(connection, procedure)

    def _session_reader(self) -> SessionReader:
        return self._reader

    def _told(self, session: Session) -> Session:
        return session

    def _over(self) -> tuple[int, int]:
        return self._database.run, to_micros(self._lease.alive_since())

    async def _rows(self, statement: Executable) -> Sequence[Mapping[str, Any]]:
        async with self._pool.core() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def _write(self, statement: Executable) -> int:
        async with self._pool.core() as connection:
            return (await connection.execute(statement)).rowcount

    async def _entries(self, statement: str, session_id: str, *values: object) -> Sequence[LogEntry]:
        """Rows of a log; SessionNotFound where there are none because there is no session."""
        rows = await self._pool.fetch(statement, session_id, *values)
        if not rows:
            await self.get(session_id)
        return [read_entry(session_id, row) for row in rows]


def _narrowed(columns: Iterable[str], *, first: int) -> str:
    """The conditions that these columns equal the values from place ``first`` on."""
    return " ".join(f"AND {column} = ${place}" for place, column in enumerate(columns, start=first))
