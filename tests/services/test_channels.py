"""Channels: a conversation as its members see it, over the log of a session."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.channel import Channel, ChannelType
from agent_sessions.domain.errors import (
    ChannelNotFound,
    InvalidInput,
    MessageNotFound,
    SessionBusy,
    SessionExpired,
    SessionNotFound,
)
from agent_sessions.domain.log import Author, Message, ReplyMissing, Silence
from agent_sessions.domain.session import State
from agent_sessions.ports import ChannelChanged, SessionFilter
from agent_sessions.services.agents import AgentSpec
from agent_sessions.services.channels import ChannelDraft, Posting

from .stage import on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.testing import FakeClock

    from .stage import Stage

ANN, BEN = str(uuid4()), str(uuid4())
AGENTS = (AgentSpec({"name": "Ada"}), AgentSpec({"name": "Bob"}))


async def named(context: Context) -> AsyncGenerator[ReplyPart, None]:
    """Say who answers, and what."""
    yield ReplyPart(text=f"{context.character.name}: {context.message.text}")


@pytest.fixture
async def stage(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Stage]:
    async with on_stage(tmp_path, clock, play=named, agents=AGENTS, room=2) as running:
        yield running


def agent(stage: Stage, name: str) -> str:
    return next(each.id for each in stage.agents.all() if each.character.name == name)


async def group(stage: Stage, *members: str, type_: ChannelType = ChannelType.GROUP) -> Channel:
    return await stage.channels.create(ChannelDraft(name="Table", type=type_, participants=members))


async def answer(stage: Stage, channel: Channel, text: str, author: str = ANN, **more: str) -> str | None:
    """What is answered; None: nothing."""
    exchange = await stage.channels.post(channel.id, Posting(author, text, **more))  # type: ignore[arg-type]
    outcome = await soon(exchange.turn.outcome())
    return outcome.fact.text if isinstance(outcome.fact, Message) else None


async def said(stage: Stage, room: str) -> list[str]:
    history = await stage.channels.history(room, limit=100)
    return [entry.fact.text for entry in history.entries if isinstance(entry.fact, Message)]


def changes(stage: Stage) -> list[tuple[str, object]]:
    return [(each.change, each.details) for each in stage.bus.events if isinstance(each, ChannelChanged)]


# ------------------------------------------------------------------------------------------------ who is to answer


async def test_in_a_direct_channel_its_agent_answers(stage: Stage) -> None:
    channel = await stage.channels.direct(ANN, agent(stage, "Bob"))
    assert await answer(stage, channel, "hello Ada") == "Bob: hello Ada"
    assert await said(stage, channel.id) == ["hello Ada", "Bob: hello Ada"]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("hello all", "Ada"),
        ("Bob, are you there?", "Bob"),
        ("what says @bob", "Bob"),
        ("bob and ada", "Bob"),
        ("a bobsleigh", "Ada"),
    ],
)
async def test_in_a_group_the_first_agent_that_is_named_answers_else_the_first(
    stage: Stage, text: str, who: str
) -> None:
    channel = await group(stage, ANN, agent(stage, "Ada"), agent(stage, "Bob"), BEN)
    assert await answer(stage, channel, text) == f"{who}: {text}"


async def test_the_one_who_is_addressed_answers_if_it_is_there(stage: Stage) -> None:
    ada, bob = agent(stage, "Ada"), agent(stage, "Bob")
    assert await answer(stage, await group(stage, ANN, ada, bob), "Ada?", addressee=bob) == "Bob: Ada?"
    assert await answer(stage, await group(stage, ANN, ada), "hm", addressee=bob) == "Ada: hm"


async def test_an_agent_that_runs_comes_before_one_that_does_not(stage: Stage) -> None:
    channel = await group(stage, ANN, agent(stage, "Ada"), agent(stage, "Bob"))
    await stage.agents.stop(agent(stage, "Ada"))
    assert await answer(stage, channel, "anybody?") == "Bob: anybody?"


async def test_without_an_agent_nobody_answers(stage: Stage) -> None:
    channel = await group(stage, ANN, BEN)
    exchange = await stage.channels.post(channel.id, Posting(ANN, "hello Ben"))
    assert exchange.turn.done
    outcome = await exchange.turn.outcome()
    assert outcome.fact == ReplyMissing(exchange.message.id, Silence.CHOSEN)
    assert (await stage.channels.session_of(channel.id)).awaiting == ()
    assert await said(stage, channel.id) == ["hello Ben"]


async def test_nobody_answers_an_agent(stage: Stage) -> None:
    channel = await group(stage, ANN, agent(stage, "Ada"), agent(stage, "Bob"))
    said_by_bob = await stage.channels.post(
        channel.id,
        Posting(agent(stage, "Bob"), "I think so", source="agent_response", thought="hm", actions=("REPLY",)),
    )
    assert said_by_bob.turn.done
    assert (said_by_bob.message.author, said_by_bob.message.thought) == (Author.AGENT, "hm")


async def test_more_messages_than_may_wait_are_refused(stage: Stage) -> None:
    gate = asyncio.Event()

    async def waiting(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        await gate.wait()
        yield ReplyPart(text="at last")

    stage.plays.play = waiting
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    turns = [(await stage.channels.post(channel.id, Posting(ANN, text))).turn for text in "ab"]
    with pytest.raises(SessionBusy):
        await stage.channels.post(channel.id, Posting(ANN, "c"))
    gate.set()
    for turn in turns:
        await soon(turn.outcome())
    assert await said(stage, channel.id) == ["a", "b", "at last", "at last"]


# ----------------------------------------------------------------------------------------------- finding and making


async def test_two_members_have_one_direct_channel_whoever_asks(stage: Stage) -> None:
    ada = agent(stage, "Ada")
    first, second = await asyncio.gather(stage.channels.direct(ANN, ada), stage.channels.direct(ada, ANN))
    assert first.id == second.id == (await stage.channels.direct(ANN, ada)).id
    assert first.session_id == second.session_id
    assert (await stage.channels.direct(BEN, ada)).id != first.id


async def test_a_direct_channel_that_was_made_otherwise_is_taken(stage: Stage) -> None:
    ada = agent(stage, "Ada")
    made = await group(stage, ANN, ada, type_=ChannelType.DM)
    await group(stage, ANN, ada)
    assert (await stage.channels.direct(ANN, ada)).id == made.id


async def test_who_speaks_where_nothing_is_makes_a_channel(stage: Stage) -> None:
    room, ada = str(uuid4()), agent(stage, "Ada")
    exchange = await stage.channels.post(room, Posting(ANN, "hi", is_dm=True, addressee=ada))
    channel = await stage.channels.get(room)
    assert (channel.id, channel.type, channel.participants) == (room, ChannelType.DM, (ANN, ada))
    assert isinstance((await soon(exchange.turn.outcome())).fact, Message)
    with pytest.raises(InvalidInput):
        await stage.channels.post("no uuid", Posting(ANN, "hi"))


async def test_people_who_speak_in_a_group_are_in_it_and_agents_are_asked_in(stage: Stage) -> None:
    channel = await group(stage, ANN)
    await stage.channels.post(channel.id, Posting(BEN, "me too", author_name="Ben"))
    await stage.channels.post(channel.id, Posting(agent(stage, "Ada"), "may I?", source="agent_response"))
    assert (await stage.channels.get(channel.id)).participants == (ANN, BEN)


async def test_a_group_is_nobodys_memory_but_its_own(stage: Stage) -> None:
    ada = agent(stage, "Ada")
    direct, table = await stage.channels.direct(ANN, ada), await group(stage, ANN, ada, BEN)
    assert (await stage.channels.session_of(direct.id)).user_id == ANN
    assert (await stage.channels.session_of(table.id)).user_id == table.id
    exchange = await stage.channels.post(table.id, Posting(BEN, "hm", author_name="Ben"))
    assert exchange.message.metadata["speaker"] == "Ben"


async def test_no_channel_shows_among_sessions_nor_ever_times_out(stage: Stage, clock: FakeClock) -> None:
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    page = await stage.store.list(SessionFilter(clock.now()), limit=9)
    assert (list(page.sessions), page.total) == ([], 0)
    await clock.advance(timedelta(days=3000))
    assert await answer(stage, channel, "still there?") == "Ada: still there?"


async def test_the_same_message_sent_twice_is_there_once(stage: Stage) -> None:
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    posting = Posting(ANN, "once", message_id=str(uuid4()))
    first = await stage.channels.post(channel.id, posting)
    again = await stage.channels.post(channel.id, posting)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.message.id == first.message.id == posting.message_id
    assert (await soon(again.turn.outcome())) == (await soon(first.turn.outcome()))
    assert await said(stage, channel.id) == ["once", "Ada: once"]


async def test_two_channels_with_messages_of_one_id_are_answered_each_for_itself(stage: Stage) -> None:
    channels = [await stage.channels.direct(ANN, agent(stage, name)) for name in ("Ada", "Bob")]
    message_id = str(uuid4())
    ready = asyncio.Event()

    async def together(context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield ReplyPart(text=f"{context.character.name}: ")
        await ready.wait()
        yield ReplyPart(text=context.message.text)

    stage.plays.play = together
    postings = [Posting(ANN, f"to {number}", message_id=message_id) for number in range(2)]
    exchanges = [
        await stage.channels.post(channel.id, posting)
        for _ in range(2)  # whoever repeats it meets the same turn
        for channel, posting in zip(channels, postings, strict=True)
    ]
    ready.set()
    ends = [await soon(exchange.turn.outcome()) for exchange in exchanges]
    assert [end.session_id for end in ends] == [channel.session_id for channel in channels] * 2
    assert await said(stage, channels[0].id) == ["to 0", "Ada: to 0"]
    assert await said(stage, channels[1].id) == ["to 1", "Bob: to 1"]
    for channel, name in zip(channels, ("Ada", "Bob"), strict=True):
        found, _ = await stage.channels.message(message_id, participant=agent(stage, name))
        assert found == channel
    with pytest.raises(MessageNotFound):
        await stage.channels.message(message_id, participant=BEN)


async def test_an_agent_elsewhere_may_answer_what_waits(stage: Stage) -> None:
    never = asyncio.Event()

    async def waiting(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        await never.wait()
        yield ReplyPart(text="too late")

    stage.plays.play = waiting
    ada = agent(stage, "Ada")
    channel = await stage.channels.direct(ANN, ada)
    asked = await stage.channels.post(channel.id, Posting(ANN, "well?"))
    reply = Posting(ada, "from elsewhere", source="agent_response", in_reply_to=asked.message.id)
    await stage.channels.post(channel.id, reply)
    never.set()
    outcome = await soon(asked.turn.outcome())
    assert isinstance(outcome.fact, Message)
    assert outcome.fact.text == "from elsewhere"
    assert await said(stage, channel.id) == ["well?", "from elsewhere"]


# ---------------------------------------------------------------------------------------------- channels of sessions


async def test_a_session_has_a_channel(stage: Stage) -> None:
    session = await stage.session()
    for room in (session.channel_id, session.id):
        channel = await stage.channels.get(room)
        assert (channel.id, channel.session_id) == (session.channel_id, session.id)
        assert channel.participants == (session.user_id, session.agent_id)
    exchange = await stage.channels.post(session.channel_id, Posting(session.user_id, "over the channel"))
    await soon(exchange.turn.outcome())
    assert exchange.renewed
    assert await stage.said(session) == ["over the channel", "Ada: over the channel"]
    assert (await stage.channels.list()) == []


async def test_another_voice_in_a_sessions_channel_is_no_word_of_its_user(stage: Stage) -> None:
    session = await stage.session()
    exchange = await stage.channels.post(session.id, Posting(BEN, "I am Ben", author_name="Ben"))
    assert (exchange.message.author_id, exchange.message.metadata["speaker"]) == (BEN, "Ben")
    assert not exchange.renewed


async def test_the_history_of_a_session_that_is_over_can_be_read_but_not_continued(
    stage: Stage, clock: FakeClock
) -> None:
    ended, expired = await stage.session(), await stage.session()
    for session in (ended, expired):
        await soon((await stage.send(session, "hello")).turn.outcome())
    await stage.sessions.end(ended.id)
    await clock.advance(timedelta(hours=1))
    for session, error in ((ended, SessionNotFound), (expired, SessionExpired)):
        assert await said(stage, session.channel_id) == ["hello", "Ada: hello"]
        with pytest.raises(error):
            await stage.channels.post(session.channel_id, Posting(session.user_id, "more"))


# ----------------------------------------------------------------------------------------------------------- changing


async def test_changes_are_kept_and_told(stage: Stage) -> None:
    channel = await group(stage, ANN)
    await stage.channels.update(channel.id, name="New", metadata={"a": 1})
    changed = await stage.channels.update(channel.id, metadata={"b": 2})
    assert (changed.name, changed.metadata) == ("New", {"a": 1, "b": 2})
    ada = agent(stage, "Ada")
    assert (await stage.channels.add_participant(channel.id, ada)).participants == (ANN, ada)
    assert (await stage.channels.remove_participant(channel.id, ada)).participants == (ANN,)
    assert await stage.channels.get(channel.id) == await stage.channels.get(channel.session_id)
    assert changes(stage)[0] == ("updated", {"updates": {"name": "New", "metadata": {"a": 1}}})


async def test_a_deleted_message_is_gone_from_what_agents_are_given(stage: Stage) -> None:
    seen: list[list[str]] = []

    async def watching(context: Context) -> AsyncGenerator[ReplyPart, None]:
        seen.append([message.text for message in context.history])
        yield ReplyPart(text="ok")

    stage.plays.play = watching
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    exchange = await stage.channels.post(channel.id, Posting(ANN, "secret"))
    await soon(exchange.turn.outcome())
    await stage.channels.delete_message(channel.id, exchange.message.id)
    await answer(stage, channel, "what did I say?")
    assert seen == [[], ["ok"]]
    assert await said(stage, channel.id) == ["ok", "what did I say?", "ok"]
    assert changes(stage) == [("message_deleted", {"messageId": exchange.message.id})]
    with pytest.raises(MessageNotFound):
        await stage.channels.delete_message(channel.id, exchange.message.id)


async def test_a_message_that_is_deleted_while_it_waits_gets_no_reply(stage: Stage) -> None:
    never = asyncio.Event()

    async def waiting(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        await never.wait()
        yield ReplyPart(text="too late")

    stage.plays.play = waiting
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    exchange = await stage.channels.post(channel.id, Posting(ANN, "never mind"))
    await stage.channels.clear(channel.id)
    never.set()
    outcome = await soon(exchange.turn.outcome())
    assert isinstance(outcome.fact, ReplyMissing)
    assert outcome.fact.why is Silence.CANCELLED
    assert await said(stage, channel.id) == []


async def test_a_cleared_channel_goes_on(stage: Stage) -> None:
    channel = await stage.channels.direct(ANN, agent(stage, "Ada"))
    await answer(stage, channel, "one")
    await stage.channels.clear(channel.id)
    assert changes(stage) == [("cleared", {})]
    assert await answer(stage, channel, "two") == "Ada: two"
    assert await said(stage, channel.id) == ["two", "Ada: two"]


async def test_a_deleted_channel_is_gone_and_can_be_made_anew(stage: Stage) -> None:
    ada = agent(stage, "Ada")
    channel = await stage.channels.direct(ANN, ada)
    await answer(stage, channel, "one")
    await stage.channels.delete(channel.id)
    for room in (channel.id, channel.session_id):
        with pytest.raises(ChannelNotFound):
            await stage.channels.get(room)
    assert changes(stage) == [("deleted", {})]
    anew = await stage.channels.direct(ANN, ada)
    assert anew.session_id != channel.session_id
    assert await answer(stage, anew, "two") == "Ada: two"
    assert await said(stage, anew.id) == ["two", "Ada: two"]


async def test_with_its_channel_a_session_ends(stage: Stage) -> None:
    session = await stage.session()
    await soon((await stage.send(session, "hello")).turn.outcome())
    await stage.channels.delete(session.channel_id)
    with pytest.raises(SessionNotFound):
        await stage.sessions.get(session.id)
    with pytest.raises(ChannelNotFound):
        await stage.channels.history(session.channel_id, limit=9)
    after = await stage.store.get(session.id)
    assert (after.state, after.processing.due_at) == (State.ENDED, None)
    assert await stage.said(session) == []
