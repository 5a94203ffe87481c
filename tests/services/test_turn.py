"""Turns: following a reply as it is made, and leaving before it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent_sessions.domain.log import Message, Silence

from .parts import Gate, broken, missing, outcome
from .stage import on_stage, soon

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock


async def test_chunks_are_read_live_and_again_by_late_followers(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "rain")

        async def follow() -> list[tuple[int, str]]:
            return [(chunk.index, chunk.text) async for chunk in exchange.turn.chunks()]

        early = asyncio.create_task(follow())
        await soon(gate.inside.wait())
        late = asyncio.create_task(follow())
        await clock.settle()
        gate.opened.set()
        everything = [(0, "I think "), (1, "about rain")]
        assert await soon(early) == everything
        assert await soon(late) == everything
        await outcome(exchange)
        assert await soon(follow()) == everything, "also once it is over"
        assert {chunk.message_id for chunk in stage.bus.chunks} == {exchange.turn.reply_id}
        assert [(chunk.index, chunk.text) for chunk in stage.bus.chunks] == everything


async def test_followers_of_a_failing_reply_come_to_an_end(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock, play=broken) as stage:
        exchange = await stage.send(await stage.session(), "hello")
        assert [chunk.text async for chunk in exchange.turn.chunks()] == ["Half a sen"]
        assert (await missing(exchange)).why is Silence.FAILED


async def test_the_reply_is_cancelled_when_the_last_follower_leaves(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        exchange = await stage.send(await stage.session(), "rain")
        with exchange.turn.following():
            with exchange.turn.following():
                await soon(gate.inside.wait())
            await clock.settle()
            assert not gate.stopped, "somebody still follows"
        end = await missing(exchange)
        assert (end.why, end.explanation) == (Silence.CANCELLED, "The reply was cancelled")
        assert gate.stopped == ["rain"]


async def test_leaving_after_the_end_cancels_nothing(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        exchange = await stage.send(await stage.session(), "rain")
        with exchange.turn.following():
            await outcome(exchange)
        assert isinstance((await outcome(exchange)).fact, Message)


async def test_leaving_before_the_agent_began_cancels_the_reply_too(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "rain")
        with exchange.turn.following():
            pass
        assert (await missing(exchange)).why is Silence.CANCELLED
        assert (await stage.sessions.get(session.id)).awaiting == ()


async def test_a_reader_that_goes_away_leaves_the_outcome_to_the_others(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        exchange = await stage.send(await stage.session(), "rain")
        impatient = asyncio.create_task(exchange.turn.outcome())
        await soon(gate.inside.wait())
        impatient.cancel()
        gate.opened.set()
        assert isinstance((await outcome(exchange)).fact, Message)
