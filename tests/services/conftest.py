"""What every test of the services may ask for."""

from __future__ import annotations

import pytest

from agent_sessions.testing import FakeClock

from ..store.conftest import postgres_url as postgres_url


@pytest.fixture
def clock() -> FakeClock:
    """A clock moved by hand."""
    return FakeClock()
