"""SQLite under group commit: sessions come from the cache where they can, and all rows go in one transaction."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .. import rows
from ..batch import CREATIONS, Key, Loaded, Used
from ..webhooks.statements import QUEUE_SQLITE
from . import statements
from .procedures import run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Iterable

    from ...domain.session import Session
    from ..batch import Upshot, Wanted, Writes
    from ..memory.procedures import Procedure
    from ..rows import SessionReader
    from .behind import WriteBehind
    from .cache import SessionCache
    from .counters import Counters
    from .file import SqliteFile


class SqliteTransactions:
    """The one writer of a file. Its sessions cannot change under it, so reading needs no lock."""

    def __init__(self, file: SqliteFile, cache: SessionCache) -> None:
        self._file = file
        self._cache = cache
        self.run = 0
        self._written = False
        self.reader: SessionReader
        self.behind: WriteBehind
        self.counters: Counters

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTransactions]:
        """Everything is written, and committed, by :meth:`write`."""
        self._written = False
        try:
            yield self
        finally:
            if not self._written:
                for session in self.behind.give_back():
                    self._cache.put(session)

    async def load(self, wanted: Wanted) -> Loaded:
        """From the cache; what is missing there, and keys, are read together in the writer's thread."""
        told = self.behind.take(wanted.sessions)
        sessions = {session_id: one.session for session_id, one in told.items()}
        missing = []
        for session_id in wanted.sessions:
            if session_id not in sessions:
                if (session := self._cache.get(session_id)) is None:
                    missing.append(session_id)
                else:
                    sessions[session_id] = session
        loaded = Loaded(sessions, {}, told)
        if missing or wanted.keys:
            await self._load_rows(loaded, missing, wanted.keys)
        return loaded

    async def write(self, writes: Writes, work: Procedure[Upshot] | None = None) -> Upshot | None:
        """Write, do the work, and commit."""
        upshot = await self._file.write(lambda connection: _write(connection, writes, work))
        self._written = True
        return upshot

    def committed(self, writes: Writes, upshot: Upshot | None = None) -> None:
        """Bring what is kept in memory up to date."""
        self.behind.committed(writes.after)
        self.counters.committed(writes)
        for session in writes.after.values():
            self._cache.put(self.behind.get(session.id) or session)
        if upshot is not None:
            self._follow(upshot)

    def _follow(self, upshot: Upshot) -> None:
        """Count what came and went; forget what was erased and whose user was renamed; what waits is renamed too."""
        for row in upshot.erased:
            self.counters.erased(self.reader.read(row))
        for session in upshot.added:
            self.counters.added(session)
        erased = [row[0] for row in upshot.erased]
        self.behind.erased(erased)
        self.behind.renamed(upshot.renamed, user_id=upshot.user_id)
        for session_id in (*erased, *upshot.renamed):
            self._cache.remove(session_id)

    async def _load_rows(self, loaded: Loaded, missing: list[str], keys: list[Key]) -> None:
        def read(connection: sqlite3.Connection) -> tuple[dict[Key, Used], list[Session]]:
            used = _used(connection, keys)
            made = {one.session_id for key, one in used.items() if key.scope == CREATIONS}
            return used, self._sessions(connection, {*missing, *made.difference(loaded.sessions)})

        used, sessions = await self._file.write(read)
        loaded.used.update(used)
        for session in sessions:
            loaded.sessions[session.id] = self._newest(session)

    def _newest(self, read: Session) -> Session:
        """A session read only for its key may be known better here."""
        return self.behind.get(read.id) or self._cache.get(read.id) or read

    def _sessions(self, connection: sqlite3.Connection, session_ids: Iterable[str]) -> list[Session]:
        found = (connection.execute(statements.SELECT_SESSION, (one,)).fetchone() for one in session_ids)
        return [self.reader.read(row) for row in found if row]


def _used(connection: sqlite3.Connection, keys: Iterable[Key]) -> dict[Key, Used]:
    found = {key: connection.execute(statements.SELECT_KEY, key).fetchone() for key in keys}
    return {key: Used(*row) for key, row in found.items() if row}


def _write(connection: sqlite3.Connection, writes: Writes, work: Procedure[Upshot] | None = None) -> Upshot | None:
    connection.execute("BEGIN IMMEDIATE")
    for statement, values in (
        (statements.INSERT_USERS, _users(writes)),
        (statements.INSERT_SESSIONS, writes.created.values()),
        (statements.REWRITE_SESSIONS, writes.rewritten.values()),
        (statements.MOVE_SESSIONS, writes.moved.values()),
        (statements.INSERT_LOG, writes.log),
        (statements.INSERT_KEYS, writes.keys),
    ):
        if values:
            statement.execute(connection, values)
    if writes.webhooks:
        connection.executemany(QUEUE_SQLITE, writes.webhooks)
    upshot = None if work is None else run(connection, work)
    connection.execute("COMMIT")
    return upshot


def _users(writes: Writes) -> set[tuple[Any, ...]]:
    """The rows of those who have new sessions."""
    return {(*rows.user_row(created), "{}") for created in writes.created.values()}
