"""A running server for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.testing import FakeClock

from .stage import MONDAY, Api, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MONDAY)


@pytest.fixture
async def api(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Api]:
    async with serving(tmp_path, clock) as running:
        yield running
