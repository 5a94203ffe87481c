"""From a URL to a store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import ConfigError, MissingExtra
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
    if url.startswith(SQLITE):
        return SqliteStore(_path(url), clock=clock, cached_sessions=cached_sessions, busy_timeout=busy_timeout)
    if url.startswith(POSTGRES):
        return _postgres(url, clock=clock, patience=busy_timeout)
    raise ConfigError(f"The database URL must start with sqlite:/// or postgresql://, not '{url.partition(':')[0]}:'")


async def upgrade(url: str, *, clock: Clock) -> str:
    """Bring the schema of this database up to date, as opening it does; returns the store's description."""
    store = open_store(url, clock=clock, cached_sessions=1)
    await store.open()
    await store.close()
    return store.description


def _postgres(url: str, *, clock: Clock, patience: timedelta) -> Store:
    """Imports the driver only where it is asked for. Raises MissingExtra when it is not installed."""
    try:
        from .postgres.store import PostgresStore
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise MissingExtra("The store in PostgreSQL", "postgres") from error
    return PostgresStore(url, clock=clock, patience=patience)


def _path(url: str) -> Path:
    name = url.removeprefix(SQLITE)
    if not name or name.endswith("/") or name == ":memory:" or "?" in name:
        raise ConfigError(f"The database URL '{url}' must name a file and nothing more")
    return Path(name)
