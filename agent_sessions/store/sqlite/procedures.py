"""Running procedures on a connection to SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..memory.procedures import Ask, for_sqlite

if TYPE_CHECKING:
    import sqlite3

    from ..memory.procedures import Procedure, Rows, Step

T = TypeVar("T")


def run(connection: sqlite3.Connection, procedure: Procedure[T]) -> T:
    """Run it to its end, inside whatever transaction the connection is in."""
    try:
        step = next(procedure)
        while True:
            step = procedure.send(_answered(connection, step))
    except StopIteration as done:
        result: T = done.value
        return result


def read(connection: sqlite3.Connection, procedure: Procedure[T]) -> T:
    """Run one that only reads; all it reads is of one moment."""
    connection.execute("BEGIN")
    try:
        return run(connection, procedure)
    finally:
        connection.execute("COMMIT")


def _answered(connection: sqlite3.Connection, step: Step) -> Rows:
    if isinstance(step, Ask):
        return connection.execute(for_sqlite(step.sql), step.values).fetchall()
    connection.executemany(for_sqlite(step.sql), step.values)
    return ()
