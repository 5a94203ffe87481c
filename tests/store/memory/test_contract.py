"""Both databases keep the contract of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.store import open_store
from agent_sessions.testing.memory_contract import MemoryContract

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.ports import Clock, Store


class TestSqlite(MemoryContract):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self._url = f"sqlite:///{tmp_path}/data/sessions.db"

    async def make_store(self, clock: Clock) -> Store:
        return open_store(self._url, clock=clock)


class TestSqliteWithoutCache(TestSqlite):
    """Every session is read from the file again and again."""

    async def make_store(self, clock: Clock) -> Store:
        return open_store(self._url, clock=clock, cached_sessions=1)


class TestPostgres(MemoryContract):
    @pytest.fixture(autouse=True)
    def _place(self, postgres_url: str) -> None:
        self._url = postgres_url

    async def make_store(self, clock: Clock) -> Store:
        return open_store(self._url, clock=clock)
