"""Two servers on one PostgreSQL: one order per session, one reply per message, whichever server hears it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.log import LogEntry, Message, ReplyMissing, Silence
from agent_sessions.testing import FakeClock

from .stage import Notebook, echo, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.session import Session

    from .stage import Play, Stage

DEADLINE = timedelta(seconds=5)


@asynccontextmanager
async def two_servers(
    folder: Path,
    clock: FakeClock,
    url: str,
    *,
    play: Play = echo,
    first_clock: FakeClock | None = None,
    deadline: timedelta = DEADLINE,
) -> AsyncIterator[tuple[Stage, Stage]]:
    """Two servers on one bus. The first seems dead to the other when its own clock stands still: it gives no sign of
    life."""
    bus = Notebook()

    def announce(_session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            bus.publish(entry)

    async with (
        on_stage(folder, first_clock or clock, play=play, url=url, bus=bus, deadline=deadline) as here,
        on_stage(folder, clock, play=play, url=url, bus=bus, deadline=deadline) as there,
    ):
        for stage in (here, there):
            stage.store.on_commit(announce)
        yield here, there


async def while_time_passes(clock: FakeClock, awaited: Awaitable[Any]) -> Any:
    """What is awaited, with the clock running, as servers that look at each other need it."""

    async def run() -> None:
        while True:
            await clock.advance(timedelta(milliseconds=100))
            await asyncio.sleep(0.003)  # not so fast that who waits for the database seems dead

    running = asyncio.create_task(run())
    try:
        async with asyncio.timeout(60):
            return await awaited
    finally:
        running.cancel()
        await asyncio.wait((running,))


class Hanging:
    """An agent's part that never ends."""

    def __init__(self) -> None:
        self.inside = asyncio.Event()

    async def play(self, _context: Context) -> AsyncGenerator[ReplyPart, None]:
        self.inside.set()
        await asyncio.Event().wait()
        yield ReplyPart(text="never")


async def test_messages_heard_by_two_servers_are_answered_in_one_order(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    inside = most = 0

    async def one_at_a_time(context: Context) -> AsyncGenerator[ReplyPart, None]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        yield ReplyPart(text=f"re {context.message.text}")
        inside -= 1

    async with two_servers(tmp_path, clock, postgres_url, play=one_at_a_time) as servers:
        session = await servers[0].session()
        exchanges = [await servers[number % 2].send(session, str(number)) for number in range(8)]
        ends = asyncio.gather(*(exchange.turn.outcome() for exchange in exchanges))
        await while_time_passes(clock, ends)
        assert most == 1
        replies = [text for text in await servers[1].said(session) if text.startswith("re ")]
        assert replies == [f"re {number}" for number in range(8)]
        assert [entry.seq for entry in await servers[1].log(session)] == list(range(1, 18))


async def test_a_message_repeated_at_the_other_server_has_the_same_outcome(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    ready = asyncio.Event()

    async def when_ready(context: Context) -> AsyncGenerator[ReplyPart, None]:
        await ready.wait()
        yield ReplyPart(text=f"re {context.message.text}")

    async with two_servers(tmp_path, clock, postgres_url, play=when_ready) as (here, there):
        session = await here.session()
        first = await here.send(session, "once", key="k1")
        again = await there.send(session, "once", key="k1")
        assert again.repeated
        ready.set()
        ends = await while_time_passes(clock, asyncio.gather(first.turn.outcome(), again.turn.outcome()))
        assert ends[0] == ends[1]
        assert await there.said(session) == ["once", "re once"]


async def test_a_message_whose_server_is_gone_is_given_up_and_the_next_is_answered(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    hanging, still = Hanging(), FakeClock(clock.now())
    async with two_servers(tmp_path, clock, postgres_url, play=hanging.play, first_clock=still) as (here, there):
        session = await here.session()
        lost = await here.send(session, "lost")
        await soon(hanging.inside.wait())
        there.plays.play = echo
        kept = await there.send(session, "kept")
        end = await while_time_passes(clock, kept.turn.outcome())
        assert isinstance(end.fact, Message)
        missing = [entry.fact for entry in await there.log(session) if isinstance(entry.fact, ReplyMissing)]
        assert [(fact.in_reply_to, fact.why) for fact in missing] == [(lost.message.id, Silence.INTERRUPTED)]


async def test_what_a_crashed_server_took_holds_nobody_up_for_longer_than_it_takes_to_tell(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    hanging, still = Hanging(), FakeClock(clock.now())
    hours = timedelta(hours=2)
    async with two_servers(tmp_path, clock, postgres_url, play=hanging.play, first_clock=still, deadline=hours) as (
        here,
        there,
    ):
        session, other = await here.session(), await here.session()
        await here.send(session, "lost")
        await soon(hanging.inside.wait())
        there.plays.play = echo
        before = clock.now()
        kept = await there.send(session, "kept")
        assert isinstance((await while_time_passes(clock, kept.turn.outcome())).fact, Message)
        await here.send(other, "lost, and nobody else says anything")
        async with there.bus.subscribe(other.id) as events:
            end = await while_time_passes(clock, anext(aiter(events)))
        assert isinstance(end, LogEntry)
        assert isinstance(end.fact, ReplyMissing)
        assert clock.now() - before < hours / 2


async def test_a_server_that_starts_right_after_a_crash_marks_what_was_cut_off(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    hanging, still = Hanging(), FakeClock(clock.now())
    async with on_stage(tmp_path, still, play=hanging.play, url=postgres_url) as crashed:
        session = await crashed.session()
        lost = await crashed.send(session, "lost", key="k1")
        await soon(hanging.inside.wait())
        async with on_stage(tmp_path, clock, url=postgres_url) as restarted:
            assert (await restarted.sessions.get(session.id)).awaiting == (lost.message.id,), "it may be slow, not dead"
            again = await restarted.send(session, "lost", key="k1")
            end = await while_time_passes(clock, again.turn.outcome())
            assert end.fact == ReplyMissing(
                lost.message.id, Silence.INTERRUPTED, "The server stopped before the reply was complete"
            )


async def test_a_session_ended_at_the_other_server_stops_the_reply_that_is_being_made(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    hanging = Hanging()
    async with two_servers(tmp_path, clock, postgres_url, play=hanging.play) as (here, there):
        session = await here.session()
        exchange = await here.send(session, "hello")
        await soon(hanging.inside.wait())
        await there.sessions.end(session.id)
        end = await soon(exchange.turn.outcome())
        assert end.fact == ReplyMissing(exchange.message.id, Silence.CANCELLED, "The reply was cancelled")


async def test_what_is_said_at_the_other_server_is_in_the_history_at_once(
    tmp_path: Path, clock: FakeClock, postgres_url: str
) -> None:
    given: list[list[str]] = []

    async def telling(context: Context) -> AsyncGenerator[ReplyPart, None]:
        given.append([message.text for message in context.history])
        yield ReplyPart(text=f"re {context.message.text}")

    async with two_servers(tmp_path, clock, postgres_url, play=telling) as servers:
        session = await servers[0].session()
        said: list[str] = []
        for number in range(4):
            exchange = await servers[number % 2].send(session, str(number))
            await soon(exchange.turn.outcome())
            assert given[-1] == said
            said += [str(number), f"re {number}"]
            for server in servers:
                page = await server.sessions.history(session.id, limit=50)
                assert [entry.fact.text for entry in page.entries if isinstance(entry.fact, Message)] == said
