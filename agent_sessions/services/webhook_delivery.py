"""Tells endpoints what happens in sessions: every event at least once, and those of one session in order.

The logs hold the events and the store's queue says how far each endpoint was told of each session; both are written in
one transaction. The loop here claims what is due, settles what was told, and sleeps until there is more; its processes
may be several. Whatever ends a process, what it had claimed and not settled is told again by whoever claims next.
Sessions never wait for any of this.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ..domain.errors import AgentSessionsError, SessionNotFound
from .webhook_delays import delay
from .webhook_health import EndpointHealth
from .webhook_telling import Telling

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..domain.webhook import WebhookClaim, WebhookEndpoint, WebhookRound, WebhookSettlement
    from ..ports import Clock, Store, WebhookAnswer, WebhookSender

logger = structlog.get_logger(__name__)

LEASE = timedelta(seconds=90)
"""How long a claim holds: as long as what a process that died had claimed waits for another."""
MARGIN = timedelta(seconds=40)
"""Of that, what is left for the last event (no endpoint has longer than 30 s) and for settling."""
PAUSE = timedelta(milliseconds=10)
"""The time between two looks at least: each is a transaction, and sessions want theirs."""
LOOK_EVERY = timedelta(seconds=15)
"""How often to look for what other processes left behind."""
PAGE = 100
GRACE_SECONDS = 5.0
"""How long what is being told may take when the server stops."""


class WebhookDelivery:
    """Tells these endpoints; see the module. Without any it does nothing."""

    def __init__(
        self, store: Store, sender: WebhookSender, endpoints: Sequence[WebhookEndpoint], *, clock: Clock
    ) -> None:
        self._store = store
        self._sender = sender
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._health = {name: EndpointHealth() for name in self._endpoints}
        self._clock = clock
        self._awake = asyncio.Event()
        self._rested = asyncio.Event()
        self._settled: list[WebhookSettlement] = []
        self._telling: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        self._failures = 0
        if endpoints:
            store.queue_webhooks(endpoints)
            store.on_commit(self._committed)

    @property
    def names(self) -> Sequence[str]:
        """The endpoints, in the order they were given."""
        return list(self._endpoints)

    def condition(self, name: str) -> tuple[bool, int]:
        """Whether an endpoint is gone, and its failures in a row, as far as this process knows."""
        health = self._health[name]
        return health.gone, health.failures

    def revive(self, name: str) -> None:
        """Take an endpoint for well again, and look after it at once."""
        self._health[name].revive()
        self._awake.set()

    async def start(self) -> None:
        """Begin. Where nobody else writes to the store, what a process that died had claimed is free at once."""
        if not self._endpoints:
            return
        if not self._store.shared:
            await self._store.release_webhooks(self._clock.now())
        self._stopping = False
        self._loop = asyncio.create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Let what is being told come to an end for a short while, settle it, and let go of the rest."""
        if self._loop is None:
            return
        self._stopping = True
        self._awake.set()
        self._rested.set()
        await self._loop
        self._loop = None
        if telling := tuple(self._telling):
            _, unfinished = await asyncio.wait(telling, timeout=GRACE_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        if self._settled:
            await self._look()
        await self._sender.close()

    # -------------------------------------------------------------------------------------------------------- the loop

    def _committed(self, session: Session, entries: Sequence[LogEntry]) -> None:
        if self._awake.is_set():
            return
        for endpoint in self._endpoints.values():
            if endpoint.concerns(session) and any(map(endpoint.wants, entries)):
                self._awake.set()
                return

    async def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            looked_at = self._clock.now()
            self._rested.clear()
            await self._wait(self._awake, until=await self._look())
            await self._wait(self._rested, until=looked_at + PAUSE)

    async def _wait(self, event: asyncio.Event, *, until: datetime) -> None:
        """For the event, at most until then; not at all when this is to stop."""
        if self._stopping:
            return
        timer = self._clock.call_at(until, event.set)
        try:
            await event.wait()
        finally:
            timer.cancel()

    async def _look(self) -> datetime:
        """Settle, claim and begin to tell; returns when to look again."""
        now = self._clock.now()
        wanted = {name: 0 if self._stopping else health.room(now) for name, health in self._health.items()}
        if not self._settled and not any(wanted.values()):
            return min((*self._rests(now), now + LOOK_EVERY))
        settled, self._settled = self._settled, []
        try:
            found = await self._store.webhook_round(settled, wanted=wanted, now=now, until=now + LEASE)
        except AgentSessionsError as problem:
            self._settled = settled + self._settled
            self._failures += 1
            logger.warning("webhooks_not_looked_after", reason=str(problem))
            return now + delay(self._failures)
        self._failures = 0
        for claim in found.claims:
            self._begin(claim)
        return min((*self._wakes(found), now + LOOK_EVERY))

    def _rests(self, now: datetime) -> list[datetime]:
        """When endpoints that are left alone now are tried again."""
        ends = (health.rests_until for health in self._health.values() if not health.gone)
        return [each for each in ends if each is not None and each > now]

    def _wakes(self, found: WebhookRound) -> list[datetime]:
        wakes = (self._health[name].wakes(due) for name, due in found.next_due.items())
        return [each for each in wakes if each is not None]

    def _begin(self, claim: WebhookClaim) -> None:
        self._health[claim.endpoint].under_way += 1
        task = asyncio.create_task(self._tell(claim), name="webhooks: tell")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    # --------------------------------------------------------------------------------------------------------- telling

    async def _tell(self, claim: WebhookClaim) -> None:
        telling = Telling(claim, self._clock.now())
        try:
            await self._tell_all(telling)
        except AgentSessionsError as problem:
            logger.warning("webhook_put_off", endpoint=claim.endpoint, reason=str(problem))
            telling.put_off(self._clock.now() + delay(claim.attempts + 1))
        except asyncio.CancelledError:
            telling.put_off(self._clock.now())
            raise
        except Exception:
            logger.exception("webhook_put_off", endpoint=claim.endpoint, session_id=claim.session_id)
            telling.put_off(self._clock.now() + delay(claim.attempts + 1))
        finally:
            self._settled.append(telling.settlement())
            self._health[claim.endpoint].under_way -= 1
            self._awake.set()

    async def _tell_all(self, telling: Telling) -> None:
        """Everything of the claim in order, until something fails or the time of the claim is nearly over."""
        claim, endpoint = telling.claim, self._endpoints[telling.claim.endpoint]
        async for entry in self._rows(claim):
            if endpoint.wants(entry):
                now = self._clock.now()
                if now > claim.until - MARGIN:
                    return
                answer = await self._sender.send(endpoint.name, entry, now=now)
                if answer.failure:
                    self._failed(telling, entry, answer, endpoint)
                    return
                self._health[endpoint.name].took()
            telling.told(entry.seq)
        telling.told(claim.last_seq)

    async def _rows(self, claim: WebhookClaim) -> AsyncGenerator[LogEntry]:
        """The rows of the log that are claimed; none of a session that was erased meanwhile."""
        seq = claim.done_seq
        while seq < claim.last_seq:
            try:
                page = await self._store.log(claim.session_id, after=seq, limit=min(PAGE, claim.last_seq - seq))
            except SessionNotFound:
                return
            for entry in page:
                yield entry
            if not page:
                return
            seq = page[-1].seq

    def _failed(self, telling: Telling, entry: LogEntry, answer: WebhookAnswer, endpoint: WebhookEndpoint) -> None:
        """Put it off, or give it up when it has been tried long enough."""
        now, claim, health = self._clock.now(), telling.claim, self._health[endpoint.name]
        if answer.gone:
            health.gone = True
            logger.warning("webhook_gone", endpoint=endpoint.name, reason=answer.failure)
            return
        health.failed(now)
        known = {"endpoint": endpoint.name, "session_id": entry.session_id, "seq": entry.seq, "reason": answer.failure}
        attempts = telling.attempts + 1
        if now - max(entry.at, claim.since) >= endpoint.patience:
            logger.warning("webhook_given_up", attempts=attempts, **known)
            telling.give_up(entry, attempts=attempts, reason=answer.failure, now=now)
            return
        tell = logger.warning if health.failures == 1 else logger.debug  # one line when trouble begins
        tell("webhook_failed", attempts=attempts, **known)
        telling.put_off(now + max(delay(attempts), answer.wait or timedelta(0)), attempts=attempts)
