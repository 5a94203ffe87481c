"""The write-ahead log of a SQLite file is moved into it beside the writer, and does not grow without end."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from agent_sessions.store.sqlite import file as module
from agent_sessions.store.sqlite.file import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    import pytest

ROWS = 300
SMALL = 100_000


def insert(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO many VALUES (randomblob(4000))")


def count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT COUNT(*) FROM many").fetchone()[0]
    return found


async def test_the_log_is_moved_while_writes_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_AT", SMALL)
    file = SqliteFile(tmp_path / "many.db", busy_timeout=timedelta(seconds=1))
    await file.open()
    await file.write(lambda connection: connection.execute("CREATE TABLE many (content)"))
    largest = 0
    for _ in range(ROWS):
        await file.write(insert)
        largest = max(largest, os.stat(f"{file.path}-wal").st_size)
    assert await file.read(count) == ROWS
    assert SMALL <= largest < ROWS * 4000
    await file.close()


async def test_a_reader_puts_off_the_move_and_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_AT", SMALL)
    file = SqliteFile(tmp_path / "many.db", busy_timeout=timedelta(minutes=5))
    await file.open()
    await file.write(lambda connection: connection.execute("CREATE TABLE many (content)"))
    await file.read(lambda connection: connection.execute("BEGIN").execute("SELECT * FROM many").fetchall())
    async with asyncio.timeout(60):
        for _ in range(ROWS):
            await file.write(insert)
    assert os.stat(f"{file.path}-wal").st_size > ROWS * 4000
    await file.close()
