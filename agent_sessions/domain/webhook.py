"""Webhooks: who outside is told of which rows of which logs, and what became of telling them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .log import Fact, LogEntry
    from .session import Session

PATIENCE = timedelta(hours=24)
"""How long an event is tried where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Somebody who is told: of these kinds of facts, in sessions of this project and agent (None: of all).

    ``patience``: how long after it happened an event is still tried; the first failure after that is its last. Where
    an endpoint is and what signs for it is known only to what sends.
    """

    name: str
    facts: frozenset[type[Fact]]
    project: str | None = None
    agent_id: str | None = None
    patience: timedelta = PATIENCE

    def concerns(self, session: Session) -> bool:
        """Whether what happens in this session is for this endpoint."""
        return self.project in (None, session.project) and self.agent_id in (None, session.agent_id)

    def wants(self, entry: LogEntry) -> bool:
        """Whether a row of such a session is."""
        return type(entry.fact) in self.facts


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookClaim:
    """What one endpoint has yet to be told of one session, claimed by whoever holds ``token`` until ``until``.

    All rows up to ``done_seq`` are told (or not for the endpoint); ``last_seq`` is the last one for it so far.
    ``replay``: the number of the dead letter that is tried once more, 0 for what happens as it happens. ``attempts``:
    failures in a row. ``since``: when this began to wait.
    """

    endpoint: str
    session_id: str
    replay: int
    done_seq: int
    last_seq: int
    attempts: int
    since: datetime
    until: datetime
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that an endpoint was not told in the end; ``kind`` is its fact's. ``number`` counts them, 0 for a new
    one.

    It says where the event is and not what it is: the event is read in the log again when it is replayed.
    """

    endpoint: str
    session_id: str
    seq: int
    kind: str
    at: datetime
    given_up_at: datetime
    attempts: int
    reason: str
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettlement:
    """What became of a claim: told up to ``done_seq``; what is left is to be tried at ``due_at``.

    ``dead``: the event that was given up, if any.
    """

    claim: WebhookClaim
    done_seq: int
    due_at: datetime
    attempts: int = 0
    dead: DeadLetter | None = None


@dataclass(frozen=True, slots=True)
class WebhookRound:
    """What a look at the queue brought: claims, and when each endpoint that has more is to be looked after again."""

    claims: tuple[WebhookClaim, ...]
    next_due: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """How many sessions an endpoint has yet to be told of, since when the first waits, and how many dead letters."""

    waiting: int
    oldest: datetime | None
    dead: int
