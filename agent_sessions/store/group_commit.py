"""Group commit: everybody who waits to write shares the next transaction.

One task takes all that is waiting, applies the rules in order, writes once, and after the commit tells the listeners
and then the writers. While a transaction is under way the next one gathers, so that nobody waits for company.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from ..domain.errors import AgentSessionsError, StoreUnavailable
from ..ports import MemoriesChanged
from .batch import Batch, Operation, wanted_by
from .failures import OutOfReach
from .webhooks.queueing import queued

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from ..domain.session import Change, Session
    from ..domain.webhook import WebhookEndpoint
    from ..ports import CommitListener, Decide, RewriteListener
    from .batch import Loaded, Upshot, Wanted, Writes
    from .memory.procedures import Procedure

logger = structlog.get_logger(__name__)

MOST = 4096
"""How many operations share a transaction at most, so that a long queue does not become one long transaction."""

ROUNDS = 3
"""Rounds of the event loop in which a request that has arrived comes to ask for its write: its bytes are read in one,
its handler runs in the next."""


class Transaction(Protocol):
    """One transaction, committed when its block is left without an error."""

    async def load(self, wanted: Wanted) -> Loaded:
        """What is known of these; sessions stay as they are until the end of the transaction."""

    async def write(self, writes: Writes, work: Procedure[Upshot] | None = None) -> Upshot | None:
        """Write all rows, then do the work."""


class Database(Protocol):
    """What group commit needs of a database. Its errors are AgentSessionsErrors."""

    run: int

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A new transaction."""

    def committed(self, writes: Writes, upshot: Upshot | None = None) -> None:
        """Take note of a commit, before anybody else is told."""


