"""What every :class:`~agent_sessions.ports.EventBus` promises, as tests.

Subclass :class:`BusContract` in a test file, give it the fixtures, and pytest runs the rest::

    class TestMyBus(BusContract):
        @pytest.fixture
        async def bus(self): ...      # an open bus that keeps BUFFER events for a reader

        @pytest.fixture
        async def peer(self, bus): ...     # another process' bus on the same medium, if there are such
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ..domain import log
from ..domain.timeouts import TimeoutConfig
from ..ports import AgentChanged, ChannelChanged, FellBehind, ReplyChunk
from ..ports.bus import AGENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..ports import Event, EventBus, Subscription

BUFFER = 50
"""How many events the bus under test keeps for one reader."""
PATIENCE = 10.0
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CONFIG = TimeoutConfig(timedelta(minutes=30), True, timedelta(hours=12), timedelta(minutes=5))

EVERY_FACT: tuple[log.Fact, ...] = (
    log.Created(NOON, CONFIG),
    log.Message(
        id="m1",
        author=log.Author.USER,
        author_id="u",
        text="hé\n\tllo \u2028 \U0001f600",
        attachments=({"url": "x"},),
        metadata={"deep": [1, 2.5, None, {"a": True}]},
        renewal=log.Renewal(NOON, 1),
    ),
    log.ReplyMissing("m1", log.Silence.TIMED_OUT, "too slow"),
    log.Message(id="m2", author=log.Author.AGENT, author_id="a", text="", actions=("IGNORE",), in_reply_to="m1"),
    log.Renewed(log.Renewal(NOON, 2)),
    log.Reconfigured(NOON, CONFIG),
    log.Warned(NOON, 3),
    log.Expired(NOON, 4),
    log.Ended(),
    log.ProcessingBegun(9),
    log.Processed(9, 1, 2, 3),
    log.ProcessingFailed(9, "no room"),
    log.Message(id="m3", author=log.Author.USER, author_id="v", text="hi", addressee="a", source="discord"),
    log.Erased(("m1", "m2")),
    log.Erased(),
)


def entry(session_id: str, seq: int, fact: log.Fact | None = None) -> log.LogEntry:
    """A row of a session's log."""
    return log.LogEntry(session_id, seq, NOON + seq * timedelta(milliseconds=1), fact or log.Ended())


