"""Facts of a log as JSON and back.

Members a fact has at its default are left out; members this version does not know are ignored when read, so that a
database written by a later version stays readable. Instants and spans are microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain import log
from ..domain.errors import StoreUnavailable
from ..domain.timeouts import TimeoutConfig
from . import jsontext
from .instants import from_micros, span_from_micros, span_to_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..domain.log import Fact

MESSAGE = "message"
"""The kind of rows that are messages."""


def encode(fact: Fact) -> tuple[str, str]:
    """The fact's kind and its members as JSON. Raises InvalidInput for what JSON cannot say."""
    kind, members = _WRITERS[type(fact)]
    return kind, jsontext.dumps(members(fact), name=kind)


def decode(kind: str, payload: str) -> Fact:
    """The fact again. Raises StoreUnavailable for a kind that only a later version knows."""
    read = _READERS.get(kind)
    if read is None:
        raise StoreUnavailable(f"The log holds a row of kind '{kind}', written by a later version of this program")
    return read(jsontext.loads(payload))


def concludes(fact: Fact) -> str | None:
    """The id of the message that this fact answers or leaves unanswered."""
    return fact.in_reply_to if isinstance(fact, (log.Message, log.ReplyMissing)) else None


def _message(fact: log.Message) -> dict[str, Any]:
    members: dict[str, Any] = {"id": fact.id, "author": fact.author, "author_id": fact.author_id, "text": fact.text}
    if fact.thought is not None:
        members["thought"] = fact.thought
    if fact.in_reply_to is not None:
        members["in_reply_to"] = fact.in_reply_to
    for name in ("actions", "attachments", "metadata", "extra"):
        if value := getattr(fact, name):
            members[name] = value
    if fact.renewal is not None:
        members["renewal"] = _renewal(fact.renewal)
    return members


def _read_message(members: Mapping[str, Any]) -> log.Message:
    get = members.get
    renewal = get("renewal")
    return log.Message(
        id=members["id"],
        author=_AUTHORS[members["author"]],
        author_id=members["author_id"],
        text=members["text"],
        thought=get("thought"),
        actions=tuple(get("actions", ())),
        attachments=tuple(get("attachments", ())),
        metadata=get("metadata") or {},
        in_reply_to=get("in_reply_to"),
        extra=get("extra") or {},
        renewal=_read_renewal(renewal) if renewal else None,
    )


def _renewal(renewal: log.Renewal) -> dict[str, Any]:
    return {"expires_at": to_micros(renewal.expires_at), "count": renewal.count}


def _read_renewal(members: Mapping[str, Any]) -> log.Renewal:
    return log.Renewal(from_micros(members["expires_at"]), members["count"])


def _clock(fact: log.Created | log.Reconfigured) -> dict[str, Any]:
    return {"expires_at": to_micros(fact.expires_at), "timeout": timeout(fact.timeout)}


def _read_created(members: Mapping[str, Any]) -> log.Created:
    return log.Created(from_micros(members["expires_at"]), read_timeout(members["timeout"]))


def _read_reconfigured(members: Mapping[str, Any]) -> log.Reconfigured:
    return log.Reconfigured(from_micros(members["expires_at"]), read_timeout(members["timeout"]))


def timeout(config: TimeoutConfig) -> dict[str, Any]:
    """A timeout configuration's members."""
    return {
        "timeout": span_to_micros(config.timeout),
        "auto_renew": config.auto_renew,
        "max_duration": span_to_micros(config.max_duration),
        "warning_threshold": span_to_micros(config.warning_threshold),
    }


def read_timeout(members: Mapping[str, Any]) -> TimeoutConfig:
    """A timeout configuration from its members."""
    return TimeoutConfig(
        span_from_micros(members["timeout"]),
        members["auto_renew"],
        span_from_micros(members["max_duration"]),
        span_from_micros(members["warning_threshold"]),
    )


def _renewed(fact: log.Renewed) -> dict[str, Any]:
    return _renewal(fact.renewal)


def _read_renewed(members: Mapping[str, Any]) -> log.Renewed:
    return log.Renewed(_read_renewal(members))


def _warned(fact: log.Warned) -> dict[str, Any]:
    return {"expires_at": to_micros(fact.expires_at), "late_ms": fact.late_ms}


def _read_warned(members: Mapping[str, Any]) -> log.Warned:
    return log.Warned(from_micros(members["expires_at"]), members["late_ms"])


def _expired(fact: log.Expired) -> dict[str, Any]:
    return {"expired_at": to_micros(fact.expired_at), "late_ms": fact.late_ms}


def _read_expired(members: Mapping[str, Any]) -> log.Expired:
    return log.Expired(from_micros(members["expired_at"]), members["late_ms"])


def _ended(_: log.Ended) -> dict[str, Any]:
    return {}


def _read_ended(_: Mapping[str, Any]) -> log.Ended:
    return log.Ended()


def _reply_missing(fact: log.ReplyMissing) -> dict[str, Any]:
    return {"in_reply_to": fact.in_reply_to, "why": fact.why, "explanation": fact.explanation}


def _read_reply_missing(members: Mapping[str, Any]) -> log.ReplyMissing:
    return log.ReplyMissing(members["in_reply_to"], log.Silence(members["why"]), members.get("explanation", ""))


_AUTHORS = {author.value: author for author in log.Author}

_WRITERS: dict[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    log.Message: (MESSAGE, _message),
    log.Created: ("created", _clock),
    log.Renewed: ("renewed", _renewed),
    log.Reconfigured: ("reconfigured", _clock),
    log.Warned: ("warned", _warned),
    log.Expired: ("expired", _expired),
    log.Ended: ("ended", _ended),
    log.ReplyMissing: ("reply_missing", _reply_missing),
}

_READERS: dict[str, Callable[[Mapping[str, Any]], Fact]] = {
    MESSAGE: _read_message,
    "created": _read_created,
    "renewed": _read_renewed,
    "reconfigured": _read_reconfigured,
    "warned": _read_warned,
    "expired": _read_expired,
    "ended": _read_ended,
    "reply_missing": _read_reply_missing,
}
