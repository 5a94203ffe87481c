"""URLs of stores."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from agent_sessions.domain.errors import ConfigError, StoreInUse, StoreUnavailable
from agent_sessions.store import open_store, upgrade
from agent_sessions.testing import FakeClock


async def test_a_path_of_three_slashes_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///folder/file.db", clock=FakeClock())
    await store.open()
    await store.close()
    assert (tmp_path / "folder" / "file.db").is_file()
    assert store.description == "SQLite file folder/file.db"


async def test_a_path_of_four_slashes_is_absolute(tmp_path: Path) -> None:
    await upgrade(f"sqlite:///{tmp_path}/a b%20c.db")
    assert (tmp_path / "a b%20c.db").is_file()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "mysql://h/d",
        "redis://h",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="database URL"):
        open_store(url, clock=FakeClock())


def test_the_refusal_shows_no_password() -> None:
    with pytest.raises(ConfigError) as refused:
        open_store("mysql://me:secret@host/db", clock=FakeClock())
    assert "secret" not in str(refused.value)


WITHOUT_DRIVER = """
import sys
sys.modules["asyncpg"] = None
from agent_sessions.domain.errors import MissingExtra
from agent_sessions.store import open_store
from agent_sessions.testing import FakeClock
try:
    open_store("postgresql://localhost/x", clock=FakeClock())
except MissingExtra as error:
    print(error)
"""


def test_a_missing_driver_is_named() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, check=True)
    assert "pip install 'agent-sessions[postgres]'" in done.stdout


async def test_an_upgraded_database_is_ready_and_nothing_more(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    for _ in range(2):
        await upgrade(url)
    connection = sqlite3.connect(tmp_path / "sessions.db")
    assert connection.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)
    connection.close()
    await _assert_opens(url)


async def test_runs_that_ended_in_order_are_forgotten_and_no_number_is_given_twice(tmp_path: Path) -> None:
    url, numbers = f"sqlite:///{tmp_path}/sessions.db", []
    for _ in range(3):
        await _assert_opens(url)
        with closing(sqlite3.connect(tmp_path / "sessions.db")) as connection:
            numbers += connection.execute("SELECT id FROM runs").fetchall()
    assert numbers == [(1,), (2,), (3,)]


async def test_an_upgraded_postgres_database_is_ready(postgres_url: str) -> None:
    for _ in range(2):
        await upgrade(postgres_url)
    await _assert_opens(postgres_url)


async def test_a_served_file_is_not_upgraded_beneath_its_server(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(url, clock=FakeClock())
    await store.open()
    with pytest.raises(StoreInUse):
        await upgrade(url)
    await store.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "folder cannot be opened: it is a folder"),
        ("plain/sessions.db", "folder .*plain cannot be made"),
        ("locked.db", r"lock file .*locked\.db\.lock cannot be written"),
    ],
)
async def test_a_path_that_cannot_be_written_is_told_as_that(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain").touch()
    (tmp_path / "locked.db.lock").mkdir()
    await _assert_out_of_reach(f"{tmp_path}/{name}", words)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system that refuses new files to everybody")
async def test_a_folder_that_cannot_be_written_is_told_as_that() -> None:
    await _assert_out_of_reach("/proc/sessions.db", r"lock file /proc/sessions\.db\.lock cannot be written")


async def _assert_out_of_reach(path: str, words: str) -> None:
    with pytest.raises(StoreUnavailable, match=words):
        await open_store(f"sqlite:///{path}", clock=FakeClock()).open()


async def _assert_opens(url: str) -> None:
    store = open_store(url, clock=FakeClock())
    await store.open()
    await store.check()
    await store.close()
