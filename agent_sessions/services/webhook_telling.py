"""How far the telling of one claim has come, and what is to be settled of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.encoding import kind_of
from ..domain.webhook import DeadLetter, WebhookSettlement

if TYPE_CHECKING:
    from datetime import datetime

    from ..domain.log import LogEntry
    from ..domain.webhook import WebhookClaim


class Telling:
    """How far a claim has come."""

    def __init__(self, claim: WebhookClaim, now: datetime) -> None:
        self.claim = claim
        self.attempts = claim.attempts
        self._done_seq = claim.done_seq
        self._due_at = now
        self._dead: DeadLetter | None = None

    def told(self, seq: int) -> None:
        """Everything up to this row is told, which ends any row of failures."""
        if seq > self._done_seq:
            self._done_seq, self.attempts = seq, 0

    def put_off(self, until: datetime, *, attempts: int | None = None) -> None:
        """What is left is to be tried then."""
        self._due_at = until
        self.attempts = self.attempts if attempts is None else attempts

    def give_up(self, entry: LogEntry, *, attempts: int, reason: str, now: datetime) -> None:
        """This row is told no more; those after it are next."""
        self._done_seq, self.attempts = entry.seq, 0
        self._dead = DeadLetter(
            endpoint=self.claim.endpoint,
            session_id=entry.session_id,
            seq=entry.seq,
            kind=kind_of(entry.fact),
            at=entry.at,
            given_up_at=now,
            attempts=attempts,
            reason=reason,
        )

    def settlement(self) -> WebhookSettlement:
        """For the store."""
        return WebhookSettlement(
            claim=self.claim,
            done_seq=self._done_seq,
            due_at=self._due_at,
            attempts=self.attempts,
            dead=self._dead,
        )
