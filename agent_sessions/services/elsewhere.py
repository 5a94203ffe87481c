"""Replies and other processes on the same database: what they do is waited for, heeded, given up when they are gone.

Nothing tells a process what another one commits, so most of this looks again and again; the bus, where it spans the
processes, says sooner that a session was ended.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from ..domain.errors import AgentSessionsError, SessionNotFound, StoreUnavailable
from ..domain.log import Ended, LogEntry, Silence
from ..domain.session import State
from ..ports import FellBehind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Coroutine

    from ..domain.session import Session
    from ..ports import Clock, EventBus, Store
    from .turn import Turn

logger = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(milliseconds=100)
"""How often to look whether another process, sharing the database, has finished a reply."""
RECOVER_EVERY = timedelta(seconds=8)
"""How often to see whether processes are gone that took messages."""
SILENCE = timedelta(seconds=40)
"""What a process that crashed took on is given up after this time at the latest: it counts as gone 30 s after its last
sign of life, and is looked for within the rest."""

Place: TypeAlias = "tuple[str, str]"
"""A session's id and a message's: senders may choose the latter, so that two sessions may have the same."""


class Elsewhere:
    """Looks at what other processes make of the messages they took.

    ``allowed``: how long a reply may take. ``recover`` marks the replies of processes that no longer run;
    ``give_up`` marks the reply to one message of one session.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        *,
        clock: Clock,
        allowed: timedelta,
        recover: Callable[[], Awaitable[None]],
        give_up: Callable[[str, str], Awaitable[object]],
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._allowed = allowed
        self._recover = recover
        self._give_up = give_up
        self._looking: set[asyncio.Task[None]] = set()
        self._outwaited: set[str] = set()

    def watch(self, turn: Turn, *, after: int) -> None:
        """Conclude the turn, which another process runs or ran, with what that writes behind row ``after``."""
        self._look(self._watch(turn, after))

    def outwait(self, session_id: str, *, ours: Container[Place], then: Callable[[str, Session | None], None]) -> None:
        """Call ``then`` when no message of another process waits before ``ours`` any more; with None if all is gone."""
        if session_id not in self._outwaited:
            self._outwaited.add(session_id)
            self._look(self._outwait(session_id, ours, then))

    def heed(self, turn: Turn) -> asyncio.Task[None] | None:
        """Stop the turn when another process ends its session, until this is cancelled. None: there are no others."""
        return self._look(self._heed(turn)) if self._store.shared else None

    def keep_recovering(self) -> None:
        """From now on, mark what processes leave that are gone; nothing to do where there are no others."""
        if self._store.shared:
            self._look(self._recover_again_and_again())

    async def close(self) -> None:
        """Look no more. Turns that were watched are told so."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _watch(self, turn: Turn, after: int) -> None:
        try:
            while not (ends := await self._store.replies_to(turn.session_id, turn.message.id, after=after)):
                await self._pause()
            turn.conclude(ends[0])
        except AgentSessionsError as failure:
            turn.conclude(failure)
        except asyncio.CancelledError:
            turn.conclude(StoreUnavailable("The server stopped before the outcome was known"))
            raise

    async def _outwait(
        self, session_id: str, ours: Container[Place], then: Callable[[str, Session | None], None]
    ) -> None:
        first, gone_at = "", self._clock.now()
        while True:
            session = await self._known(session_id)
            if session is None or not session.awaiting or (session_id, session.awaiting[0]) in ours:
                break
            if session.awaiting[0] != first:
                first, gone_at = session.awaiting[0], self._clock.now() + self._allowed + SILENCE
            with suppress(StoreUnavailable):
                if self._clock.now() >= gone_at:
                    logger.warning("reply_interrupted", session_id=session_id, message_id=first)
                    await self._give_up(session_id, first)
            await self._pause()
        self._outwaited.discard(session_id)
        then(session_id, session)

    async def _heed(self, turn: Turn) -> None:
        while True:
            try:
                async with self._bus.subscribe(turn.session_id) as events:
                    if (await self._store.get(turn.session_id)).state is State.ENDED:
                        turn.stop(Silence.CANCELLED)
                    async for event in events:
                        if isinstance(event, LogEntry) and isinstance(event.fact, Ended):
                            turn.stop(Silence.CANCELLED)
                return
            except FellBehind:
                continue
            except AgentSessionsError as failure:
                logger.warning("session_not_followed", session_id=turn.session_id, reason=str(failure))
                return

    async def _known(self, session_id: str) -> Session | None:
        """The session, as soon as the store can say; None when it was erased."""
        while True:
            try:
                return await self._store.get(session_id)
            except StoreUnavailable:
                await self._pause()
            except SessionNotFound:
                return None

    async def _recover_again_and_again(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + RECOVER_EVERY)
            try:
                await self._recover()
            except AgentSessionsError as failure:
                logger.warning("replies_not_recovered", reason=str(failure))
            except Exception:
                logger.exception("replies_not_recovered")

    async def _pause(self) -> None:
        await self._clock.sleep_until(self._clock.now() + LOOK_AGAIN)

    def _look(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        return task
