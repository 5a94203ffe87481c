"""What people may know of webhooks and do about them: how each stands, what was given up, trying that again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.errors import WebhookNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.webhook import DeadLetter, WebhookBacklog
    from ..ports import Clock, WebhookStore
    from .webhook_delivery import WebhookDelivery

REPLAYED_AT_ONCE = 1_000
"""Dead letters that are put back in one transaction; it must not keep others waiting."""


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How an endpoint stands. ``gone``: it said that it wants to be told no more; ``failures``: in a row, here."""

    name: str
    gone: bool
    failures: int
    backlog: WebhookBacklog


class WebhookService:
    """Looks after the endpoints there are. Raises WebhookNotFound for others."""

    def __init__(self, store: WebhookStore, delivery: WebhookDelivery, *, clock: Clock) -> None:
        self._store = store
        self._delivery = delivery
        self._clock = clock

    async def all(self) -> Sequence[WebhookStanding]:
        """Every endpoint, in the order of the settings."""
        return [await self._standing(name) for name in self._delivery.names]

    async def dead_letters(self, endpoint: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """What was given up, oldest first, beyond ``after``."""
        self._ensure(endpoint)
        return await self._store.dead_letters(endpoint, after=after, limit=limit)

    async def replay(
        self, endpoint: str, *, after: int = 0, up_to: int | None = None, session_id: str | None = None
    ) -> int:
        """Try dead letters again: those with ``after < number <= up_to``, of one session where named. Returns how many.

        An endpoint that was gone is taken for back.
        """
        self._ensure(endpoint)
        count = 0
        while numbers := await self._store.replay_dead_letters(
            endpoint,
            after=after,
            up_to=up_to,
            session_id=session_id,
            limit=REPLAYED_AT_ONCE,
            now=self._clock.now(),
        ):
            count, after = count + len(numbers), numbers[-1]
        self._delivery.revive(endpoint)
        return count

    async def _standing(self, name: str) -> WebhookStanding:
        gone, failures = self._delivery.condition(name)
        return WebhookStanding(name, gone, failures, await self._store.webhook_backlog(name))

    def _ensure(self, endpoint: str) -> None:
        if endpoint not in self._delivery.names:
            raise WebhookNotFound(endpoint)
