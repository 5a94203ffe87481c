"""URLs of stores."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import ConfigError
from agent_sessions.store import open_store, upgrade
from agent_sessions.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_path_of_three_slashes_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///folder/file.db", clock=FakeClock())
    await store.open()
    await store.close()
    assert (tmp_path / "folder" / "file.db").is_file()
    assert store.description == "SQLite file folder/file.db"


async def test_a_path_of_four_slashes_is_absolute(tmp_path: Path) -> None:
    assert await upgrade(f"sqlite:///{tmp_path}/a b%20c.db", clock=FakeClock()) == f"SQLite file {tmp_path}/a b%20c.db"
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
