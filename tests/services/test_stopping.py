"""Replies under way when the server stops or crashes, and what the next start makes of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import StoreUnavailable
from agent_sessions.domain.log import Message, ReplyMissing, Silence

from .parts import Gate, missing, outcome
from .stage import crash, locked, on_stage, soon

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock


async def test_a_reply_that_a_crash_cut_off_is_marked_at_the_next_start(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    async with on_stage(before, clock, play=gate.play) as stage:
        session = await stage.session()
        first = await stage.send(session, "first", key="k1")
        await stage.send(session, "second")
        await soon(gate.inside.wait())
        crash(before, after)
    async with on_stage(after, clock) as stage:
        assert (await stage.sessions.get(session.id)).awaiting == ()
        ends = [entry.fact for entry in await stage.log(session) if isinstance(entry.fact, ReplyMissing)]
        assert [end.why for end in ends] == [Silence.INTERRUPTED, Silence.INTERRUPTED]
        assert ends[0].in_reply_to == first.message.id
        again = await stage.send(session, "first", key="k1")
        assert (await missing(again)).why is Silence.INTERRUPTED
        await outcome(await stage.send(session, "third"))
        assert await stage.said(session) == ["first", "second", "third", "echo: third"]


async def test_closing_lets_a_reply_finish_that_is_nearly_done(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        exchange = await stage.send(await stage.session(), "rain")
        await soon(gate.inside.wait())
        closing = asyncio.create_task(stage.replies.close())
        await clock.settle()
        gate.opened.set()
        await soon(closing)
        assert isinstance((await outcome(exchange)).fact, Message)


async def test_closing_stops_what_would_take_longer_and_says_so(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        first, second = await stage.send(session, "first"), await stage.send(session, "second")
        await soon(gate.inside.wait())
        await soon(stage.replies.close())
        assert (await missing(first)).why is Silence.INTERRUPTED
        assert (await missing(second)).why is Silence.INTERRUPTED
        assert gate.entered == gate.stopped == ["first"]
        assert (await stage.sessions.get(session.id)).awaiting == ()


async def test_closing_without_patience_still_says_what_was_interrupted(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, drain=timedelta(0)) as stage:
        session = await stage.session()
        first, second = await stage.send(session, "first"), await stage.send(session, "second")
        await soon(gate.inside.wait())
        await soon(stage.replies.close())
        assert (await missing(first)).why is Silence.INTERRUPTED
        assert (await missing(second)).why is Silence.INTERRUPTED


async def test_nobody_waits_on_when_closing_cannot_record_the_interruption(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, drain=timedelta(0)) as stage:
        exchange = await stage.send(await stage.session(), "first")
        await soon(gate.inside.wait())
        with locked(tmp_path):
            await soon(stage.replies.close())
            with pytest.raises(StoreUnavailable):
                await soon(exchange.turn.outcome())


async def test_messages_that_wait_are_answered_while_a_closing_server_has_patience(
    tmp_path: Path, clock: FakeClock
) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, drain=timedelta(seconds=20)) as stage:
        session = await stage.session()
        exchanges = [await stage.send(session, text) for text in ("first", "second", "third")]
        await soon(gate.inside.wait())
        closing = asyncio.create_task(stage.replies.close())
        await clock.settle()
        gate.opened.set()
        await soon(closing)
        assert all([isinstance((await outcome(exchange)).fact, Message) for exchange in exchanges])
