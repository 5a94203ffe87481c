"""Replies: agents answer the messages that wait for it, one order per session, and each outcome enters the log.

A turn begins because the log says that a message waits for its reply, not because a request is still there: whoever
leaves, the reply is made and kept (unless leaving is to cancel it). Knows nothing of transports.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import chain, repeat
from typing import TYPE_CHECKING

import structlog

from ..domain import session as rules
from ..domain.errors import (
    AgentFailed,
    AgentNotFound,
    AgentSessionsError,
    AgentTimedOut,
    InvalidInput,
    SessionNotFound,
    StoreUnavailable,
)
from ..domain.log import Message, ReplyMissing, Silence
from ..domain.session import State
from .composition import Composition
from .elsewhere import Elsewhere
from .turn import Turn
from .turn_deadlines import TurnDeadlines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.session import Change, Session
    from ..ports import Clock, EventBus, ReplyChunk, Store
    from .agents import AgentDirectory
    from .context import ContextBuilder
    from .elsewhere import Place

logger = structlog.get_logger(__name__)

RECORDING = timedelta(seconds=1)
"""How long the database has, when the server stops, to take down which replies were interrupted."""

EXPLANATIONS = {
    Silence.FAILED: "The agent failed to answer",
    Silence.TIMED_OUT: "The agent did not answer in time",
    Silence.CANCELLED: "The reply was cancelled",
    Silence.INTERRUPTED: "The server stopped before the reply was complete",
}


class Replies:
    """Runs the turns of this process. ``deadline``: how long an agent may take for one reply. ``drain``: how long
    replies may still take when the server stops."""

    def __init__(
        self,
        store: Store,
        agents: AgentDirectory,
        contexts: ContextBuilder,
        *,
        bus: EventBus,
        clock: Clock,
        deadline: timedelta = timedelta(minutes=2),
        drain: timedelta = timedelta(seconds=3),
    ) -> None:
        self._store = store
        self._agents = agents
        self._contexts = contexts
        self._bus = bus
        self._clock = clock
        self._deadlines = TurnDeadlines(clock, deadline)
        self._patience = drain
        self._turns: dict[Place, Turn] = {}
        self._replying: set[asyncio.Task[None]] = set()
        self._closed = False
        self._elsewhere = Elsewhere(
            store, bus, clock=clock, allowed=deadline, recover=self.recover, give_up=self._give_up
        )
        store.on_commit(self._committed)

    async def turn_of(self, session: Session, entry: LogEntry) -> Turn:
        """The turn of a message: running here, ended, or running in another process."""
        assert isinstance(entry.fact, Message)
        if running := self._turns.get((session.id, entry.fact.id)):
            return running
        if ends := await self._store.replies_to(session.id, entry.fact.id, after=entry.seq):
            reply_id = ends[0].fact.id if isinstance(ends[0].fact, Message) else None
            turn = Turn(entry, agent_id=session.agent_id, reply_id=reply_id)
            turn.conclude(ends[0])
            return turn
        turn = Turn(entry, agent_id=session.agent_id)
        self._elsewhere.watch(turn, after=entry.seq)
        return turn

    def spoken(self, session: Session) -> Sequence[ReplyChunk]:
        """The pieces so far of the reply that is being made here in this session; none when there is none."""
        return next((turn.spoken for turn in self._ours(session) if turn.spoken), ())

    async def start(self) -> None:
        """Mark what earlier processes left unfinished; from now on also what others leave that crash meanwhile."""
        await self.recover()
        self._elsewhere.keep_recovering()

    async def recover(self) -> None:
        """Mark the replies of processes that no longer run as interrupted. Raises StoreUnavailable."""
        for session_id, message_id in await self._store.awaiting():
            logger.info("reply_interrupted", session_id=session_id, message_id=message_id)
            with suppress(SessionNotFound):  # it was erased meanwhile
                await self._give_up(session_id, message_id)

    async def _give_up(self, session_id: str, message_id: str) -> None:
        """Mark a reply of another process as interrupted."""
        await self._write(session_id, _missing(message_id, Silence.INTERRUPTED))

    async def close(self) -> None:
        """Let running replies finish for a short while, then stop them and record that they were interrupted.

        What cannot be recorded in time is found by the next start. Whoever still waits for an outcome is told.
        """
        await self._elsewhere.close()
        await self._drain(self._patience)
        for turn in list(self._turns.values()):
            turn.stop(Silence.INTERRUPTED)
        await self._drain(max(self._patience, RECORDING))
        self._closed = True
        self._deadlines.close()
        for task in self._replying:
            task.cancel()
        await asyncio.gather(*self._replying, return_exceptions=True)
        for turn in self._turns.values():
            turn.conclude(StoreUnavailable("The server stopped before the reply was kept"))

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            if isinstance(entry.fact, Message) and entry.fact.id in session.awaiting:
                self._turns[session.id, entry.fact.id] = Turn(entry, agent_id=session.agent_id, begin=self._begin)
        if session.awaiting and entries:
            if session.state is State.ENDED:
                self._stop(session, Silence.CANCELLED)
            self._let_first_begin(session)

    def _let_first_begin(self, session: Session) -> None:
        """Have the session's first waiting message answered; that its wait is over lets the next one begin."""
        if turn := self._turns.get((session.id, session.awaiting[0])):
            turn.begin()
        elif self._ours(session):
            self._elsewhere.outwait(session.id, ours=self._turns, then=self._follow)

    def _ours(self, session: Session) -> Sequence[Turn]:
        """The turns of the messages that wait in this session, as far as they are answered here, in order."""
        places = ((session.id, message_id) for message_id in session.awaiting)
        return [turn for place in places if (turn := self._turns.get(place))]

    def _stop(self, session: Session, why: Silence) -> None:
        for turn in self._ours(session):
            turn.stop(why)

    def _begin(self, turn: Turn) -> None:
        if not self._closed:
            task = asyncio.create_task(self._run(turn))
            turn.run_by(task)
            self._replying.add(task)
            task.add_done_callback(self._replying.discard)

    async def _run(self, turn: Turn) -> None:
        turn.making()
        try:
            fact = await self._outcome(turn)
        except asyncio.CancelledError:
            fact = _missing(turn.message.id, Silence.INTERRUPTED)
        turn.made()
        if turn.stopped_for and isinstance(fact, ReplyMissing):
            fact = _missing(turn.message.id, turn.stopped_for)  # whatever the agent made of being stopped
        try:
            await self._conclude(turn, fact)
        finally:
            del self._turns[turn.session_id, turn.message.id]

    async def _outcome(self, turn: Turn) -> Message | ReplyMissing:
        """What comes of the turn: the reply, or why there is none."""
        if turn.stopped_for:
            raise asyncio.CancelledError
        self._deadlines.begin(turn)
        heeding = self._elsewhere.heed(turn)
        try:
            return await self._answer(turn)
        finally:
            self._deadlines.end(turn)
            if heeding is not None:
                heeding.cancel()

    async def _answer(self, turn: Turn) -> Message | ReplyMissing:
        """The agent's reply, or what kept it from replying."""
        try:
            return await self._reply(turn) or ReplyMissing(turn.message.id, Silence.CHOSEN)
        except AgentTimedOut as failure:
            return ReplyMissing(turn.message.id, Silence.TIMED_OUT, str(failure))
        except (AgentFailed, AgentNotFound) as failure:
            logger.warning("reply_failed", session_id=turn.session_id, agent_id=turn.agent_id, reason=str(failure))
            return ReplyMissing(turn.message.id, Silence.FAILED, str(failure))
        except Exception:
            # An agent is a stranger's code: whatever it raises ends its turn and nothing else.
            logger.exception("reply_failed", session_id=turn.session_id, agent_id=turn.agent_id)
            return _missing(turn.message.id, Silence.FAILED)

    async def _reply(self, turn: Turn) -> Message | None:
        running = self._agents.running(turn.agent_id)
        context = await self._contexts.build(
            turn.session_id,
            running.definition.character,
            turn.message,
            recalling=running.agent.uses_memory,
            system=running.system,
        )
        composition = Composition()
        async with running.agent.reply(context) as parts:
            async for part in parts:
                composition.add(part)
                if part.text:
                    self._bus.publish(turn.say(part.text))
        return composition.message(turn)

    def _follow(self, session_id: str, session: Session | None) -> None:
        """Another process wrote to the session, or erased it: conclude the turns that are over, begin the next one."""
        awaiting = session.awaiting if session else ()
        for turn in list(self._turns.values()):
            if turn.session_id == session_id and turn.message.id not in awaiting:
                turn.stop(Silence.INTERRUPTED)
        if session and awaiting:
            self._let_first_begin(session)

    async def _conclude(self, turn: Turn, fact: Message | ReplyMissing) -> None:
        """Write the outcome down. A reply the store does not take has failed, and that is written instead.

        When even that cannot be written, those who wait are told so, and it is tried until it can.
        """
        failed = _missing(turn.message.id, Silence.FAILED)
        pause = timedelta(milliseconds=100)
        for attempt in chain((fact,), repeat(failed)):
            try:
                turn.conclude(await self._write(turn.session_id, attempt))
                return
            except (StoreUnavailable, InvalidInput) as failure:
                logger.error("reply_not_kept", session_id=turn.session_id, reason=str(failure))
                if attempt is failed:
                    turn.conclude(failure)
                    await self._clock.sleep_until(self._clock.now() + pause)
                    pause = min(pause * 2, timedelta(seconds=10))
            except AgentSessionsError as failure:
                turn.conclude(failure)
                self._follow(turn.session_id, None)
                return

    async def _write(self, session_id: str, fact: Message | ReplyMissing) -> LogEntry:
        """Write how a turn ended, unless that was written already; returns the row that stands."""
        conclusion = _Conclusion(self._clock, fact)
        session = await self._store.change(session_id, conclusion)
        if conclusion.entry is not None:
            return conclusion.entry
        self._follow(session_id, session)
        assert fact.in_reply_to is not None
        return (await self._store.replies_to(session.id, fact.in_reply_to, after=0))[0]

    async def _drain(self, patience: timedelta) -> None:
        """Let replies end, those that begin meanwhile included, for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                while self._replying:
                    await asyncio.wait(self._replying)


class _Conclusion:
    """The rule that ends a message's wait for its reply, and the row it made; none when the wait was over already."""

    entry: LogEntry | None = None

    def __init__(self, clock: Clock, fact: Message | ReplyMissing) -> None:
        self._clock = clock
        self._fact = fact

    def __call__(self, session: Session) -> Change | None:
        change = rules.concluded(session, self._fact, now=self._clock.now())
        self.entry = change.entries[0] if change else None
        return change


def _missing(message_id: str, why: Silence) -> ReplyMissing:
    return ReplyMissing(message_id, why, EXPLANATIONS[why])
