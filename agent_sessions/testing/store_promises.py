"""What the parts of the store's contract stand on: a clock moved by hand, and a store that is open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import pytest

from .clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..ports import Clock, Store


class Promises(ABC):
    """A part of the contract."""

    @abstractmethod
    async def make_store(self, clock: Clock) -> Store:
        """A store that is not open yet, on the database of this test."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        """A clock moved by hand."""
        return FakeClock()

    @pytest.fixture
    async def store(self, clock: FakeClock) -> AsyncIterator[Store]:
        """An open store."""
        store = await self.make_store(clock)
        await store.open()
        yield store
        await store.close()

    async def reopened(self, store: Store, clock: Clock) -> Store:
        """The store after it was closed, as the next process opens it. The caller closes it."""
        await store.close()
        again = await self.make_store(clock)
        await again.open()
        return again
