"""A receiver, a clock and either database for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.clock import SystemClock
from agent_sessions.testing import FakeClock

from ...store.conftest import postgres_url as postgres_url
from .receiver import receiving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from .receiver import Receiver


@pytest.fixture
def clock() -> FakeClock:
    """A clock moved by hand that begins now: those who check signatures look at the time."""
    return FakeClock(SystemClock().now())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.db"
    found: str = request.getfixturevalue("postgres_url")
    return found
