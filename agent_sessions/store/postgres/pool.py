"""Connections to one PostgreSQL database: a pool for plain SQL, and an engine for migrations and cold tables."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ...domain.errors import ConfigError, StoreUnavailable
from ..migrating import migrate
from .failures import translated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CONNECTIONS = 8
COLD_CONNECTIONS = 2

MIGRATION_LOCK = 7_302_115_907
"""Any number, the same in every version: who holds this advisory lock changes the schema."""


class PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Nothing we do leaves anything behind in a connection, so none is spent on clearing it after each use."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


class PostgresPool:
    """Gives connections. Errors come out translated; a lost server is found again by the next request."""

    def __init__(self, url: str, *, patience: timedelta) -> None:
        self.description = f"PostgreSQL database {_without_credentials(url)}"
        self._url = url
        self._patience = patience.total_seconds()
        self._pool: asyncpg.Pool | None = None
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        """Connect."""
        with translated(self.description):
            try:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    connection_class=PlainConnection,
                    min_size=1,
                    max_size=CONNECTIONS,
                    timeout=self._patience,
                    command_timeout=self._patience,
                    server_settings={"jit": "off"},
                )
            except (asyncpg.exceptions.ClientConfigurationError, ValueError) as error:
                raise ConfigError(f"The database URL of {self.description} cannot be used: {error}") from error
        self._engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=self._connect, pool_size=COLD_CONNECTIONS, pool_pre_ping=True
        )

    async def close(self) -> None:
        """Let go of all connections, after what is under way."""
        if self._engine is not None:
            await self._engine.dispose()
        if self._pool is not None:
            await self._pool.close()
        self._pool = self._engine = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PlainConnection]:
        """A connection in a transaction, committed when the block is left without an error."""
        with translated(self.description):
            async with self._opened().acquire() as connection, connection.transaction():
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PlainConnection]:
        """A connection that only reads, and reads all of one moment."""
        with translated(self.description):
            async with (
                self._opened().acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield connection

    @asynccontextmanager
    async def core(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of SQLAlchemy."""
        if self._engine is None:
            raise StoreUnavailable("The store is closed")
        with translated(self.description):
            async with self._engine.begin() as connection:
                yield connection

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        """The rows of a query."""
        with translated(self.description):
            rows: Sequence[Any] = await self._opened().fetch(statement, *values)
            return rows

    async def fetchrow(self, statement: str, *values: object) -> Any:
        """The first row, or None."""
        with translated(self.description):
            return await self._opened().fetchrow(statement, *values)

    async def migrate(self) -> None:
        """Bring the schema up to date; of several processes that start at once, one does it and the others wait."""
        async with self.core() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            await connection.run_sync(migrate)

    def _opened(self) -> asyncpg.Pool:
        if self._pool is None:
            raise StoreUnavailable("The store is closed")
        return self._pool

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self._url, timeout=self._patience, command_timeout=self._patience)


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    except ValueError as error:
        raise ConfigError(f"The database URL cannot be read: {error}") from error
