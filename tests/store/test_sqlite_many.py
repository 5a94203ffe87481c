"""Many rows by one statement: the same rows, however many there are."""

from __future__ import annotations

import sqlite3

import pytest

from agent_sessions.store.sqlite.many import FEW, SIZES, inserting, updating

NUMBERS = sorted({1, FEW, FEW + 1, *SIZES, *(size + 1 for size in SIZES), 2 * SIZES[-1] + 3})


@pytest.fixture
def connection() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, id TEXT NOT NULL, word TEXT, run INTEGER)")
    made.execute("CREATE UNIQUE INDEX things_by_id ON things (id)")
    return made


INSERT = inserting("things", ("id", "word", "run"))
INSERT_NEW = inserting("things", ("id", "word", "run"), otherwise="ON CONFLICT DO NOTHING")
UPDATE = updating("things", ("id", "word", "run"), index="things_by_id", kept=("run",))


def kept(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT id, word, run FROM things ORDER BY number").fetchall()


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_are_inserted_in_order(connection: sqlite3.Connection, number: int) -> None:
    rows = [(f"id {place}", None if place % 3 else "word", place) for place in range(number)]
    INSERT.execute(connection, rows)
    assert kept(connection) == rows


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_are_updated_and_others_are_not(connection: sqlite3.Connection, number: int) -> None:
    before = [(f"id {place}", "before", place) for place in range(number + 1)]
    INSERT.execute(connection, before)
    UPDATE.execute(connection, [(f"id {place}", "after", None if place % 2 else -place) for place in range(number)])
    after = [(f"id {place}", "after", place if place % 2 else -place) for place in range(number)]
    assert kept(connection) == [*after, before[-1]]


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_there_already_stays(connection: sqlite3.Connection, number: int) -> None:
    INSERT.execute(connection, [("id 0", "first", 1)])
    INSERT_NEW.execute(connection, [(f"id {place}", "second", 2) for place in range(number)])
    assert kept(connection)[0] == ("id 0", "first", 1)
    assert len(kept(connection)) == number


@pytest.mark.parametrize("number", [FEW + 1, 2 * SIZES[-1]])
def test_one_bad_row_undoes_the_transaction(connection: sqlite3.Connection, number: int) -> None:
    INSERT.execute(connection, [("known", "before", 1)])
    rows = [(f"id {place}", None, None) for place in range(number - 1)]
    connection.execute("BEGIN")
    with pytest.raises(sqlite3.IntegrityError, match=r"things\.id"):
        INSERT.execute(connection, [*rows, ("known", "again", 2)])
    assert not connection.in_transaction
    assert kept(connection) == [("known", "before", 1)]
