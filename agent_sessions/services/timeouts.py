"""The loop that makes deadlines come true: warns and expires sessions exactly when it is time.

It keeps the deadlines of the near future in memory, sleeps until the first of them, and lets the rule
(:func:`~agent_sessions.domain.session.fallen_due`) decide on the session as it is stored. So nothing fires twice, and a
deadline in memory that is out of date does no harm: it is only a reason to look.

Several processes may run one each on the same database. A process sees the commits of its own sessions at once and
those of others when it next reads ahead; so a deadline that lies within the horizon when its session is made is fired
by the process that made it or, should that one die, by another at its next reading (at most half a horizon later).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ..domain.errors import SessionNotFound, StoreUnavailable
from ..domain.log import Expired, Warned
from ..domain.session import fallen_due
from .clock_statistics import ClockStatistics
from .upcoming import Upcoming

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from ..domain.log import LogEntry
    from ..domain.session import Change, Session
    from ..ports import Clock, SessionStore, TimerHandle

log = structlog.get_logger(__name__)

FIRED = (Warned, Expired)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
PAGE = 2_000
"""Deadlines read at a time: a page takes the store about as long as a commit."""
SHORTEST_READING_INTERVAL = timedelta(seconds=1)
FIRST_DELAY = timedelta(milliseconds=100)
LONGEST_DELAY = timedelta(seconds=30)
"""How soon to try again what failed; each time in a row twice as long, so never much longer than the trouble lasts."""
GRACE_SECONDS = 5.0
"""How long firings that have begun may take to finish when the manager stops."""


class TimeoutManager:
    """Fires warnings and expiries of all sessions of a store.

    ``horizon``: how far ahead deadlines are kept in memory; ``batch``: how many sessions are fired together at most;
    ``at_once``: how many batches may be under way (what falls due meanwhile makes up the next ones); ``read_at_most``:
    how many deadlines one reading ahead takes into memory.
    """

    def __init__(
        self,
        store: SessionStore,
        clock: Clock,
        *,
        horizon: timedelta = timedelta(seconds=60),
        batch: int = 512,
        at_once: int = 2,
        read_at_most: int = 50_000,
    ) -> None:
        self._store = store
        self._clock = clock
        self._horizon = horizon
        self._batch = batch
        self._at_once = at_once
        self._read_at_most = read_at_most
        self._statistics = ClockStatistics()
        self._upcoming = Upcoming()
        self._tasks: set[asyncio.Task[None]] = set()
        self._quiet: asyncio.Future[None] | None = None
        self._timer: TimerHandle | None = None
        self._armed_for: datetime | None = None
        self._running = False
        self._reading = False
        self._read_all = True
        self._known_until = LONG_AGO  # every deadline before this is in memory; later ones are not kept
        self._read_again_at = LONG_AGO
        self._failures_of_reading = 0
        self._failures_of: dict[str, int] = {}
        store.on_commit(self._committed)

    async def start(self) -> None:
        """Begin. What fell due while nobody looked fires at once, and its facts say how late."""
        self._running = True
        self._read_again_at = LONG_AGO
        self._failures_of_reading = 0
        self._arm(self._next_wake())

    async def stop(self) -> None:
        """Let firings that have begun finish, then stand still. Nothing is left behind; ``start`` begins anew."""
        self._running = False
        self._arm(None)
        if tasks := tuple(self._tasks):
            _, unfinished = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        self._known_until = LONG_AGO
        self._upcoming.clear()
        self._failures_of.clear()

    @property
    def statistics(self) -> ClockStatistics:
        """What was fired so far, how punctually, and what comes next. One object, brought up to date by each look."""
        self._statistics.waiting = len(self._upcoming)
        self._statistics.next_deadline = self._upcoming.next()
        return self._statistics

    # ------------------------------------------------------------------------------------------- what comes to know

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            if isinstance(entry.fact, FIRED):
                self._count(entry, entry.fact)
        self._watch(session)

    def _count(self, entry: LogEntry, fact: Expired | Warned) -> None:
        if isinstance(fact, Expired):
            self._statistics.expired += 1
        else:
            self._statistics.warned += 1
        committing = max((self._clock.now() - entry.at) // MILLISECOND, 0)
        self._statistics.lateness.add(fact.late_ms + committing)

    def _watch(self, session: Session) -> None:
        deadline = session.deadline
        if deadline is not None and deadline < self._known_until:
            self._upcoming.put(session.id, deadline)
            if self._armed_for is None or deadline < self._armed_for:
                self._arm(self._next_wake())

    # ------------------------------------------------------------------------------------------------------- waiting

    def _arm(self, instant: datetime | None) -> None:
        """Wake at this instant and no other."""
        if instant == self._armed_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = instant
        self._timer = None if instant is None else self._clock.call_at(instant, self._wake)

    def _next_wake(self) -> datetime | None:
        """When there is something to begin; None while only the end of something running can bring that."""
        if not self._running:
            return None
        wakes = [] if self._reading else [self._read_again_at]
        if self._has_room() and (deadline := self._upcoming.next()) is not None:
            wakes.append(deadline)
        return min(wakes, default=None)

    def _wake(self) -> asyncio.Future[None] | None:
        """Begin what is due. Returns a future that is done when all of it is, for clocks that care."""
        self._timer = self._armed_for = None
        self._pump()
        return self._quiet if self._tasks else None

    # -------------------------------------------------------------------------------------------------------- firing

    def _pump(self) -> None:
        """Begin everything that can begin now, then wait for what comes next."""
        if not self._running:
            return
        now = self._clock.now()
        while self._has_room() and (due := self._due(now)):
            self._begin(self._fire(due), name="timeouts: fire")
        if not self._reading and self._must_read(now):
            self._reading = True
            self._begin(self._read_ahead(now), name="timeouts: read ahead")
        self._arm(self._next_wake())

    def _due(self, now: datetime) -> list[str]:
        """The sessions that fell due first, one batch at most."""
        due: list[str] = []
        while len(due) < self._batch and (session_id := self._upcoming.take(now)) is not None:
            due.append(session_id)
        return due

    def _has_room(self) -> bool:
        return len(self._tasks) - self._reading < self._at_once

    def _begin(self, work: Coroutine[object, object, None], *, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        if self._quiet is None or self._quiet.done():
            self._quiet = task.get_loop().create_future()
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._pump()
        if not self._tasks and self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(None)

    async def _fire(self, session_ids: Sequence[str]) -> None:
        outcomes: Sequence[Session | BaseException]
        try:
            outcomes = await self._store.change_each(session_ids, self._fall_due)
        except Exception as problem:  # noqa: BLE001 - told below, for each session
            outcomes = [problem] * len(session_ids)
        for session_id, outcome in zip(session_ids, outcomes, strict=True):
            self._fired(session_id, outcome)

    def _fired(self, session_id: str, outcome: Session | BaseException) -> None:
        if not isinstance(outcome, BaseException):
            self._failures_of.pop(session_id, None)
            self._watch(outcome)
        elif isinstance(outcome, SessionNotFound):
            self._failures_of.pop(session_id, None)
        elif isinstance(outcome, StoreUnavailable):
            tell = log.debug if self._failures_of else log.warning  # one line when trouble begins, not one a session
            tell("timeout_put_off", session_id=session_id, reason=str(outcome))
            self._put_off(session_id)
        else:
            log.error("timeout_put_off", session_id=session_id, exc_info=outcome)
            self._put_off(session_id)

    def _put_off(self, session_id: str) -> None:
        """Try this session again later. It alone waits: the trouble may be its own."""
        self._statistics.failures += 1
        failures = self._failures_of[session_id] = self._failures_of.get(session_id, 0) + 1
        if self._running:
            self._upcoming.put(session_id, self._clock.now() + _delay(failures))

    def _fall_due(self, session: Session) -> Change | None:
        return fallen_due(session, now=self._clock.now())

    # ------------------------------------------------------------------------------------------------- reading ahead

    def _must_read(self, now: datetime) -> bool:
        """It is time to, or the last reading ended early and all it brought is used up."""
        if now >= self._read_again_at:
            return True
        deadline = self._upcoming.next()
        return not self._read_all and (deadline is None or deadline > self._known_until)

    async def _read_ahead(self, now: datetime) -> None:
        horizon = now + self._horizon
        self._known_until = max(self._known_until, horizon)  # from here on commits are seen, the store has the earlier
        try:
            read_until = await self._read(horizon)
        except StoreUnavailable as problem:
            log.warning("deadlines_not_read", reason=str(problem))
            self._read_later(now)
        except Exception:
            log.exception("deadlines_not_read")
            self._read_later(now)
        else:
            self._failures_of_reading = 0
            self._known_until = read_until
            self._read_all = read_until == horizon
            self._read_again_at = now + self._until_next_reading(read_until - now)
        finally:
            self._reading = False

    def _read_later(self, now: datetime) -> None:
        self._statistics.failures += 1
        self._failures_of_reading += 1
        self._read_again_at = now + _delay(self._failures_of_reading)

    async def _read(self, horizon: datetime) -> datetime:
        """Take deadlines before the horizon into memory, first ones first; returns up to when all are there."""
        after: tuple[datetime, str] | None = None
        for _ in range(0, self._read_at_most, PAGE):
            page = await self._store.due(before=horizon, limit=PAGE, after=after)
            if self._running:
                for deadline, session_id in page:
                    self._upcoming.put(session_id, deadline)
                self._pump()
            if len(page) < PAGE:
                return horizon
            after = page[-1]
        return after[0] if after else horizon

    def _until_next_reading(self, covered: timedelta) -> timedelta:
        """Half of what is known lies ahead then; a backlog is read on as soon as it is worked off."""
        return max(covered / 2, SHORTEST_READING_INTERVAL) if covered > timedelta(0) else self._horizon / 2


def _delay(failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    return min(FIRST_DELAY * (1 << min(failures - 1, 16)), LONGEST_DELAY)
