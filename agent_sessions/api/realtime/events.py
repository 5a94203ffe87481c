"""The one table that names events on the wire and says what each of them tells.

Every transport that tells of a session's life (event streams, Socket.IO, webhooks) takes its types and members from
here. Members are camelCase, times ISO text in UTC with milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ...domain import log
from ..eliza.times import MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from ...domain.log import Fact, LogEntry
    from ...domain.timeouts import TimeoutConfig
    from ...ports import ReplyChunk

Told: TypeAlias = tuple[str, dict[str, Any]]
"""An event's type and its members."""

CHUNK = "reply.chunk"
"""The type of a piece of a reply being made. It is no row of the log and has no ``seq``."""

LAST = frozenset({"session.expired", "session.ended"})
"""The types after which a session's conversation is over; only what becomes of its memories may be told yet."""


def facts_of() -> Mapping[str, type[Fact]]:
    """The facts that types tell of; chunks are told of none."""
    return {kind: fact for fact, (kind, _) in _FACTS.items()}


def type_of(fact: type[Fact]) -> str:
    """The type that tells of these facts."""
    return _FACTS[fact][0]


def told(entry: LogEntry) -> Told:
    """A row of a session's log as clients are told of it: always ``type``, ``sessionId``, ``seq`` and ``at``."""
    kind, members = _FACTS[type(entry.fact)]
    head = {"type": kind, "sessionId": entry.session_id, "seq": entry.seq, "at": iso(entry.at)}
    return kind, head | members(entry.fact, entry)


def told_chunk(chunk: ReplyChunk) -> Told:
    """A piece of a reply being made; ``text`` and ``chunk`` are the same, for clients that look for either."""
    return CHUNK, {
        "type": CHUNK,
        "sessionId": chunk.session_id,
        "messageId": chunk.message_id,
        "inReplyTo": chunk.in_reply_to,
        "agentId": chunk.agent_id,
        "index": chunk.index,
        "text": chunk.text,
        "chunk": chunk.text,
    }


def _message(message: log.Message, entry: LogEntry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": message.id,
        "content": message.text,
        "authorId": message.author_id,
        "isAgent": message.author is log.Author.AGENT,
        "createdAt": iso(entry.at),
        "metadata": message.metadata,
    }
    further = {
        "inReplyTo": message.in_reply_to,
        "thought": message.thought,
        "actions": list(message.actions),
        "attachments": list(message.attachments),
    }
    said |= {name: member for name, member in further.items() if member}
    return {"message": said} if message.renewal is None else {"message": said, "renewal": _renewal(message.renewal)}


def _renewal(renewal: log.Renewal) -> dict[str, Any]:
    return {"expiresAt": iso(renewal.expires_at), "renewalCount": renewal.count}


def _renewed(fact: log.Renewed, _entry: LogEntry) -> dict[str, Any]:
    return _renewal(fact.renewal)


def _configured(fact: log.Created | log.Reconfigured, _entry: LogEntry) -> dict[str, Any]:
    return {"expiresAt": iso(fact.expires_at), "timeoutConfig": _timeouts(fact.timeout)}


def _warned(fact: log.Warned, entry: LogEntry) -> dict[str, Any]:
    """``minutesRemaining`` is rounded up: a warning five minutes ahead that is a moment late still says 5."""
    left = max(-((entry.at - fact.expires_at) // MINUTE), 0)
    return {"expiresAt": iso(fact.expires_at), "minutesRemaining": left, "lateMs": fact.late_ms}


def _expired(fact: log.Expired, _entry: LogEntry) -> dict[str, Any]:
    return {"expiredAt": iso(fact.expired_at), "lateMs": fact.late_ms}


def _ended(_fact: log.Ended, _entry: LogEntry) -> dict[str, Any]:
    return {}


def _reply_missing(fact: log.ReplyMissing, _entry: LogEntry) -> dict[str, Any]:
    return {"inReplyTo": fact.in_reply_to, "reason": fact.why.value, "explanation": fact.explanation}


def _erased(fact: log.Erased, _entry: LogEntry) -> dict[str, Any]:
    """No ids: all messages before this row."""
    return {"messageIds": list(fact.message_ids)}


def _processing_begun(fact: log.ProcessingBegun, _entry: LogEntry) -> dict[str, Any]:
    return {"upTo": fact.up_to}


def _processed(fact: log.Processed, _entry: LogEntry) -> dict[str, Any]:
    return {"upTo": fact.up_to, "created": fact.created, "versions": fact.versions, "conflicts": fact.conflicts}


def _processing_failed(fact: log.ProcessingFailed, _entry: LogEntry) -> dict[str, Any]:
    return {"upTo": fact.up_to, "explanation": fact.explanation}


def _timeouts(config: TimeoutConfig) -> dict[str, Any]:
    return {
        "timeoutMinutes": _minutes(config.timeout),
        "autoRenew": config.auto_renew,
        "maxDurationMinutes": _minutes(config.max_duration),
        "warningThresholdMinutes": _minutes(config.warning_threshold),
    }


def _minutes(span: timedelta) -> int | float:
    whole, rest = divmod(span, MINUTE)
    return span / MINUTE if rest else whole


_Members: TypeAlias = "Callable[[Any, LogEntry], dict[str, Any]]"

_FACTS: Mapping[type[Fact], tuple[str, _Members]] = {
    log.Created: ("session.created", _configured),
    log.Renewed: ("session.renewed", _renewed),
    log.Reconfigured: ("session.reconfigured", _configured),
    log.Warned: ("session.warned", _warned),
    log.Expired: ("session.expired", _expired),
    log.Ended: ("session.ended", _ended),
    log.Message: ("message", _message),
    log.Erased: ("message.erased", _erased),
    log.ReplyMissing: ("reply.missing", _reply_missing),
    log.ProcessingBegun: ("memory.processing", _processing_begun),
    log.Processed: ("memory.processed", _processed),
    log.ProcessingFailed: ("memory.failed", _processing_failed),
}

TYPES = (*(kind for kind, _ in _FACTS.values()), CHUNK)
"""Every type there is."""
