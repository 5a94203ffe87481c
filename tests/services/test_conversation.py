"""Conversation: what becomes of a message, whoever else talks at the same time and whatever the agent does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import (
    AgentFailed,
    AgentTimedOut,
    SessionBusy,
    SessionExpired,
    SessionNotFound,
    StoreUnavailable,
)
from agent_sessions.domain.log import Author, Ended, LogEntry, Message, ReplyMissing, Silence
from agent_sessions.services.conversation import Draft

from .stage import crash, echo, locked, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.services.conversation import Exchange
    from agent_sessions.testing import FakeClock


class Gate:
    """An agent's part that waits for the test before it says the rest; notes who is inside and who was stopped."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.entered: list[str] = []
        self.stopped: list[str] = []
        self.inside = asyncio.Event()

    async def play(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        self.entered.append(context.message.text)
        self.inside.set()
        yield ReplyPart(text="I think ")
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.stopped.append(context.message.text)
            raise
        yield ReplyPart(text=f"about {context.message.text}")


async def outcome(exchange: Exchange) -> LogEntry:
    entry: LogEntry = await soon(exchange.turn.outcome())
    return entry


async def missing(exchange: Exchange) -> ReplyMissing:
    fact = (await outcome(exchange)).fact
    assert isinstance(fact, ReplyMissing)
    return fact


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


async def _broken(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    yield ReplyPart(text="Half a sen")
    raise RuntimeError("password=hunter2 in /srv/secret.py")


async def _failing(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    yield ReplyPart(text="Half a sen")
    raise AgentFailed("The model refused the request")


async def _slow_model(_context: Context) -> AsyncGenerator[ReplyPart, None]:
    yield ReplyPart(text="Half a sen")
    raise AgentTimedOut("The model took longer than 60 s")


@pytest.mark.parametrize(
    ("play", "why", "explanation"),
    [
        (_broken, Silence.FAILED, "The agent failed to answer"),
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


# ------------------------------------------------------------------------------------------------ following and leaving


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
    async with on_stage(tmp_path, clock, play=_broken) as stage:
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


# ---------------------------------------------------------------------------------------------------- the session's end


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


# ----------------------------------------------------------------------------------------------------------- said twice


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


# ------------------------------------------------------------------------------------------------ stopping and starting


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


# -------------------------------------------------------------------------------------------- a store that cannot write


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
