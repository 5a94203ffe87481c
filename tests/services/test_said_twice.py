"""A message that is said again under the same idempotency key is one message with one reply."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .parts import Gate, outcome
from .stage import on_stage, soon

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock


async def test_a_repeated_message_joins_the_turn_under_way(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        first = await stage.send(session, "once", key="k1")
        again = await stage.send(session, "once", key="k1")
        assert not first.repeated
        assert again.repeated
        assert again.turn is first.turn
        assert again.entry == first.entry
        gate.opened.set()
        assert await outcome(first) == await outcome(again)
        assert await stage.said(session) == ["once", "I think about once"]


async def test_overlapping_repeats_are_said_once(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        exchanges = await soon(asyncio.gather(*(stage.send(session, "once", key="k1") for _ in range(5))))
        ends = [await outcome(exchange) for exchange in exchanges]
        assert ends == [ends[0]] * 5
        assert [exchange.repeated for exchange in exchanges].count(False) == 1
        assert await stage.said(session) == ["once", "echo: once"]


async def test_a_repeat_after_the_end_has_the_stored_outcome(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        first = await stage.send(session, "once", key="k1")
        end = await outcome(first)
        await clock.settle()
        again = await stage.send(session, "other words", key="k1")
        assert again.repeated
        assert again.message.text == "once"
        assert again.turn.reply_id == first.turn.reply_id
        assert await outcome(again) == end
        assert await stage.said(session) == ["once", "echo: once"]


async def test_a_repeat_after_a_restart_has_the_stored_outcome(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        end = await outcome(await stage.send(session, "once", key="k1"))
    async with on_stage(tmp_path, clock) as stage:
        again = await stage.send(session, "once", key="k1")
        assert again.repeated
        assert await outcome(again) == end
        assert await stage.said(session) == ["once", "echo: once"]


async def test_the_same_key_in_another_session_is_another_message(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        one, other = await stage.session(), await stage.session()
        await stage.send(one, "once", key="k1")
        assert not (await stage.send(other, "twice", key="k1")).repeated
