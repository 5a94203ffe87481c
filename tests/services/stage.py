"""The services on a real SQLite file, with a clock moved by hand and an agent that plays what a test writes for it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from agent_sessions.bus.local import LocalBus
from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.log import LogEntry, Message
from agent_sessions.domain.timeouts import TimeoutConfig, TimeoutLimits, TimeoutPolicy
from agent_sessions.ports import ReplyChunk
from agent_sessions.services.agents import AgentDirectory, AgentSpec
from agent_sessions.services.channels import ChannelService
from agent_sessions.services.context import ContextBuilder
from agent_sessions.services.conversation import Conversation, Draft, WaitingRoom
from agent_sessions.services.jobs import JobService
from agent_sessions.services.recent import RecentMessages
from agent_sessions.services.replies import Replies
from agent_sessions.services.sessions import SessionService
from agent_sessions.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from agent_sessions.domain.agent import Character, Context
    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Event, Store
    from agent_sessions.services.conversation import Exchange
    from agent_sessions.testing import FakeClock

    Play = Callable[[Context], AsyncGenerator[ReplyPart, None]]

REMEMBER = timedelta(hours=24)
POLICY = TimeoutPolicy(
    defaults=TimeoutConfig(
        timeout=timedelta(minutes=30),
        auto_renew=True,
        max_duration=timedelta(hours=12),
        warning_threshold=timedelta(minutes=5),
    ),
    limits=TimeoutLimits(min_timeout=timedelta(minutes=5), max_timeout=timedelta(hours=24)),
)
DATABASE = "sessions.db"
PATIENCE = 10
"""Seconds of real time after which a test that waits for something is told that it hangs."""


async def echo(context: Context) -> AsyncGenerator[ReplyPart, None]:
    """Say what was said."""
    yield ReplyPart(text=f"echo: {context.message.text}")


class Actor:
    """An agent that plays one part."""

    def __init__(self, play: Play) -> None:
        self._play = play

    def reply(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        return self._play(context)

    async def close(self) -> None:
        """Nothing is held."""


class Plays:
    """The one kind of agent on this stage; its part can be changed between two replies."""

    def __init__(self, play: Play) -> None:
        self.play = play

    def find(self, _name: str, /) -> Callable[[Character, Mapping[str, Any]], Actor]:
        return lambda character, options: Actor(lambda context: self.play(context))


class Notebook(LocalBus):
    """An event bus that writes down what is published."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)
        super().publish(event)

    @property
    def chunks(self) -> Sequence[ReplyChunk]:
        return [event for event in self.events if isinstance(event, ReplyChunk)]


class Stage:
    """Everything a test of the services needs, open and running."""

    def __init__(
        self,
        store: Store,
        clock: FakeClock,
        *,
        play: Play,
        room: int,
        deadline: timedelta,
        drain: timedelta,
        bus: Notebook,
    ) -> None:
        self.store = store
        self.clock = clock
        self.bus = bus
        self.plays = Plays(play)
        self.agents = AgentDirectory(store, self.plays, clock)
        self.recent = RecentMessages(store)
        contexts = ContextBuilder(store, self.recent, clock=clock)
        self.replies = Replies(store, self.agents, contexts, bus=self.bus, clock=clock, deadline=deadline, drain=drain)
        self.sessions = SessionService(
            store, self.agents, recent=self.recent, clock=clock, policy=POLICY, remember=REMEMBER
        )
        self.conversation = Conversation(
            store, self.replies, clock=clock, remember=REMEMBER, room=WaitingRoom(room, timedelta(seconds=2))
        )
        self.channels = ChannelService(
            store,
            self.agents,
            self.replies,
            recent=self.recent,
            bus=self.bus,
            clock=clock,
            remember=REMEMBER,
            waiting=WaitingRoom(room, timedelta(seconds=2)),
        )
        self.jobs = JobService(
            store, self.sessions, self.conversation, self.agents, clock=clock, keep=timedelta(hours=1)
        )
        self.agent_id = ""

    async def raise_curtain(self, agents: Sequence[AgentSpec]) -> None:
        await self.agents.open(agents)
        self.agent_id = self.agents.all()[0].id
        await self.replies.start()
        await self.jobs.recover()

    async def session(self) -> Session:
        return await self.sessions.create(agent_id=self.agent_id, user_id=str(uuid4()))

    async def send(self, session: Session, text: str, *, key: str | None = None) -> Exchange:
        return await self.conversation.send(session.id, Draft(text), idempotency_key=key)

    async def log(self, session: Session) -> Sequence[LogEntry]:
        return await self.store.log(session.id, limit=1000)

    async def said(self, session: Session) -> list[str]:
        """The texts of the session in order."""
        return [entry.fact.text for entry in await self.log(session) if isinstance(entry.fact, Message)]


@asynccontextmanager
async def on_stage(
    folder: Path,
    clock: FakeClock,
    *,
    play: Play = echo,
    room: int = 32,
    deadline: timedelta = timedelta(minutes=2),
    drain: timedelta = timedelta(seconds=0.1),
    url: str | None = None,
    bus: Notebook | None = None,
    agents: Sequence[AgentSpec] = (AgentSpec({"name": "Actor"}),),
) -> AsyncIterator[Stage]:
    """A stage on the database in this folder, or at this URL, which is closed in order."""
    busy = timedelta(seconds=5) if url else timedelta(milliseconds=20)
    store = open_store(url or f"sqlite:///{folder / DATABASE}", clock=clock, busy_timeout=busy)
    await store.open()
    stage = Stage(store, clock, play=play, room=room, deadline=deadline, drain=drain, bus=bus or Notebook())
    try:
        await stage.raise_curtain(agents)
        yield stage
    finally:
        await stage.jobs.close()
        await stage.replies.close()
        await stage.agents.close()
        await store.close()


def crash(folder: Path, left: Path) -> None:
    """Put into ``left`` what a crash at this moment leaves of the database."""
    shutil.copytree(folder, left)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes to the database meanwhile and lets nobody else do so."""
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def undeletable(folder: Path) -> Iterator[None]:
    """The database takes everything but the deletion of a session."""
    with closing(sqlite3.connect(folder / DATABASE)) as other:
        other.execute("CREATE TRIGGER kept BEFORE DELETE ON sessions BEGIN SELECT RAISE(ABORT, 'kept'); END")
        try:
            yield
        finally:
            other.execute("DROP TRIGGER kept")


async def soon(awaited: Awaitable[Any]) -> Any:
    """What is awaited, which must not take long."""
    async with asyncio.timeout(PATIENCE):
        return await awaited