class GroupCommit:
    """The queue of writes of one store, and the task that empties it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Operation] = deque()
        self._busy: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._listeners: list[CommitListener] = []
        self._loop: asyncio.AbstractEventLoop
        self._rewrite_listeners: list[RewriteListener] = []
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.webhooks: Sequence[WebhookEndpoint] = ()

    def on_commit(self, listener: CommitListener) -> None:
        """Tell this listener of every change after its commit."""
        self._listeners.append(listener)

    def on_rewrite(self, listener: RewriteListener) -> None:
        """Tell this listener of every log that lost rows or came from elsewhere, after the commit."""
        self._rewrite_listeners.append(listener)

    def start(self) -> None:
        """Begin to write."""
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._work(), name="store-group-commit")

    async def stop(self) -> None:
        """Write what is waiting, then take no more."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
            self._task = None

    @property
    def is_open(self) -> bool:
        """Whether writes are taken."""
        return self._task is not None and not self._closing

    def is_busy(self, session_id: str) -> bool:
        """Whether a change of this session is waiting or under way; writing what was told of it is none."""
        return session_id in self._busy

    def create(self, change: Change, *, key: str | None = None) -> asyncio.Future[Session]:
        """Ask for a new session to be written."""
        return self._enqueue(Operation(change.session.id, self._future(), new=change, idempotency_key=key))

    def change(self, session_id: str, rule: Decide, *, key: str | None = None) -> asyncio.Future[Session]:
        """Ask for a rule to be applied to a session. Done after the commit, or with what the rule raised."""
        return self._enqueue(Operation(session_id, self._future(), rule=rule, idempotency_key=key))

    async def change_each(self, session_ids: Sequence[str], rule: Decide) -> list[Session | BaseException]:
        """Ask for a rule to be applied to each of these; what came of each, after the commits."""
        written = [self.change(session_id, rule) for session_id in session_ids]
        return await asyncio.gather(*written, return_exceptions=True)

    def write_told(self, session_ids: Sequence[str]) -> asyncio.Future[None]:
        """Ask for what was told of these sessions to be written. Done after the commit."""
        return self._enqueue(Operation("", self._future(), told=session_ids))

    def perform(
        self, work: Procedure[Upshot], *, session_id: str = "", rule: Decide | None = None
    ) -> asyncio.Future[Any]:
        """Ask for work to be done in a transaction of its own, together with a rule for a session where one is given.

        Done with the session where there is a rule, else with the work's answer. A rule that finds nothing to do leaves
        the work undone.
        """
        return self._enqueue(Operation(session_id, self._future(), rule=rule, work=work))

    def _future(self) -> asyncio.Future[Any]:
        """For what comes of an operation. Raises StoreUnavailable where none is taken."""
        if not self.is_open:
            raise StoreUnavailable("The store is closed")
        return self._loop.create_future()

    def _enqueue(self, operation: Operation) -> asyncio.Future[Any]:
        self._waiting.append(operation)
        self._busy[operation.session_id] = self._busy.get(operation.session_id, 0) + 1
        self._wake.set()
        return operation.done

    async def _work(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            if self._waiting[0].work is not None:
                await self._perform(self._waiting.popleft())
            else:
                await self._gather()
                await self._commit(self._next())

    def _next(self) -> list[Operation]:
        """What shares the next transaction: all that waits, up to the first that wants one for itself."""
        waiting, operations = self._waiting, [self._waiting.popleft()]
        while waiting and waiting[0].work is None and len(operations) < MOST:
            operations.append(waiting.popleft())
        return operations

    async def _perform(self, operation: Operation) -> None:
        """An operation with work. Its errors are its own: nobody shares the transaction."""
        try:
            await self._attempt_work(operation)
        except (AgentSessionsError, MemoriesChanged) as error:
            self._settle(operation, error)
        except Exception as error:
            logger.exception("store_work_failed", session_id=operation.session_id)
            self._settle(operation, StoreUnavailable(f"The change could not be stored ({type(error).__name__})"))

    async def _attempt_work(self, operation: Operation) -> None:
        upshot = None
        async with self._database.transaction() as transaction:
            batch = Batch(await transaction.load(wanted_by([operation])), run=self._database.run)
            outcome = _outcome(batch, operation) if operation.rule else None
            if batch.changed or operation.rule is None:
                self._queue(batch.writes)
                upshot = await transaction.write(batch.writes, operation.work)
        if upshot is not None:
            self._database.committed(batch.writes, upshot)
            self._tell(batch.writes)
            self._tell_of_other_logs(upshot)
        self._settle(operation, outcome if operation.rule or upshot is None else upshot.answer)

    async def _gather(self) -> None:
        """Let the event loop finish what it has begun, as long as that brings more to write.

        No time is waited: a loop with nothing else to do comes back at once. But a busy one would otherwise make a
        transaction of every one or two requests, each with its change of threads and its pages, and fall behind.
        """
        before = 0
        while before < len(self._waiting) < MOST:
            before = len(self._waiting)
            for _ in range(ROUNDS):
                await asyncio.sleep(0)

    async def _commit(self, operations: list[Operation]) -> None:
        """Commit these together, or each by itself if that fails for a reason that may lie in one of them."""
        try:
            await self._attempt(operations)
        except OutOfReach as error:
            self._fail(operations, error)
        except AgentSessionsError as error:
            logger.warning("commit_failed", reason=str(error), operations=len(operations))
            await self._commit_each(operations)
        except Exception:
            logger.exception("commit_failed", operations=len(operations))
            await self._commit_each(operations)

    async def _commit_each(self, operations: list[Operation]) -> None:
        for operation in operations:
            await self._commit_alone(operation)

    async def _commit_alone(self, operation: Operation) -> None:
        try:
            await self._attempt([operation])
        except AgentSessionsError as error:
            self._fail([operation], error)
        except Exception as error:
            logger.exception("session_write_failed", session_id=operation.session_id)
            self._fail([operation], StoreUnavailable(f"The change could not be stored ({type(error).__name__})"))

    async def _attempt(self, operations: list[Operation]) -> None:
        """One transaction. Raises what the database raised, with nothing written and nobody told."""
        async with self._database.transaction() as transaction:
            batch = Batch(await transaction.load(wanted_by(operations)), run=self._database.run)
            outcomes = [_outcome(batch, operation) for operation in operations]
            if batch.writes:
                self._queue(batch.writes)
                await transaction.write(batch.writes)
        self._database.committed(batch.writes)
        self._tell(batch.writes)
        for operation, outcome in zip(operations, outcomes, strict=True):
            self._settle(operation, outcome)

    def _queue(self, writes: Writes) -> None:
        if self.webhooks:
            writes.webhooks = queued(writes.published, self.webhooks)

    def _tell(self, writes: Writes) -> None:
        for session, entries in writes.published:
            for listener in self._listeners:
                try:
                    listener(session, entries)
                except Exception:  # what is committed stays so, and its writers shall hear of it
                    logger.exception("commit_listener_failed", session_id=session.id)

    def _tell_of_other_logs(self, upshot: Upshot) -> None:
        for session_id in upshot.other_logs:
            for listener in self._rewrite_listeners:
                try:
                    listener(session_id)
                except Exception:  # as above
                    logger.exception("commit_listener_failed", session_id=session_id)

    def _fail(self, operations: list[Operation], error: AgentSessionsError) -> None:
        """Give each an exception of its own: a shared one would gather everybody's tracebacks."""
        for operation in operations:
            own = type(error)(str(error)) if isinstance(error, StoreUnavailable) else error
            self._settle(operation, own)

    def _settle(self, operation: Operation, outcome: Any) -> None:
        self._release(operation.session_id)
        if operation.done.done():
            return  # whoever asked was cancelled meanwhile
        if isinstance(outcome, BaseException):
            operation.done.set_exception(outcome)
        else:
            operation.done.set_result(outcome)

    def _release(self, session_id: str) -> None:
        if others := self._busy.pop(session_id) - 1:
            self._busy[session_id] = others


def _outcome(batch: Batch, operation: Operation) -> Session | BaseException | None:
    try:
        return batch.apply(operation)
    except Exception as error:  # noqa: BLE001 - whatever a rule raises belongs to whoever brought the rule
        return error
