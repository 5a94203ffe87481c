"""The store in one SQLite file, served by one process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ...domain.encoding import to_micros
from ...domain.errors import AlreadyExists, SessionNotFound
from ...ports import SessionPage
from ..channels.records import ChannelRecords
from ..failures import Collision
from ..group_commit import GroupCommit
from ..memory.store import MemoryRecords
from ..migrating import migrate
from ..paging import parse_place, place_after
from ..records import Records
from ..rows import LATEST, SessionReader
from ..webhooks.records import WebhookRecords
from . import procedures, queries, statements
from .behind import WriteBehind
from .cache import SessionCache
from .counters import Counters
from .file import SqliteFile
from .transactions import SqliteTransactions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy import Executable
    from sqlalchemy.engine import Connection

    from ...domain.log import LogEntry
    from ...domain.session import Change, Session
    from ...ports import Clock, CommitListener, Deadlines, Decide, RewriteListener, SessionCounts, SessionFilter
    from ..memory.procedures import Procedure

T = TypeVar("T")


class SqliteStore(Records, MemoryRecords, ChannelRecords, WebhookRecords):
    """Implements :class:`~agent_sessions.ports.Store`. Sessions in use are kept as objects."""

    dialect = "sqlite"
    shared = False

    def __init__(self, path: Path, *, clock: Clock, cached_sessions: int, busy_timeout: timedelta) -> None:
        self.description = f"SQLite file {path}"
        self._clock = clock
        self._file = SqliteFile(path, busy_timeout=busy_timeout)
        self._cache = SessionCache(cached_sessions)
        self._database = SqliteTransactions(self._file, self._cache)
        self._commits = GroupCommit(self._database)
        self._behind = self._database.behind = WriteBehind(self._commits, clock)

    async def open(self) -> None:
        """Take the file, bring its schema up to date and begin a run."""
        await self._file.open()
        try:
            await self._file.write_core(migrate)
            await self._file.write(self._begin_run)
        except BaseException:
            await self._file.close()
            raise
        self._commits.start()

    async def close(self) -> None:
        """Write what was told. Only if that succeeds the run has ended in order. Closing twice is harmless."""
        if not self._commits.is_open:
            return
        await self._behind.drain()
        await self._commits.stop()
        try:
            if self._behind.is_written:
                await self._file.write(self._end_run)
        finally:
            await self._file.close()

    async def check(self) -> None:
        """Return if the file can be read."""
        await self._file.read(lambda connection: connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone())

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
        """From memory where possible."""
        return self._cache.get(session_id) or self._behind.get(session_id) or await self._read_session(session_id)

    async def change(
        self, session_id: str, decide: Decide, *, idempotency_key: str | None = None, behind: bool = False
    ) -> Session:
        """Apply a rule; see :class:`~agent_sessions.ports.SessionStore`."""
        if behind and idempotency_key is None and self._may_be_told(session_id):
            session = self._behind.get(session_id) or self._cache.get(session_id)
            if session is not None and (told := self._behind.tell(session, decide)) is not None:
                self._cache.put(told)
                return told
        return await self._commits.change(session_id, decide, key=idempotency_key)

    async def change_each(self, session_ids: Sequence[str], decide: Decide) -> Sequence[Session | BaseException]:
        """Apply a rule to each of these; see :class:`~agent_sessions.ports.SessionStore`."""
        return await self._commits.change_each(session_ids, decide)

    def _may_be_told(self, session_id: str) -> bool:
        """Whether what is known here of the session is what the file has, and no write of it is under way.

        Nor is it a session that an earlier process wrote last. Only what this process wrote gains a second should it
        crash; and what a crashed one wrote ends later here than in the file, so that the second is spent already.
        """
        return not self._commits.is_busy(session_id) and not self._cache.is_inherited(session_id)

    async def log(self, session_id: str, *, after: int = 0, limit: int) -> Sequence[LogEntry]:
        """The rows with ``seq > after``, oldest first."""
        read = partial(queries.log_after, session_id=session_id, after=after, limit=limit)
        return await self._file.read(read) or await self._nothing_of(session_id)

    async def messages(
        self, session_id: str, *, before: datetime | None = None, after: datetime | None = None, limit: int
    ) -> Sequence[LogEntry]:
        """Message rows with ``after < at < before``, oldest first."""
        read = partial(queries.messages, session_id=session_id, before=before, after=after, limit=limit)
        return await self._file.read(read) or await self._nothing_of(session_id)

    async def replies_to(self, session_id: str, message_id: str, *, after: int) -> Sequence[LogEntry]:
        """The rows that conclude this message."""
        read = partial(queries.replies, session_id=session_id, message_id=message_id, after=after)
        return await self._file.read(read) or await self._nothing_of(session_id)

    async def list(self, which: SessionFilter, *, limit: int, after: str | None = None, offset: int = 0) -> SessionPage:
        """Live sessions, oldest first; renewals not written yet may show with the next second."""
        read = partial(
            queries.page,
            which=which,
            reader=self._database.reader,
            run=self._database.run,
            limit=limit + 1,
            after=parse_place(after),
            offset=offset,
        )
        found = await self._file.read(read)
        shown = [self._behind.get(session.id) or session for session in found.sessions[:limit]]
        active = self._database.counters.of(which.agent_id) if found.active is None else found.active
        more = len(found.sessions) > limit and shown
        return SessionPage(shown, max(0, active - found.over), place_after(shown[-1]) if more else None)

    async def counts(self, *, now: datetime, remember: timedelta) -> SessionCounts:
        """From counters; only what fell due unnoticed and what is remembered as expired is counted."""
        read = partial(
            queries.counts, counters=self._database.counters, run=self._database.run, now=now, remember=remember
        )
        return await self._file.read(read)

    async def due(self, *, before: datetime, limit: int, after: tuple[datetime, str] | None = None) -> Deadlines:
        """Deadlines in order; up to a second early where a renewal is not written or the writer crashed."""
        return await self._file.read(partial(queries.due, before=before, limit=limit, after=after))

    async def awaiting(self) -> Sequence[tuple[str, str]]:
        """Every other run is over: the file has one process at a time."""
        return await self._file.read(partial(queries.awaiting, run=self._database.run))

    async def _ask(self, procedure: Procedure[T]) -> T:
        return await self._file.read(lambda connection: procedures.read(connection, procedure))

    def _session_reader(self) -> SessionReader:
        return self._database.reader

    def _told(self, session: Session) -> Session:
        return self._behind.get(session.id) or session

    def _over(self) -> tuple[int, int]:
        return self._database.run, LATEST

    async def _rows(self, statement: Executable) -> Sequence[Mapping[str, Any]]:
        return await self._file.write_core(lambda connection: _fetched(connection, statement))

    async def _write(self, statement: Executable) -> int:
        return await self._file.write_core(lambda connection: connection.execute(statement).rowcount)

    async def _read_session(self, session_id: str) -> Session:
        ticket = self._cache.begin_read(session_id)
        session, inherited = None, False
        try:
            read = partial(queries.session, session_id=session_id, reader=self._database.reader, run=self._database.run)
            session, inherited = await self._file.read(read)
        finally:
            self._cache.end_read(ticket, session_id, session, inherited=inherited)
        if session is None:
            raise SessionNotFound(session_id)
        return self._behind.get(session_id) or self._cache.get(session_id) or session

    async def _nothing_of(self, session_id: str) -> Sequence[LogEntry]:
        """No rows of a session that exists."""
        await self.get(session_id)
        return []

    def _begin_run(self, connection: sqlite3.Connection) -> None:
        now = to_micros(self._clock.now())
        run: int = connection.execute(statements.BEGIN_RUN, (now,)).fetchone()[0]
        connection.execute(statements.FORGET_RUNS, (run,))
        crashed = frozenset(other for (other,) in connection.execute(statements.CRASHED_RUNS, (run,)))
        self._database.run = run
        self._database.reader = SessionReader(crashed)
        self._database.counters = Counters(
            active_of=dict(connection.execute(statements.COUNT_ACTIVE_OF)),
            warned=connection.execute(statements.COUNT_WARNED).fetchone()[0],
        )

    def _end_run(self, connection: sqlite3.Connection) -> None:
        connection.execute(statements.END_RUN, (self._database.run, to_micros(self._clock.now())))


def _fetched(connection: Connection, statement: Executable) -> Sequence[Mapping[str, Any]]:
    return [dict(row) for row in connection.execute(statement).mappings()]
