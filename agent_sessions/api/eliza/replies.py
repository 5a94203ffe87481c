"""How a turn came out, as content for clients or as the error they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...domain.log import Message, ReplyMissing, Silence
from . import render
from .errors import Refused

if TYPE_CHECKING:
    from ...domain.log import LogEntry

REPLAYED = {"Idempotent-Replayed": "true"}
"""The header of an answer to a message that had been said before under the same key."""

FAILURES: dict[Silence, tuple[int, str]] = {
    Silence.FAILED: (502, "AGENT_FAILED"),
    Silence.TIMED_OUT: (504, "AGENT_TIMED_OUT"),
    Silence.CANCELLED: (503, "REPLY_CANCELLED"),
    Silence.INTERRUPTED: (503, "REPLY_INTERRUPTED"),
}
"""Status and code of a reply that should have come and did not."""


def content_of(outcome: LogEntry) -> render.Json:
    """The reply's content; of a chosen silence, the content that says so. Raises Refused for a reply that failed."""
    fact = outcome.fact
    if isinstance(fact, Message):
        return render.reply_content(fact)
    assert isinstance(fact, ReplyMissing)
    if fact.why is Silence.CHOSEN:
        return render.no_reply_content(fact.in_reply_to)
    status, code = FAILURES[fact.why]
    raise Refused(status, code, message=fact.explanation, details={"messageId": fact.in_reply_to})
