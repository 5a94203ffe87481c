"""A running server for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.testing import FakeClock
from agent_sessions.testing.agents import ScriptedAgent

from .sockets import Stage, serving, settings_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def actor() -> ScriptedAgent:
    return ScriptedAgent()


@pytest.fixture
async def stage(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> AsyncIterator[Stage]:
    async with serving(settings_in(tmp_path), actor, clock=clock) as running:
        yield running
