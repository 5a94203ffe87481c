"""The tables of webhooks, as the newest migration leaves them. Instants are microseconds since 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from ..tables import ORDERED_TEXT, big, counted, text_column


class WebhookQueueTable(SQLModel, table=True):
    """One row for each session that an endpoint has yet to be told more of, and for each dead letter that is replayed.

    ``replay``: the number of that letter, else 0. ``done_seq``: told up to here; ``last_seq``: the last row for the
    endpoint. ``token``: whose claim it is; ``due_at``: when to try, or until when the claim holds. ``since``: when this
    began to wait.
    """

    __tablename__ = "webhook_queue"
    __table_args__ = (
        Index("webhook_queue_by_due", "endpoint", "due_at"),
        {"sqlite_with_rowid": False},
    )

    endpoint: str = Field(sa_type=ORDERED_TEXT, primary_key=True)
    session_id: str = Field(sa_type=ORDERED_TEXT, primary_key=True)
    replay: int = big(primary_key=True)
    done_seq: int
    last_seq: int
    due_at: int = big()
    since: int = big()
    attempts: int
    token: int | None = big()


class DeadLetterTable(SQLModel, table=True):
    """One row an event that was given up. ``kind``: of its fact; ``at``: when it happened."""

    __tablename__ = "webhook_dead_letters"
    __table_args__ = (
        Index("webhook_dead_letters_of", "endpoint", "number"),
        Index("webhook_dead_letters_in", "session_id"),
    )

    number: int | None = counted()
    endpoint: str = text_column()
    session_id: str = text_column()
    seq: int
    kind: str = text_column()
    at: int = big()
    given_up_at: int = big()
    attempts: int
    reason: str = text_column()
