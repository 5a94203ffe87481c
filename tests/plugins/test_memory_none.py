"""The memory backend ``none``."""

from __future__ import annotations

import pytest

from agent_sessions.domain.errors import ConfigError
from agent_sessions.services.backends import Backends
from agent_sessions.testing.memory_backend_contract import MemoryBackendContract
from agent_sessions_plugins.memory_none import NoMemory, create


class TestNoMemory(MemoryBackendContract):
    keeps = False

    @pytest.fixture
    async def backend(self) -> NoMemory:
        return create({})


def test_its_sessions_are_never_processed() -> None:
    assert Backends(create({})).quiet_of("an agent") is None


def test_it_has_no_options() -> None:
    with pytest.raises(ConfigError, match="colour"):
        create({"colour": "red"})
