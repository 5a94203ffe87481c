"""PostgreSQL under group commit: the sessions of a batch are locked in order of id, and rows go in as arrays."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..batch import CREATIONS, Key, Loaded, Used
from . import statements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable

    from ..batch import Wanted, Writes
    from ..rows import SessionReader
    from .pool import PlainConnection, PostgresPool


class PostgresTransactions:
    """Opens transactions for group commit. Nothing is kept in memory."""

    def __init__(self, pool: PostgresPool, reader: SessionReader) -> None:
        self._pool = pool
        self._reader = reader
        self.run = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """A transaction of its own connection."""
        async with self._pool.transaction() as connection:
            yield PostgresTransaction(connection, self._reader)

    def committed(self, writes: Writes) -> None:
        """Nothing to note."""


class PostgresTransaction:
    """One transaction."""

    def __init__(self, connection: PlainConnection, reader: SessionReader) -> None:
        self._connection = connection
        self._reader = reader

    async def load(self, wanted: Wanted) -> Loaded:
        """Lock and read the sessions; then keys, for what others wrote while this waited for their locks."""
        creations = [key for key in wanted.keys if key.scope == CREATIONS]
        used = await self._used(creations)
        session_ids = {*wanted.sessions, *(one.session_id for one in used.values())}
        rows = await self._locked(session_ids)
        used |= await self._used([key for key in wanted.keys if key.scope != CREATIONS])
        return Loaded({row[0]: self._reader.read(row) for row in rows}, used)

    async def write(self, writes: Writes) -> None:
        """Insert and update; committed when the transaction ends."""
        for statement, rows in (
            (statements.INSERT_SESSIONS, writes.created.values()),
            (statements.REWRITE_SESSIONS, writes.rewritten.values()),
            (statements.MOVE_SESSIONS, writes.moved.values()),
            (statements.INSERT_LOG, writes.log),
            (statements.INSERT_KEYS, sorted(writes.keys)),
        ):
            if rows:
                await self._connection.execute(statement, *_columns(rows))

    async def _locked(self, session_ids: Collection[str]) -> Iterable[Any]:
        if not session_ids:
            return ()
        rows: Iterable[Any] = await self._connection.fetch(statements.LOCK_SESSIONS, list(session_ids))
        return rows

    async def _used(self, keys: Collection[Key]) -> dict[Key, Used]:
        if not keys:
            return {}
        rows = await self._connection.fetch(statements.SELECT_KEYS, *_columns(keys))
        return {Key(scope, key): Used(session_id, seq) for scope, key, session_id, seq in rows}


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