async def read(subscription: Subscription, count: int) -> list[Event]:
    """The next ``count`` events."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        async for event in subscription:
            events.append(event)
            if len(events) == count:
                break
    return events


@asynccontextmanager
async def reading(bus: EventBus, session_id: str | None = None) -> AsyncIterator[Subscription]:
    """A subscription that has begun."""
    async with bus.subscribe(session_id) as subscription:
        yield subscription


class BusContract:
    """Events are published on ``bus`` and read from ``peer``."""

    @pytest.fixture
    async def peer(self, bus: EventBus) -> EventBus:
        """What another part, or another process, reads from: here the same bus."""
        return bus

    async def test_every_kind_of_event_arrives_exactly(self, bus: EventBus, peer: EventBus) -> None:
        sent: list[Event] = [entry("s", seq, fact) for seq, fact in enumerate(EVERY_FACT, start=1)]
        sent.append(ReplyChunk("s", "m2", "a", 0, "Hel", "m1"))
        sent.append(ChannelChanged("c", "s", "message_deleted", {"messageId": "m2"}))
        async with reading(peer, "s") as subscription:
            for event in sent:
                bus.publish(event)
            assert await read(subscription, len(sent)) == sent

    async def test_who_asks_for_agents_hears_of_them_alone(self, bus: EventBus, peer: EventBus) -> None:
        sent: list[Event] = [AgentChanged("a"), AgentChanged("b", gone=True)]
        async with reading(peer, AGENTS) as subscription:
            bus.publish(entry("s", 1))
            for event in sent:
                bus.publish(event)
            assert await read(subscription, len(sent)) == sent

    async def test_a_reader_of_one_session_gets_no_other(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "mine") as subscription:
            bus.publish(entry("other", 1))
            bus.publish(entry("mine", 1))
            bus.publish(entry("other", 2))
            bus.publish(entry("mine", 2))
            assert await read(subscription, 2) == [entry("mine", 1), entry("mine", 2)]

    async def test_a_reader_of_all_gets_every_session(self, bus: EventBus, peer: EventBus) -> None:
        sent = [entry(f"s{number % 3}", number) for number in range(9)]
        async with reading(peer) as subscription:
            for event in sent:
                bus.publish(event)
            assert await read(subscription, 9) == sent

    async def test_each_reader_gets_each_event_in_order(self, bus: EventBus, peer: EventBus) -> None:
        sent = [entry("s", seq) for seq in range(1, BUFFER + 1)]
        async with reading(peer, "s") as one, reading(peer, "s") as two, reading(peer) as three:
            for event in sent:
                bus.publish(event)
            for subscription in (one, two, three):
                assert await read(subscription, BUFFER) == sent

    async def test_publishing_never_waits_for_readers_nor_needs_any(self, bus: EventBus) -> None:
        for seq in range(10 * BUFFER):
            bus.publish(entry("nobody reads", seq))

    async def test_a_slow_reader_is_told_and_harms_no_other(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as slow, reading(peer, "s") as quick:
            got: list[Event] = []
            for start in range(0, 3 * BUFFER, BUFFER // 2):
                for seq in range(start, start + BUFFER // 2):
                    bus.publish(entry("s", seq))
                got += await read(quick, BUFFER // 2)
            assert got == [entry("s", seq) for seq in range(3 * BUFFER)]
            with pytest.raises(FellBehind):
                await read(slow, 3 * BUFFER)

    async def test_after_falling_behind_a_new_subscription_works(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as slow, reading(peer, "done") as done:
            for seq in range(2 * BUFFER):
                bus.publish(entry("s", seq))
            bus.publish(entry("done", 1))
            await read(done, 1)
            with pytest.raises(FellBehind):
                await read(slow, 2 * BUFFER)
        async with reading(peer, "s") as again:
            bus.publish(entry("s", 1000))
            assert await read(again, 1) == [entry("s", 1000)]

    async def test_a_reader_waits_for_what_comes_later(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as subscription:
            waiting = asyncio.create_task(read(subscription, 1))
            await asyncio.sleep(0)
            bus.publish(entry("s", 1))
            assert await waiting == [entry("s", 1)]

    async def test_a_cancelled_reader_leaves_the_others(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as one, reading(peer, "s") as two:
            waiting = asyncio.create_task(read(one, 1))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            bus.publish(entry("s", 1))
            assert await read(two, 1) == [entry("s", 1)]
            assert await read(one, 1) == [entry("s", 1)]

    async def test_who_left_gets_nothing_more(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as subscription:
            bus.publish(entry("s", 1))
            await read(subscription, 1)
        bus.publish(entry("s", 2))
        assert await read(subscription, 1) == []

    async def test_closing_ends_every_subscription_after_what_it_got(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as subscription, reading(peer) as of_all:
            bus.publish(entry("s", 1))
            bus.publish(entry("s", 2))
            assert await read(of_all, 1) == [entry("s", 1)]
            assert await read(of_all, 1) == [entry("s", 2)]
            await bus.close()
            await peer.close()
            assert await read(subscription, 99) == [entry("s", 1), entry("s", 2)]
            assert await read(of_all, 99) == []
            bus.publish(entry("s", 3))

    async def test_closing_delivers_what_is_on_its_way(self, bus: EventBus, peer: EventBus) -> None:
        async with reading(peer, "s") as subscription:
            for seq in range(BUFFER):
                bus.publish(entry("s", seq))
            await bus.close()
            assert len(await read(subscription, BUFFER)) == BUFFER
