"""The sign of life by which the processes on one database know which of them still run."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ...domain.encoding import to_micros
from ...domain.errors import AgentSessionsError
from . import statements

if TYPE_CHECKING:
    from datetime import datetime

    from ...ports import Clock
    from .pool import PostgresPool

logger = structlog.get_logger(__name__)

RENEW_EVERY = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=30)
"""Long enough for a process that is merely slow; its clock and the others' may differ by the rest."""


class Lease:
    """One run of this process on the database."""

    def __init__(self, pool: PostgresPool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self.run = 0

    async def begin(self) -> int:
        """Enter this run and keep it alive, and forget those that ended; its number."""
        row = await self._pool.fetchrow(statements.BEGIN_RUN, to_micros(self._clock.now()))
        self.run = row[0]
        await self._pool.fetchrow(statements.FORGET_RUNS, self.run)
        self._task = asyncio.create_task(self._renew(), name="store-lease")
        return self.run

    async def end(self) -> None:
        """Say that this run ended in order."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        await self._pool.fetchrow(statements.END_RUN, self.run, to_micros(self._clock.now()))

    def alive_since(self) -> datetime:
        """Runs without a sign of life since then are dead."""
        return self._clock.now() - DEAD_AFTER

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + RENEW_EVERY)
            try:
                await self._pool.fetchrow(statements.SEE_RUN, self.run, to_micros(self._clock.now()))
            except AgentSessionsError as error:
                logger.warning("lease_not_renewed", reason=str(error))
