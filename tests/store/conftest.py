"""A PostgreSQL schema of its own for each test, where there is a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture
async def postgres_url() -> AsyncIterator[str]:
    """The URL of an empty schema, dropped afterwards."""
    try:
        connection = await asyncpg.connect(SERVER, timeout=5)
    except OSError as error:
        missing = f"no PostgreSQL at {SERVER}: start one with a database 'test', or set TEST_POSTGRES_URL ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    schema = f"t{uuid4().hex}"
    await connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{SERVER}{'&' if '?' in SERVER else '?'}search_path={schema}"
    await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()
