"""From a URL to a store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import ConfigError, MissingExtra
from .migrating import migrate
from .sqlite.file import SqliteFile
from .sqlite.store import SqliteStore

if TYPE_CHECKING:
    from ..ports import Clock, Store

CACHED_SESSIONS = 100_000
"""How many sessions are kept as objects, about a kilobyte each."""

BUSY_TIMEOUT = timedelta(seconds=10)
"""How long a write waits for another program that has locked the database, or for a server to answer."""

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


def open_store(
    url: str, *, clock: Clock, cached_sessions: int = CACHED_SESSIONS, busy_timeout: timedelta = BUSY_TIMEOUT
) -> Store:
    """The store this URL names, not opened yet. Raises ConfigError for a URL of another kind.

    ``sqlite:///file.db`` is relative to the working directory, ``sqlite:////folder/file.db`` absolute.
    """
    if path := _sqlite_path(url):
        return SqliteStore(path, clock=clock, cached_sessions=cached_sessions, busy_timeout=busy_timeout)
    _require_postgres(url)
    from .postgres.store import PostgresStore

    return PostgresStore(url, clock=clock, patience=busy_timeout)


async def upgrade(url: str) -> None:
    """Bring the schema of this database up to date and do nothing else. A SQLite file is made where there is none.

    Raises ConfigError, StoreInUse or StoreUnavailable.
    """
    if path := _sqlite_path(url):
        await _upgrade_sqlite(SqliteFile(path, busy_timeout=BUSY_TIMEOUT))
        return
    _require_postgres(url)
    from .postgres.pool import PostgresPool

    pool = PostgresPool(url, patience=BUSY_TIMEOUT)
    try:
        await pool.open()
        await pool.migrate()
    finally:
        await pool.close()


async def _upgrade_sqlite(file: SqliteFile) -> None:
    await file.open()
    try:
        await file.write_core(migrate)
    finally:
        await file.close()


def _sqlite_path(url: str) -> Path | None:
    """The file a URL names; None where it names no SQLite file. Raises ConfigError where that is unclear."""
    if not url.startswith(SQLITE):
        return None
    name = url.removeprefix(SQLITE)
    if not name or name.endswith("/") or name == ":memory:" or "?" in name:
        raise ConfigError(f"The database URL '{url}' must name a file and nothing more")
    return Path(name)


def _require_postgres(url: str) -> None:
    """Raises ConfigError for a URL of another kind, MissingExtra when the driver is not installed."""
    if not url.startswith(POSTGRES):
        kind = url.partition(":")[0]
        raise ConfigError(f"The database URL must start with sqlite:/// or postgresql://, not '{kind}:'")
    try:
        import asyncpg  # type: ignore[import-untyped]  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra("The store in PostgreSQL", "postgres") from error
