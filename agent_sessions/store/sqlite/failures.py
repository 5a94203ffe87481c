"""What SQLite's errors mean to people. Its own texts never leave here; result codes are those of sqlite.org/rescode."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ...domain.errors import InvalidInput, StoreUnavailable
from ..failures import Collision, OutOfReach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUT_OF_REACH = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_LOCKED: "is locked by another program",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_PERM: "may not be accessed",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_IOERR: "cannot be read or written (input/output error)",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database",
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of SQLite (bare, or in SQLAlchemy's wrapping) into the project's own."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(error, path) from error
    except DBAPIError as error:
        raise _meaning(error.orig, path) from error
    except UnicodeEncodeError as error:
        raise InvalidInput("text", "holds characters that cannot be stored (a lone surrogate)") from error


def _meaning(error: BaseException | None, path: Path) -> StoreUnavailable:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT:
        return Collision("A record with this identity exists already")
    if code == sqlite3.SQLITE_FULL:
        return StoreUnavailable(f"The database file {path} is full: no space is left for it")
    if code in OUT_OF_REACH:
        return OutOfReach(f"The database file {path} {OUT_OF_REACH[code]}")
    return StoreUnavailable(f"The database file {path} failed ({getattr(error, 'sqlite_errorname', 'unknown error')})")
