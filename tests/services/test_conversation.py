"""Conversation: what becomes of a message, whoever else talks at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import (
    SessionBusy,
    SessionExpired,
    SessionNotFound,
)
from agent_sessions.domain.log import Author, Ended, Message, ReplyMissing, Silence
from agent_sessions.services.conversation import Draft

from .parts import Gate, missing, outcome
from .stage import echo, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.testing import FakeClock


async def test_a_message_and_its_reply_are_rows_of_the_log(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        draft = Draft("hi", attachments=({"url": "a.png"},), metadata={"mood": "good"})
        exchange = await stage.conversation.send(session.id, draft)
        end = await outcome(exchange)

        reply = end.fact
        assert isinstance(reply, Message)
        assert exchange.message.author is Author.USER
        assert exchange.message.author_id == session.user_id
        assert exchange.message.metadata == {"mood": "good"}
        assert exchange.message.attachments == ({"url": "a.png"},)
        assert (reply.text, reply.author, reply.author_id) == ("echo: hi", Author.AGENT, stage.agent_id)
        assert reply.in_reply_to == exchange.message.id
        assert reply.id == exchange.turn.reply_id
        assert [entry.seq for entry in await stage.log(session)] == [1, 2, 3]
        assert list(await stage.log(session))[1:] == [exchange.entry, end]
        assert (await stage.sessions.get(session.id)).awaiting == ()


async def test_a_message_renews_a_session_that_renews_itself(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        await clock.advance(timedelta(minutes=20))
        exchange = await stage.send(session, "still here")
        assert exchange.renewed
        assert exchange.session.renewal_count == 1
        assert exchange.session.expires_at == session.expires_at + timedelta(minutes=20)


async def test_overlapping_messages_are_answered_one_after_another(tmp_path: Path, clock: FakeClock) -> None:
    inside = 0
    most = 0

    async def one_at_a_time(context: Context) -> AsyncGenerator[ReplyPart, None]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        yield ReplyPart(text=f"re {context.message.text}")
        inside -= 1

    async with on_stage(tmp_path, clock, play=one_at_a_time) as stage:
        session = await stage.session()
        sends = [stage.send(session, str(number)) for number in range(20)]
        exchanges = await soon(asyncio.gather(*sends))
        ends = [await outcome(exchange) for exchange in exchanges]

        assert most == 1
        assert [end.seq for end in ends] == sorted(end.seq for end in ends)
        texts = await stage.said(session)
        assert [text for text in texts if not text.startswith("re ")] == [str(number) for number in range(20)]
        assert [text for text in texts if text.startswith("re ")] == [f"re {number}" for number in range(20)]
        log = await stage.log(session)
        assert [entry.seq for entry in log] == list(range(1, 42))
        assert all(later.at > earlier.at for earlier, later in pairwise(log))


async def test_an_earlier_reply_is_history_for_a_message_that_waited(tmp_path: Path, clock: FakeClock) -> None:
    heard: dict[str, list[str]] = {}

    async def remembering(context: Context) -> AsyncGenerator[ReplyPart, None]:
        heard[context.message.text] = [message.text for message in context.history]
        yield ReplyPart(text=f"re {context.message.text}")

    async with on_stage(tmp_path, clock, play=remembering) as stage:
        session = await stage.session()
        exchanges = await soon(asyncio.gather(*(stage.send(session, text) for text in ("a", "b", "c"))))
        for exchange in exchanges:
            await outcome(exchange)
    assert heard == {"a": [], "b": ["a", "re a"], "c": ["a", "b", "re a", "re b"]}


async def test_other_sessions_are_answered_beside_a_slow_one(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()

    async def slow_for_some(context: Context) -> AsyncGenerator[ReplyPart, None]:
        part = gate.play if context.message.text == "slow" else echo
        async for piece in part(context):
            yield piece

    async with on_stage(tmp_path, clock, play=slow_for_some) as stage:
        slow, quick = await stage.session(), await stage.session()
        waiting = await stage.send(slow, "slow")
        await soon(gate.inside.wait())
        await outcome(await stage.send(quick, "quick"))
        assert not waiting.turn.done
        gate.opened.set()
        await outcome(waiting)
        assert await stage.said(slow) == ["slow", "I think about slow"]
        assert await stage.said(quick) == ["quick", "echo: quick"]


async def test_a_session_with_too_many_waiting_messages_is_busy(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, room=3) as stage:
        session, other = await stage.session(), await stage.session()
        exchanges = [await stage.send(session, str(number)) for number in range(3)]
        before = await stage.sessions.get(session.id)
        with pytest.raises(SessionBusy) as busy:
            await stage.send(session, "one too many")
        assert (busy.value.limit, busy.value.retry_after) == (3, timedelta(seconds=2))
        assert await stage.sessions.get(session.id) == before, "a refused message changes nothing"
        await stage.send(other, "elsewhere there is room")

        gate.opened.set()
        for exchange in exchanges:
            await outcome(exchange)
        await outcome(await stage.send(session, "room again"))
        assert "one too many" not in await stage.said(session)


async def test_ending_a_session_cancels_what_is_being_said_and_what_waits(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play) as stage:
        session = await stage.session()
        first, second = await stage.send(session, "first"), await stage.send(session, "second")
        await soon(gate.inside.wait())
        await stage.sessions.end(session.id)
        assert (await missing(first)).why is Silence.CANCELLED
        assert (await missing(second)).why is Silence.CANCELLED
        assert gate.entered == ["first"]


async def test_a_message_that_shares_its_commit_with_the_end_is_cancelled(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock, play=Gate().play) as stage:
        session = await stage.session()
        exchange, _ = await soon(asyncio.gather(stage.send(session, "wait"), stage.sessions.end(session.id)))
        assert (await missing(exchange)).why is Silence.CANCELLED
        facts = [type(entry.fact) for entry in await stage.log(session)]
        assert facts[1:] == [Message, Ended, ReplyMissing]


async def test_a_reply_outlives_the_expiry_of_its_session(tmp_path: Path, clock: FakeClock) -> None:
    gate = Gate()
    async with on_stage(tmp_path, clock, play=gate.play, deadline=timedelta(hours=2)) as stage:
        session = await stage.session()
        exchange = await stage.send(session, "long story")
        await soon(gate.inside.wait())
        await clock.advance(timedelta(minutes=31))
        gate.opened.set()
        assert isinstance((await outcome(exchange)).fact, Message)
        with pytest.raises(SessionExpired):
            await stage.send(session, "too late")


async def test_messages_to_unknown_and_ended_sessions_are_not_taken(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await stage.session()
        await stage.sessions.end(session.id)
        with pytest.raises(SessionNotFound):
            await stage.send(session, "anybody?")
        with pytest.raises(SessionNotFound):
            await stage.conversation.send(str(uuid4()), Draft("anybody?"))
