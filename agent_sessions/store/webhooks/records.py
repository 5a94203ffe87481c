"""The webhooks' part of a store, the same over either database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from . import procedures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ...domain.webhook import DeadLetter, WebhookBacklog, WebhookEndpoint, WebhookRound, WebhookSettlement
    from ..group_commit import GroupCommit
    from ..memory.procedures import Procedure

T = TypeVar("T")


class WebhookRecords(ABC):
    """Implements :class:`~agent_sessions.ports.WebhookStore`. Writes go through the same queue as those of sessions."""

    _commits: GroupCommit

    @abstractmethod
    async def _ask(self, procedure: Procedure[T]) -> T:
        """Run a procedure that only reads; all it reads is of one moment."""

    def queue_webhooks(self, endpoints: Sequence[WebhookEndpoint]) -> None:
        """From now on queue what each of these wants."""
        self._commits.webhooks = tuple(endpoints)

    async def webhook_round(
        self,
        settled: Sequence[WebhookSettlement],
        *,
        wanted: Mapping[str, int],
        now: datetime,
        until: datetime,
    ) -> WebhookRound:
        """Settle claims and make new ones."""
        work = procedures.webhook_round(settled, wanted=wanted, now=now, until=until)
        found: WebhookRound = await self._commits.perform(work)
        return found

    async def release_webhooks(self, now: datetime) -> None:
        """Take every claim for void."""
        await self._commits.perform(procedures.release_webhooks(now))

    async def webhook_backlog(self, endpoint: str) -> WebhookBacklog:
        """What waits for an endpoint."""
        return await self._ask(procedures.webhook_backlog(endpoint))

    async def dead_letters(self, endpoint: str, *, after: int = 0, limit: int) -> Sequence[DeadLetter]:
        """What was given up."""
        return await self._ask(procedures.dead_letters(endpoint, after=after, limit=limit))

    async def replay_dead_letters(
        self, endpoint: str, *, after: int, up_to: int | None, session_id: str | None, limit: int, now: datetime
    ) -> Sequence[int]:
        """Queue dead letters once more."""
        work = procedures.replay_dead_letters(
            endpoint, after=after, up_to=up_to, session_id=session_id, limit=limit, now=now
        )
        numbers: Sequence[int] = await self._commits.perform(work)
        return numbers
