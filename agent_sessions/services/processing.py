"""Processing: conversations that ended or went quiet become memories, each once, whatever stops in between.

That a session is to be processed is written in its row and log before this begins; what comes of it is written together
with the session's new state. So a process that dies in between leaves a session that is simply processed again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import structlog

from ..domain import session as rules
from ..domain.errors import AgentSessionsError, ExtractionFailed, NotFound, StoreUnavailable, UserNotFound
from ..domain.log import Processed, ProcessingBegun, ProcessingFailed
from ..domain.session import MemoryStatus
from ..domain.utterances import backdating, utterances_of
from ..ports import ConversationToRemember, MemoriesChanged, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from ..domain.log import LogEntry
    from ..domain.memory import ProcessingResult
    from ..domain.session import Change, Session
    from ..ports import Clock, Store, TimerHandle
    from .backends import Backends

logger = structlog.get_logger(__name__)

WHOLE_LOG = 1_000_000
ATTEMPTS = 5
"""How often to begin anew when another process changes the same memories meanwhile."""
SILENCE = timedelta(seconds=40)
"""A process that crashed is known to be gone after this time at the latest."""
LOOK_AGAIN = timedelta(minutes=15)
"""How often to look for what another process, sharing the database, left behind."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=10)
"""How soon to try again while the store is away; each time in a row twice as long."""


@dataclass(frozen=True, slots=True)
class ProcessingRules:
    """How conversations are read: the categories memories are filed under, the zone whose days count where a user's is
    not known, and whether contradictions are put to a human where the user does not say."""

    categories: tuple[str, ...] = ()
    zone: tzinfo = UTC
    conflicts: bool = False


class Processor:
    """Processes the sessions of this process as their time comes, those of one user one after another.

    ``projects``: the rules of projects that have their own. ``at_once``: how many users' conversations are read side by
    side. ``on_recorded`` is told what was made of whom, after it is kept.
    """

    def __init__(
        self,
        store: Store,
        backends: Backends,
        *,
        clock: Clock,
        reading: ProcessingRules,
        projects: Mapping[str, ProcessingRules] | None = None,
        at_once: int = 4,
        on_recorded: Callable[[Owner, ProcessingResult], None],
    ) -> None:
        self._store = store
        self._backends = backends
        self._clock = clock
        self._reading = reading
        self._projects = projects or {}
        self._on_recorded = on_recorded
        self._slots = asyncio.Semaphore(at_once)
        self._users: WeakValueDictionary[Owner, asyncio.Lock] = WeakValueDictionary()
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._again: TimerHandle | None = None
        store.on_commit(self._committed)

    async def start(self) -> None:
        """Process again what earlier processes had begun: now, when those that just crashed are known, and at times."""
        await self.recover()
        self._look_at(self._clock.now() + SILENCE)

    async def recover(self) -> None:
        """Process again what a process had begun that no longer runs. Raises StoreUnavailable."""
        for owner, session_id in await self._store.processing():
            if session_id not in self._tasks.values():
                self._begin(owner, session_id)

    async def close(self) -> None:
        """Stop; what was begun is begun again at the next start."""
        if self._again is not None:
            self._again.cancel()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Return when nothing is being processed here."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            if type(entry.fact) is ProcessingBegun:
                self._begin(Owner(session.project, session.user_id), session.id)

    def _begin(self, owner: Owner, session_id: str) -> None:
        task = asyncio.create_task(self._process(owner, session_id), name=f"process {session_id}")
        self._tasks[task] = session_id
        task.add_done_callback(self._tasks.pop)

    def _look_at(self, instant: datetime) -> None:
        self._again = self._clock.call_at(instant, lambda: asyncio.ensure_future(self._look()))

    async def _look(self) -> None:
        try:
            await self.recover()
        except StoreUnavailable as failure:
            logger.warning("processing_not_recovered", reason=str(failure))
        self._look_at(self._clock.now() + LOOK_AGAIN)

    async def _process(self, owner: Owner, session_id: str) -> None:
        async with self._users.setdefault(owner, asyncio.Lock()), self._slots:
            pause = FIRST_PAUSE
            while await self._is_delayed(session_id):
                await self._clock.sleep_until(self._clock.now() + pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _is_delayed(self, session_id: str) -> bool:
        """Process the session, unless that was done already. True: the store is away, try again later."""
        try:
            session = await self._store.get(session_id)
            if session.processing.status is MemoryStatus.PROCESSING:
                await self._remember_or_fail(session_id, up_to=session.last_seq)
        except NotFound:
            logger.info("processing_dropped", session_id=session_id, reason="erased meanwhile")
        except StoreUnavailable as failure:
            logger.warning("processing_delayed", session_id=session_id, reason=str(failure))
            return True
        return False

    async def _remember_or_fail(self, session_id: str, *, up_to: int) -> None:
        try:
            await self._remember(session_id, up_to=up_to)
        except (NotFound, StoreUnavailable):
            raise
        except AgentSessionsError as failure:
            await self._fail(session_id, ProcessingFailed(up_to, str(failure)))
        except Exception:
            # Whatever a backend does ends this run only; the session can be processed again.
            logger.exception("processing_failed", session_id=session_id)
            await self._fail(session_id, ProcessingFailed(up_to, "The conversation could not be processed"))

    async def _remember(self, session_id: str, *, up_to: int) -> None:
        for _ in range(ATTEMPTS):
            session = await self._store.get(session_id)
            owner = Owner(session.project, session.user_id)
            try:
                result = await self._recorded(owner, session, up_to=up_to)
            except (MemoriesChanged, UserNotFound):
                continue  # another process was quicker, or the user got another id
            self._on_recorded(owner, result)
            made, versions = len(result.created), len(result.versions)
            logger.info("session_processed", session_id=session_id, memories=made, versions=versions)
            return
        raise ExtractionFailed("The user's memories kept changing meanwhile")

    async def _recorded(self, owner: Owner, session: Session, *, up_to: int) -> ProcessingResult:
        """What the session's backend made of it, kept."""
        conversation = await self._conversation(owner, session, up_to=up_to)
        result = await self._backends.of(session.agent_id).remember(conversation)
        end = Processed(up_to, len(result.created), len(result.versions), len(result.conflicts))
        rule = partial(self._done, end=end)
        await self._store.record(owner, session.id, rule=rule, result=result, now=self._clock.now())
        return result

    async def _conversation(self, owner: Owner, session: Session, *, up_to: int) -> ConversationToRemember:
        user = await self._store.user(owner)
        known = await self._store.current_memories(owner)
        rows = await self._store.messages(session.id, limit=WHOLE_LOG)
        said = utterances_of(rows, earlier=backdating(session))
        reading = self._projects.get(owner.project, self._reading)
        return ConversationToRemember(
            owner=owner,
            session_id=session.id,
            created_at=session.created_at,
            utterances=[utterance for utterance in said if utterance.seq <= up_to],
            known=[kept.memory for kept in known],
            zone=reading.zone,
            conflicts=reading.conflicts if user.merge_conflicts is None else user.merge_conflicts,
            categories=reading.categories,
            done_seq=session.processing.done_seq,
        )

    def _done(self, session: Session, *, end: Processed | ProcessingFailed) -> Change | None:
        return rules.processing_done(session, end, now=self._clock.now())

    async def _fail(self, session_id: str, end: ProcessingFailed) -> None:
        logger.warning("session_not_processed", session_id=session_id, reason=end.explanation)
        await self._store.change(session_id, partial(self._done, end=end))
