"""Replies: what an agent may do instead of answering, and what is then in the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import (
    AgentFailed,
    AgentTimedOut,
    StoreUnavailable,
)
from agent_sessions.domain.log import Message, ReplyMissing, Silence

from .parts import Gate, broken, missing, outcome
from .stage import echo, locked, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.testing import FakeClock


async def test_a_reply_that_takes_too_long_is_ended_by_the_deadline(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, deadline=timedelta(seconds=30)) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "hurry")
        await soon(gate.inside.wait())
        await clock.advance(timedelta(seconds=29))
        assert not exchange.turn.done
        await clock.advance(timedelta(seconds=1))

        end = await missing(exchange)
        assert (end.in_reply_to, end.why) == (exchange.message.id, Silence.TIMED_OUT)
        assert end.explanation == "The agent did not answer in time"
        assert gate.stopped == ["hurry"]
        assert (await stage.log(session))[-1].fact == end


async def test_waiting_for_earlier_messages_does_not_count_against_the_deadline(
    tmp_path: Path, clock: FakeClock
) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, deadline=timedelta(seconds=30)) as stage:
        session = await stage.session()
        first, second = await stage.send(session, "first"), await stage.send(session, "second")
        await soon(gate.inside.wait())
        await clock.advance(timedelta(seconds=30))
        assert (await missing(first)).why is Silence.TIMED_OUT
        await clock.advance(timedelta(seconds=20))
        gate.opened.set()
        assert isinstance((await outcome(second)).fact, Message)


async def test_an_agent_that_turns_the_stop_into_an_error_of_its_own_still_timed_out(
    tmp_path: Path, clock: FakeClock
) -> None:
    entered = asyncio.Event()

    async def translating(context: Context) -> AsyncGenerator[ReplyPart, None]:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise AgentFailed("the connection was closed") from None
        yield ReplyPart(text="never")

    async with on_stage(tmp_path, clock, play=translating, deadline=timedelta(seconds=30)) as stage:
        exchange = await stage.send(await stage.session(), "hurry")
        await soon(entered.wait())
        await clock.advance(timedelta(seconds=30))
        assert (await missing(exchange)).why is Silence.TIMED_OUT


async def _failing(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    yield ReplyPart(text="Half a sen")
    raise AgentFailed("The model refused the request")


async def _slow_model(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    yield ReplyPart(text="Half a sen")
    raise AgentTimedOut("The model took longer than 60 s")


@pytest.mark.parametrize(
    ("play", "why", "explanation"),
    [
        (broken, Silence.FAILED, "The agent failed to answer"),
        (_failing, Silence.FAILED, "The model refused the request"),
        (_slow_model, Silence.TIMED_OUT, "The model took longer than 60 s"),
    ],
    ids=["unknown error, kept from clients", "failure fit for clients", "timeout of its own"],
)
async def test_an_agent_that_raises_leaves_a_row_that_says_so(
    tmp_path: Path, clock: FakeClock, play: object, why: Silence, explanation: str
) -> None:
    async with on_stage(tmp_path, clock, play=play) as stage:  # type: ignore[arg-type]
        session = await stage.session()
        exchange = await stage.send(session, "hello")
        assert await missing(exchange) == ReplyMissing(exchange.message.id, why, explanation)
        assert await stage.said(session) == ["hello"], "half a reply is no message"
        stage.plays.play = echo
        await outcome(await stage.send(session, "again"))
        assert await stage.said(session) == ["hello", "again", "echo: again"]


@pytest.mark.parametrize("part", [ReplyPart(silent=True), ReplyPart(), ReplyPart(text="no", silent=True)])
async def test_an_agent_may_stay_silent(tmp_path: Path, clock: FakeClock, part: ReplyPart) -> None:
    async def silent(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield part

    async with on_stage(tmp_path, clock, play=silent) as stage:
        exchange = await stage.send(await stage.session(), "hello?")
        assert await missing(exchange) == ReplyMissing(exchange.message.id, Silence.CHOSEN)


@pytest.mark.parametrize(
    "part",
    [ReplyPart(text="half a pair: \ud800"), ReplyPart(text="hi", extra={"tool": object()})],
    ids=["text that is no Unicode", "content that is no JSON"],
)
async def test_a_reply_that_cannot_be_kept_has_failed(tmp_path: Path, clock: FakeClock, part: ReplyPart) -> None:
    async def strange(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield part

    async with on_stage(tmp_path, clock, play=strange) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "hello")
        assert (await missing(exchange)).why is Silence.FAILED
        assert (await stage.sessions.get(session.id)).awaiting == ()


async def test_an_agent_that_was_stopped_meanwhile_leaves_the_message_unanswered(
    tmp_path: Path, clock: FakeClock
) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        first, second = await stage.send(session, "first"), await stage.send(session, "second")
        await soon(gate.inside.wait())
        await stage.agents.stop(stage.agent_id)
        gate.opened.set()
        assert isinstance((await outcome(first)).fact, Message), "the reply under way is finished"
        assert (await missing(second)).why is Silence.FAILED


async def test_a_message_the_store_cannot_take_is_not_said(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        with locked(tmp_path), pytest.raises(StoreUnavailable):
            await stage.send(session, "hello", key="k1")
        assert await stage.sessions.get(session.id) == session
        exchange = await stage.send(session, "hello", key="k1")
        assert not exchange.repeated
        await outcome(exchange)
        assert await stage.said(session) == ["hello", "echo: hello"]


async def test_a_reply_the_store_cannot_take_is_noted_as_failed_once_it_can(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "rain")
        await soon(gate.inside.wait())
        with locked(tmp_path):
            gate.opened.set()
            with pytest.raises(StoreUnavailable):
                await outcome(exchange)
            assert exchange.turn.done
            waiting = asyncio.create_task(stage.send(session, "sun"))
            with pytest.raises(StoreUnavailable):
                await soon(waiting)
        second = await stage.send(session, "sun")
        for _ in range(20):
            await clock.advance(timedelta(seconds=1))
        assert isinstance((await outcome(second)).fact, Message)
        ends = [entry.fact for entry in await stage.log(session) if isinstance(entry.fact, ReplyMissing)]
        assert ends == [ReplyMissing(exchange.message.id, Silence.FAILED, "The agent failed to answer")]
        assert (await stage.sessions.get(session.id)).awaiting == ()
