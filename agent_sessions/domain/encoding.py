"""Facts as plain dicts of JSON types and back, for whoever keeps them or carries them between processes.

Times are whole microseconds since 1970 (UTC), spans whole microseconds. Members that are None or empty are left out;
members that are not known are ignored, so that a process can read what a newer one wrote. Knows nothing of bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from .log import (
    Author,
    Created,
    Ended,
    Erased,
    Expired,
    Fact,
    Message,
    Processed,
    ProcessingBegun,
    ProcessingFailed,
    Reconfigured,
    Renewal,
    Renewed,
    ReplyMissing,
    Silence,
    Warned,
)
from .timeouts import TimeoutConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Plain: TypeAlias = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """An aware instant as whole microseconds since 1970 (UTC), exactly."""
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant so many microseconds after 1970 (UTC), exactly."""
    return EPOCH + timedelta(microseconds=micros)


def kind_of(fact: Fact) -> str:
    """The stable word for this kind of fact: ``message``, ``created``, ``warned`` ..."""
    return _KINDS[type(fact)]


def fact_type(kind: str) -> type[Fact]:
    """The facts that :func:`kind_of` calls so. Raises KeyError."""
    return _TYPES[kind]


def fact_to_plain(fact: Fact) -> Plain:
    """The fact without its kind (see :func:`kind_of`). JSON inside a message is shared with it, not copied."""
    return _ENCODERS[type(fact)](fact)


def fact_from_plain(kind: str, plain: Mapping[str, Any]) -> Fact:
    """The fact that was written so. Raises ValueError for a kind that is not known, KeyError for a missing member."""
    decode = _DECODERS.get(kind)
    if decode is None:
        raise ValueError(f"no fact is of kind {kind!r}")
    return decode(plain)


def config_to_plain(config: TimeoutConfig) -> Plain:
    """A timeout configuration, all four members."""
    return {
        "timeout": config.timeout // MICROSECOND,
        "auto_renew": config.auto_renew,
        "max_duration": config.max_duration // MICROSECOND,
        "warning_threshold": config.warning_threshold // MICROSECOND,
    }


def config_from_plain(plain: Mapping[str, Any]) -> TimeoutConfig:
    """The timeout configuration that was written so."""
    return TimeoutConfig(
        timeout=timedelta(microseconds=plain["timeout"]),
        auto_renew=plain["auto_renew"],
        max_duration=timedelta(microseconds=plain["max_duration"]),
        warning_threshold=timedelta(microseconds=plain["warning_threshold"]),
    )


def _message_to_plain(message: Message) -> Plain:
    plain: Plain = {
        "id": message.id,
        "author": _AUTHOR_WORDS[message.author],
        "author_id": message.author_id,
        "text": message.text,
    }
    if message.thought is not None:
        plain["thought"] = message.thought
    if message.actions:
        plain["actions"] = list(message.actions)
    if message.attachments:
        plain["attachments"] = list(message.attachments)
    if message.metadata:
        plain["metadata"] = message.metadata
    if message.in_reply_to is not None:
        plain["in_reply_to"] = message.in_reply_to
    if message.extra:
        plain["extra"] = message.extra
    if message.renewal is not None:
        plain["renewal"] = _renewal_to_plain(message.renewal)
    if message.addressee is not None:
        plain["addressee"] = message.addressee
    if message.source is not None:
        plain["source"] = message.source
    return plain


def _message_from_plain(plain: Mapping[str, Any]) -> Message:
    renewal = plain.get("renewal")
    return Message(
        id=plain["id"],
        author=Author(plain["author"]),
        author_id=plain["author_id"],
        text=plain["text"],
        thought=plain.get("thought"),
        actions=tuple(plain.get("actions", ())),
        attachments=tuple(plain.get("attachments", ())),
        metadata=plain.get("metadata", {}),
        in_reply_to=plain.get("in_reply_to"),
        extra=plain.get("extra", {}),
        renewal=None if renewal is None else _renewal_from_plain(renewal),
        addressee=plain.get("addressee"),
        source=plain.get("source"),
    )


def _erased_to_plain(fact: Erased) -> Plain:
    return {"message_ids": list(fact.message_ids)} if fact.message_ids else {}


def _erased_from_plain(plain: Mapping[str, Any]) -> Erased:
    return Erased(tuple(plain.get("message_ids", ())))


def _renewal_to_plain(renewal: Renewal) -> Plain:
    return {"expires_at": to_micros(renewal.expires_at), "count": renewal.count}


def _renewal_from_plain(plain: Mapping[str, Any]) -> Renewal:
    return Renewal(from_micros(plain["expires_at"]), plain["count"])


def _configured_to_plain(fact: Created | Reconfigured) -> Plain:
    return {"expires_at": to_micros(fact.expires_at), "timeout": config_to_plain(fact.timeout)}


