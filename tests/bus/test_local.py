"""The bus inside one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.bus import LocalBus, open_bus
from agent_sessions.ports import FellBehind
from agent_sessions.testing.bus_contract import BUFFER, BusContract, entry, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.ports import EventBus


class TestLocalBus(BusContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[EventBus]:
        bus = LocalBus(buffer=BUFFER)
        await bus.open()
        yield bus
        await bus.close()


def test_without_a_url_events_stay_in_the_process() -> None:
    assert isinstance(open_bus(None), LocalBus)


async def test_only_what_somebody_listens_to_is_wanted() -> None:
    bus = LocalBus()
    async with bus.subscribe("s"):
        assert bus.wanted("s")
        assert not bus.wanted("other")
        async with bus.subscribe():
            assert bus.wanted("other")
    assert not bus.wanted("s")


async def test_a_gap_is_told_to_every_reader_and_costs_them_what_they_had() -> None:
    bus = LocalBus()
    async with bus.subscribe("s") as one, bus.subscribe() as other:
        bus.publish(entry("s", 1))
        bus.tell_of_gap()
        for subscription in (one, other):
            with pytest.raises(FellBehind):
                await read(subscription, 1)


async def test_subscribing_to_a_closed_bus_ends_at_once() -> None:
    bus = LocalBus()
    await bus.close()
    async with bus.subscribe("s") as subscription:
        assert await read(subscription, 1) == []
