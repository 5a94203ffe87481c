"""From a URL to a store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import ConfigError
from .sqlite.store import SqliteStore

if TYPE_CHECKING:
    from ..ports import Clock, Store

CACHED_SESSIONS = 100_000
"""How many sessions are kept as objects, about a kilobyte each."""

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long a write waits for another program that has locked the database."""

SQLITE = "sqlite:///"


def open_store(
    url: str, *, clock: Clock, cached_sessions: int = CACHED_SESSIONS, busy_timeout: timedelta = BUSY_TIMEOUT
) -> Store:
    """The store this URL names, not opened yet. Raises ConfigError for a URL of another kind.

    ``sqlite:///file.db`` is relative to the working directory, ``sqlite:////folder/file.db`` absolute.
    """
    if url.startswith(SQLITE):
        return SqliteStore(_path(url), clock=clock, cached_sessions=cached_sessions, busy_timeout=busy_timeout)
    raise ConfigError(f"The database URL must start with sqlite:/// or postgresql://, not '{url.partition(':')[0]}:'")


def _path(url: str) -> Path:
    name = url.removeprefix(SQLITE)
    if not name or name.endswith("/") or name == ":memory:" or "?" in name:
        raise ConfigError(f"The database URL '{url}' must name a file and nothing more")
    return Path(name)