def _created_from_plain(plain: Mapping[str, Any]) -> Created:
    return Created(from_micros(plain["expires_at"]), config_from_plain(plain["timeout"]))


def _reconfigured_from_plain(plain: Mapping[str, Any]) -> Reconfigured:
    return Reconfigured(from_micros(plain["expires_at"]), config_from_plain(plain["timeout"]))


def _renewed_to_plain(fact: Renewed) -> Plain:
    return _renewal_to_plain(fact.renewal)


def _renewed_from_plain(plain: Mapping[str, Any]) -> Renewed:
    return Renewed(_renewal_from_plain(plain))


def _warned_to_plain(fact: Warned) -> Plain:
    return {"expires_at": to_micros(fact.expires_at), "late_ms": fact.late_ms}


def _warned_from_plain(plain: Mapping[str, Any]) -> Warned:
    return Warned(from_micros(plain["expires_at"]), plain["late_ms"])


def _expired_to_plain(fact: Expired) -> Plain:
    return {"expired_at": to_micros(fact.expired_at), "late_ms": fact.late_ms}


def _expired_from_plain(plain: Mapping[str, Any]) -> Expired:
    return Expired(from_micros(plain["expired_at"]), plain["late_ms"])


def _ended_to_plain(_fact: Ended) -> Plain:
    return {}


def _ended_from_plain(_plain: Mapping[str, Any]) -> Ended:
    return Ended()


def _reply_missing_to_plain(fact: ReplyMissing) -> Plain:
    plain: Plain = {"in_reply_to": fact.in_reply_to, "why": fact.why.value}
    if fact.explanation:
        plain["explanation"] = fact.explanation
    return plain


def _reply_missing_from_plain(plain: Mapping[str, Any]) -> ReplyMissing:
    return ReplyMissing(plain["in_reply_to"], Silence(plain["why"]), plain.get("explanation", ""))


def _processing_begun_to_plain(fact: ProcessingBegun) -> Plain:
    return {"up_to": fact.up_to}


def _processing_begun_from_plain(plain: Mapping[str, Any]) -> ProcessingBegun:
    return ProcessingBegun(plain["up_to"])


def _processed_to_plain(fact: Processed) -> Plain:
    counts = {"created": fact.created, "versions": fact.versions, "conflicts": fact.conflicts}
    return {"up_to": fact.up_to} | {name: count for name, count in counts.items() if count}


def _processed_from_plain(plain: Mapping[str, Any]) -> Processed:
    return Processed(plain["up_to"], plain.get("created", 0), plain.get("versions", 0), plain.get("conflicts", 0))


def _processing_failed_to_plain(fact: ProcessingFailed) -> Plain:
    return {"up_to": fact.up_to} | ({"explanation": fact.explanation} if fact.explanation else {})


def _processing_failed_from_plain(plain: Mapping[str, Any]) -> ProcessingFailed:
    return ProcessingFailed(plain["up_to"], plain.get("explanation", ""))


_KINDS: dict[type[Fact], str] = {
    Message: "message",
    Erased: "erased",
    Created: "created",
    Renewed: "renewed",
    Reconfigured: "reconfigured",
    Warned: "warned",
    Expired: "expired",
    Ended: "ended",
    ReplyMissing: "reply_missing",
    ProcessingBegun: "processing_begun",
    Processed: "processed",
    ProcessingFailed: "processing_failed",
}
_AUTHOR_WORDS = {author: author.value for author in Author}
_TYPES = {kind: fact for fact, kind in _KINDS.items()}

_ENCODERS: dict[type[Fact], Callable[[Any], Plain]] = {
    Message: _message_to_plain,
    Erased: _erased_to_plain,
    Created: _configured_to_plain,
    Renewed: _renewed_to_plain,
    Reconfigured: _configured_to_plain,
    Warned: _warned_to_plain,
    Expired: _expired_to_plain,
    Ended: _ended_to_plain,
    ReplyMissing: _reply_missing_to_plain,
    ProcessingBegun: _processing_begun_to_plain,
    Processed: _processed_to_plain,
    ProcessingFailed: _processing_failed_to_plain,
}

_DECODERS: dict[str, Callable[[Mapping[str, Any]], Fact]] = {
    "message": _message_from_plain,
    "erased": _erased_from_plain,
    "created": _created_from_plain,
    "renewed": _renewed_from_plain,
    "reconfigured": _reconfigured_from_plain,
    "warned": _warned_from_plain,
    "expired": _expired_from_plain,
    "ended": _ended_from_plain,
    "reply_missing": _reply_missing_from_plain,
    "processing_begun": _processing_begun_from_plain,
    "processed": _processed_from_plain,
    "processing_failed": _processing_failed_from_plain,
}
