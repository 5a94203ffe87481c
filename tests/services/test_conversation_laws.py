"""What holds of every conversation, whatever users, agents and the clock do, in whatever order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed, SessionBusy, SessionNotFound
from agent_sessions.domain.log import Author, LogEntry, Message, ReplyMissing

from .stage import crash, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.session import Session
    from agent_sessions.services.conversation import Exchange
    from agent_sessions.testing import FakeClock

    from .stage import Stage

DEADLINE = timedelta(seconds=30)


class Moody:
    """An agent's part that does something else each time."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    async def play(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        for _ in range(self._chance.randrange(3)):
            yield ReplyPart(text="well ")
            await asyncio.sleep(0)
        match self._chance.randrange(6):
            case 0:
                raise AgentFailed("no")
            case 1:
                raise RuntimeError("oops")
            case 2:
                await asyncio.Event().wait()
            case 3:
                yield ReplyPart(silent=True)
            case _:
                yield ReplyPart(text=f"re {context.message.text}")


class Users:
    """People who talk all at once, repeat themselves, leave, and end their sessions."""

    def __init__(self, stage: Stage, sessions: Sequence[Session], chance: Random) -> None:
        self._stage = stage
        self._sessions = sessions
        self._chance = chance
        self.exchanges: list[Exchange] = []

    async def do_something(self, number: int) -> None:
        session = self._chance.choice(self._sessions)
        with suppress(SessionBusy, SessionNotFound):
            match self._chance.randrange(10):
                case 0:
                    await self._stage.sessions.heartbeat(session.id)
                case 1 if number > 30:
                    await self._stage.sessions.end(session.id)
                case 2 | 3:
                    await self._leave(await self._stage.send(session, f"leaving {number}"))
                case 4 | 5:
                    self.exchanges.append(await self._stage.send(session, "again", key=f"k{self._chance.randrange(3)}"))
                case _:
                    self.exchanges.append(await self._stage.send(session, f"message {number}"))

    async def _leave(self, exchange: Exchange) -> None:
        with exchange.turn.following():
            for _ in range(self._chance.randrange(20)):
                await asyncio.sleep(0)
        self.exchanges.append(exchange)


async def talk(stage: Stage, clock: FakeClock, chance: Random) -> tuple[Sequence[Session], Users]:
    """Forty things happen, a few at a time."""
    sessions = [await stage.session() for _ in range(3)]
    users = Users(stage, sessions, chance)
    for number in range(0, 40, 4):
        doing = asyncio.gather(*(users.do_something(number + more) for more in range(chance.randrange(1, 5))))
        await soon(doing)
        if chance.random() < 0.3:
            await clock.advance(DEADLINE / 3)
    return sessions, users


@pytest.mark.parametrize("seed", range(15))
async def test_every_message_is_concluded_once_and_in_order(tmp_path: Path, clock: FakeClock, seed: int) -> None:
    chance = Random(seed)
    async with on_stage(tmp_path, clock, play=Moody(chance).play, deadline=DEADLINE, room=5) as stage:
        sessions, users = await talk(stage, clock, chance)
        for exchange in users.exchanges:
            while not exchange.turn.done:
                await clock.advance(DEADLINE / 2)
        for session in sessions:
            assert (await stage.store.get(session.id)).awaiting == ()
            check(await stage.log(session))
        for exchange in users.exchanges:
            end = await exchange.turn.outcome()
            assert end in await stage.log(await stage.store.get(exchange.session.id))


@pytest.mark.parametrize("seed", range(15))
async def test_the_same_holds_when_the_server_crashes_at_any_moment(
    tmp_path: Path, clock: FakeClock, seed: int
) -> None:
    chance = Random(1000 + seed)
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    async with on_stage(before, clock, play=Moody(chance).play, deadline=DEADLINE, room=5) as stage:
        sessions, users = await talk(stage, clock, chance)
        told = [exchange.entry for exchange in users.exchanges]
        crash(before, after)
    async with on_stage(after, clock) as stage:
        for session in sessions:
            assert (await stage.store.get(session.id)).awaiting == ()
            log = await stage.log(session)
            check(log)
            assert all(entry in log for entry in told if entry.session_id == session.id), "an acknowledged message lost"


def check(log: Sequence[LogEntry]) -> None:
    """The log is gapless, its times increase, each message has one conclusion, and replies follow messages' order."""
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert all(earlier.at < later.at for earlier, later in pairwise(log))
    asked = [entry.fact.id for entry in log if isinstance(entry.fact, Message) and entry.fact.author is Author.USER]
    ends = [end for entry in log if (end := _conclusion(entry))]
    assert sorted(end.in_reply_to or "" for end in ends) == sorted(asked)
    replied = [end.in_reply_to for end in ends if isinstance(end, Message)]
    assert replied == [message_id for message_id in asked if message_id in replied]


def _conclusion(entry: LogEntry) -> Message | ReplyMissing | None:
    """What ends a message's wait, where this row does."""
    match entry.fact:
        case ReplyMissing() | Message(author=Author.AGENT):
            return entry.fact
    return None
