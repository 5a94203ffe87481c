"""Where it is kept what webhooks have yet to tell, and what tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..domain.webhook import DeadLetter, WebhookBacklog, WebhookEndpoint, WebhookRound, WebhookSettlement


class WebhookStore(Protocol):
    """What webhooks have yet to tell. The events themselves are the rows of the logs; this is how far they are told."""

    def queue_webhooks(self, endpoints: Sequence[WebhookEndpoint]) -> None:
        """From now on queue what each of these wants, in the transaction that writes it; nothing for any other."""

    async def webhook_round(
        self,
        settled: Sequence[WebhookSettlement],
        *,
        wanted: Mapping[str, int],
        now: datetime,
        until: datetime,
    ) -> WebhookRound:
        """Write what became of claims, and claim of each endpoint up to so many sessions that are due, longest first.

        A claim keeps every other process from these until ``until``; then it is void, and so is settling it: whoever
        claims next begins where the last settlement left off. Of replays of one session only the first is claimed.
        """

    async def release_webhooks(self, now: datetime) -> None:
        """Take every claim for void, whoever made it: nobody who could still settle one is running."""

    async def webhook_backlog(self, endpoint: str) -> WebhookBacklog:
        """What waits for an endpoint."""

    async def dead_letters(self, endpoint: str, *, after: int = 0, limit: int) -> Sequence[DeadLetter]:
        """What was given up, in the order of giving up, with ``number > after``."""

    async def replay_dead_letters(
        self, endpoint: str, *, after: int, up_to: int | None, session_id: str | None, limit: int, now: datetime
    ) -> Sequence[int]:
        """Queue dead letters with ``after < number <= up_to`` (None: to the end) once more; the numbers of those."""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came of sending: nothing in ``failure`` when the endpoint took it, else why not, fit for clients.

    ``gone``: the endpoint wants to be told no more. ``wait``: how long it asked to be left alone.
    """

    failure: str = ""
    gone: bool = False
    wait: timedelta | None = None


class WebhookSender(Protocol):
    """Tells endpoints."""

    async def send(self, endpoint: str, entry: LogEntry, *, now: datetime) -> WebhookAnswer:
        """Tell this endpoint of a row. Raises nothing: whatever goes wrong is in the answer."""

    async def close(self) -> None:
        """Let go of connections."""
