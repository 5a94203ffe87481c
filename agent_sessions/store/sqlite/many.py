"""Many rows by one statement.

``executemany`` lets go of the interpreter for each row and has to get it back from the event loop, which may be busy
for milliseconds. One statement for all rows does that once.
"""

# ruff: noqa: S608 - made of names in statements.py, never of values

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Sequence

    Row: TypeAlias = Sequence[Any]

SIZES = (8, 12, 16, 24, 32, 48, 64, 96, 128)
"""How many rows a statement is written for. The database keeps prepared statements by their text, so there are few;
places that are left over are filled with rows that have no id, which change nothing."""

FEW = 5
"""Up to so many rows are sooner written one after another."""


class ManyRows:
    """A statement for one row, and the same for many at once. Values of a row stand in the order of the columns.

    What goes wrong with one row undoes the whole transaction, so that the database need not prepare to undo this
    statement alone.
    """

    def __init__(self, one: str, *, many: Callable[[str], str], columns: int) -> None:
        """``many``: makes the statement from the rows, written as ``VALUES (?, ...), ...``."""
        self._one = one
        self._columns = columns
        row = f"({', '.join('?' * columns)})"
        self._many = {size: many(f"VALUES {', '.join([row] * size)}") for size in SIZES}

    def execute(self, connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        """Write these rows."""
        if len(rows) <= FEW:
            connection.executemany(self._one, rows)
            return
        pending = list(rows)
        for first in range(0, len(pending), SIZES[-1]):
            self._execute(connection, pending[first : first + SIZES[-1]])

    def _execute(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        size = next(size for size in SIZES if size >= len(rows))
        values = list(chain.from_iterable(rows))
        values += [None] * (size * self._columns - len(values))
        connection.execute(self._many[size], values)


def inserting(table: str, columns: Sequence[str], *, otherwise: str = "") -> ManyRows:
    """Insert rows whose first value is never null. ``otherwise``: what is done about those that are there already."""
    into = f"INTO {table} ({', '.join(columns)})"
    return ManyRows(
        f"INSERT {into} VALUES ({', '.join('?' * len(columns))}) {otherwise}",
        many=lambda rows: f"INSERT OR ROLLBACK {into} SELECT * FROM ({rows}) WHERE column1 IS NOT NULL {otherwise}",
        columns=len(columns),
    )


def updating(table: str, columns: Sequence[str], *, index: str, kept: Collection[str] = ()) -> ManyRows:
    """Set the columns of rows by the first of them, which ``index`` finds. ``kept``: stay as they are unless given."""

    def settings(places: Sequence[str]) -> str:
        placed = zip(columns[1:], places[1:], strict=True)
        return ", ".join(f"{name} = {f'COALESCE({at}, {name})' if name in kept else at}" for name, at in placed)

    one = settings([f"?{place}" for place in range(1, len(columns) + 1)])
    given = settings([f"given.column{place}" for place in range(1, len(columns) + 1)])
    return ManyRows(
        f"UPDATE {table} SET {one} WHERE {columns[0]} = ?1",
        many=lambda rows: (
            f"UPDATE OR ROLLBACK {table} INDEXED BY {index} SET {given} FROM ({rows}) AS given"
            f" WHERE {table}.{columns[0]} = given.column1"
        ),
        columns=len(columns),
    )
