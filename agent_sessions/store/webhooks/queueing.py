"""What a transaction adds to the queue of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.encoding import to_micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...domain.log import LogEntry
    from ...domain.session import Session
    from ...domain.webhook import WebhookEndpoint

LIVE = 0
"""The ``replay`` of what is told as it happens."""


def queued(
    published: Iterable[tuple[Session, Sequence[LogEntry]]], endpoints: Sequence[WebhookEndpoint]
) -> list[tuple[Any, ...]]:
    """Rows of the queue, one for each endpoint and session, in the order in which every writer takes them."""
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for session, entries in published:
        for endpoint in endpoints:
            if not endpoint.concerns(session):
                continue
            for entry in entries:
                if endpoint.wants(entry):
                    key = (endpoint.name, session.id)
                    rows[key] = _reaching(rows.get(key) or _beginning(*key, entry), entry)
    return [rows[key] for key in sorted(rows)]


def _beginning(endpoint: str, session_id: str, entry: LogEntry) -> tuple[Any, ...]:
    """Everything before this row is told, or not for this endpoint."""
    at = to_micros(entry.at)
    return endpoint, session_id, LIVE, entry.seq - 1, entry.seq, at, at, 0


def _reaching(row: tuple[Any, ...], entry: LogEntry) -> tuple[Any, ...]:
    return (*row[:4], entry.seq, *row[5:])
