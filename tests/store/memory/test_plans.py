"""No statement about one user's memory reads a whole table on SQLite; on PostgreSQL every statement is understood."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine

from agent_sessions.store import upgrade
from agent_sessions.store.memory import statements
from agent_sessions.store.memory.procedures import for_postgres, for_sqlite
from agent_sessions.store.migrating import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTS = {"ids", "numbers", "places", "touched"}


def _all() -> Iterator[tuple[str, str]]:
    for name, value in vars(statements).items():
        if name.startswith("_") or name in PARTS:
            continue
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name} {which}", sql) for which, sql in value.items())


PARTS = {"NUMBERS", "TEXTS", "SESSION", "THEIRS"}
STATEMENTS = dict(_all())
WHOLE = {"SCAN item", "SCAN pairs", "SCAN sessions USING INDEX sessions_processing"}
"""What a statement was given, what it found by index before, and an index that holds nothing else."""


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "x.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as core:
        migrate(core)
    engine.dispose()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_nothing_is_read_whole(connection: sqlite3.Connection, name: str) -> None:
    sql = for_sqlite(STATEMENTS[name])
    values = {place: "[]" if place in LISTS else 1 for place in re.findall(r":(\w+)", sql)}
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    scans = [step for step in steps if step.startswith("SCAN") and not any(map(step.startswith, WHOLE))]
    assert scans == [], steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("SESSIONS_PAGE", "sessions_of_user"),
        ("SESSIONS_TO_MATCH", "sessions_of_user"),
        ("UTTERANCES", "sessions_of_user"),
        ("USERS_PAGE", "users_by_creation"),
        ("PAGE_OF_FACTS", "memories_current"),
        ("MESSAGES_PAGE", "log USING PRIMARY KEY"),
        ("NEWEST_MESSAGES", "log USING PRIMARY KEY"),
        ("SUMMARIES", "sessions_of_user"),
    ],
)
def test_pages_come_in_the_order_of_an_index(connection: sqlite3.Connection, name: str, index: str) -> None:
    sql = for_sqlite(STATEMENTS[name])
    values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any(index in step for step in steps)
    assert not any("TEMP B-TREE FOR ORDER BY" in step for step in steps), steps


async def test_postgres_understands_every_statement(postgres_url: str) -> None:
    await upgrade(postgres_url)
    connection = await asyncpg.connect(postgres_url)
    for name, sql in STATEMENTS.items():
        text, names = for_postgres(sql)
        prepared = await connection.prepare(text)
        assert len(prepared.get_parameters()) == len(names), name
    await connection.close()
