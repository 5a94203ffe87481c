"""Processing: conversations that ended or went quiet become memories, each once, whatever stops in between.

That a session is to be processed is written in its row and log before this begins; what comes of it is written together
with the session's new state. So a process that dies in between leaves a session that is simply processed again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ..domain import session as rules
from ..domain.errors import AgentSessionsError, ExtractionFailed
from ..domain.log import Processed, ProcessingBegun, ProcessingFailed
from ..domain.utterances import utterances_of
from ..ports import ConversationToRemember, MemoriesChanged, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from ..domain.log import LogEntry
    from ..domain.memory import ProcessingResult
    from ..domain.session import Change, Session
    from ..ports import Clock, Store
    from .backends import Backends

logger = structlog.get_logger(__name__)

WHOLE_LOG = 1_000_000
ATTEMPTS = 5
"""How often to begin anew when another process changes the same memories meanwhile."""


@dataclass(frozen=True, slots=True)
class ProcessingRules:
    """How conversations are read: the categories memories are filed under, the zone whose days count where a user's is
    not known, and whether contradictions are put to a human where the user does not say."""

    categories: tuple[str, ...] = ()
    zone: tzinfo = UTC
    conflicts: bool = False


class Processor:
    """Processes the sessions of this process as their time comes, those of one user one after another."""

    def __init__(
        self,
        store: Store,
        backends: Backends,
        *,
        clock: Clock,
        reading: ProcessingRules,
        at_once: int = 4,
        on_recorded: Callable[[Owner, ProcessingResult], None],
    ) -> None:
        self._store = store
        self._backends = backends
        self._clock = clock
        self._reading = reading
        self._on_recorded = on_recorded
        self._slots = asyncio.Semaphore(at_once)
        self._users: defaultdict[Owner, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()
        store.on_commit(self._committed)

    async def recover(self) -> None:
        """Process again what an earlier process had begun."""
        for owner, session_id in await self._store.processing():
            self._begin(owner, session_id)

    async def close(self) -> None:
        """Stop; what was begun is begun again at the next start."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        if any(isinstance(entry.fact, ProcessingBegun) for entry in entries):
            self._begin(Owner(session.project, session.user_id), session.id)

    def _begin(self, owner: Owner, session_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self._process(owner, session_id), name=f"process {session_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _process(self, owner: Owner, session_id: str) -> None:
        async with self._users[owner], self._slots:
            up_to = (await self._store.get(session_id)).last_seq
            try:
                await self._make_memories(owner, session_id, up_to=up_to)
            except AgentSessionsError as failure:
                await self._fail(session_id, ProcessingFailed(up_to, str(failure)))
            except Exception:
                # Whatever an extractor does ends this run only; the session can be processed again.
                logger.exception("processing_failed", session_id=session_id)
                await self._fail(session_id, ProcessingFailed(up_to, "The conversation could not be processed"))

    async def _make_memories(self, owner: Owner, session_id: str, *, up_to: int) -> None:
        for _ in range(ATTEMPTS):
            session = await self._store.get(session_id)
            conversation = await self._conversation(owner, session)
            result = await self._backends.of(session.agent_id).remember(conversation)
            end = Processed(up_to, len(result.created), len(result.versions), len(result.conflicts))
            try:
                await self._store.record(
                    owner, session_id, rule=partial(self._done, end=end), result=result, now=self._clock.now()
                )
            except MemoriesChanged:
                continue
            self._on_recorded(owner, result)
            logger.info("session_processed", session_id=session_id, memories=end.created, versions=end.versions)
            return
        raise ExtractionFailed("The user's memories kept changing meanwhile")

    async def _conversation(self, owner: Owner, session: Session) -> ConversationToRemember:
        user = await self._store.user(owner)
        known = await self._store.current_memories(owner)
        reading = self._reading
        return ConversationToRemember(
            owner=owner,
            session_id=session.id,
            created_at=session.created_at,
            utterances=utterances_of(await self._store.messages(session.id, limit=WHOLE_LOG)),
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
