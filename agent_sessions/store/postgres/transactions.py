"""PostgreSQL under group commit: the sessions of a batch are locked in order of id, and rows go in as arrays."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from .. import rows
from ..batch import CREATIONS, Key, Loaded, Used
from ..webhooks.statements import QUEUE_POSTGRES
from . import statements
from .procedures import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping

    from ..batch import Upshot, Wanted, Writes
    from ..memory.procedures import Procedure
    from ..rows import SessionReader
    from .pool import PlainConnection, PostgresPool

T = TypeVar("T")


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

    def committed(self, writes: Writes, upshot: Upshot | None = None) -> None:
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
        found = await self._locked(session_ids)
        used |= await self._used([key for key in wanted.keys if key.scope != CREATIONS])
        return Loaded({row[0]: self._reader.read(row) for row in found}, used)

    async def write(self, writes: Writes, work: Procedure[Upshot] | None = None) -> Upshot | None:
        """Insert, update and do the work; committed when the transaction ends."""
        if writes.created:
            await self._keep_users(map(rows.user_row, writes.created.values()))
        for statement, values in (
            (statements.INSERT_SESSIONS, writes.created.values()),
            (statements.REWRITE_SESSIONS, writes.rewritten.values()),
            (statements.MOVE_SESSIONS, writes.moved.values()),
            (statements.INSERT_LOG, writes.log),
            (statements.INSERT_KEYS, sorted(writes.keys)),
            (QUEUE_POSTGRES, writes.webhooks),
        ):
            if values:
                await self._connection.execute(statement, *_columns(values))
        return None if work is None else await run(self._connection, work)

    async def _keep_users(self, users: Iterable[tuple[Any, ...]]) -> None:
        """Make the users of new sessions, and hold those that are there. Whoever is erased meanwhile is made again."""
        missing = {user[:2]: user for user in users}
        while True:
            known = await self._connection.fetch(statements.SHARE_USERS, *_columns(sorted(missing)))
            missing = _without(missing, known)
            if missing:
                new = await self._connection.fetch(statements.INSERT_USERS, *_columns(sorted(missing.values())))
                missing = _without(missing, new)
            if not missing:
                return

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


def _without(users: Mapping[tuple[Any, ...], T], found: Iterable[Any]) -> dict[tuple[Any, ...], T]:
    gone = {tuple(row) for row in found}
    return {owner: user for owner, user in users.items() if owner not in gone}


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
