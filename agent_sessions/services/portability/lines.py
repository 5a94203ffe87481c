"""What is kept about a user as lines of JSON, one a record, and back. docs/reference/export-format.md tells the form.

Times are whole microseconds since 1970 (UTC), spans whole microseconds. Members that are None or empty may be left out;
members that are not known are ignored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from ...domain.encoding import (
    config_from_plain,
    config_to_plain,
    fact_from_plain,
    fact_to_plain,
    from_micros,
    kind_of,
    to_micros,
)
from ...domain.log import LogEntry
from ...domain.session import MemoryStatus, Processing, Session, State
from ...domain.user import User
from . import memory_lines
from .values import mapping, maybe, span_to_micros, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...domain.archive import Record
    from .values import Plain


def line_of(record: Record) -> str:
    """The record as a line, without its end."""
    name, encode = _ENCODERS[type(record)]
    return dumped({"record": name, **encode(record)})


def dumped(plain: Mapping[str, Any]) -> str:
    """JSON in one line; what is None or empty is left out."""
    return orjson.dumps(
        {key: value for key, value in plain.items() if value is not None and value != () and value != {}},
        default=dict,  # mappings of other kinds, such as read-only ones
    ).decode()


def record_of(plain: Mapping[str, Any]) -> Record:
    """The record again. Raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    decode = _DECODERS.get(plain["record"])
    if decode is None:
        raise ValueError(f"unknown record '{plain['record']}'")
    return decode(plain)


def _user(user: User) -> Plain:
    return {
        "project": user.project,
        "id": user.id,
        "created_at": to_micros(user.created_at),
        "last_active_at": to_micros(user.last_active_at),
        "metadata": user.metadata,
        "merge_conflicts": user.merge_conflicts,
    }


def _read_user(plain: Mapping[str, Any]) -> User:
    return User(
        project=text(plain["project"]),
        id=text(plain["id"]),
        created_at=from_micros(plain["created_at"]),
        last_active_at=from_micros(plain["last_active_at"]),
        metadata=mapping(plain.get("metadata", {})),
        merge_conflicts=plain.get("merge_conflicts"),
    )


def _session(session: Session) -> Plain:
    return {
        "id": session.id,
        "project": session.project,
        "user_id": session.user_id,
        "agent_id": session.agent_id,
        "channel_id": session.channel_id,
        "created_at": to_micros(session.created_at),
        "last_activity": to_micros(session.last_activity),
        "expires_at": to_micros(session.expires_at),
        "timeout": config_to_plain(session.timeout),
        "metadata": session.metadata,
        "renewal_count": session.renewal_count,
        "state": session.state.value,
        "warned_at": maybe(to_micros, session.warned_at),
        "closed_at": maybe(to_micros, session.closed_at),
        "awaiting": list(session.awaiting) or None,
        "processing": _processing(session.processing),
        "last_seq": session.last_seq,
        "last_at": to_micros(session.last_at),
    }


def _read_session(plain: Mapping[str, Any]) -> Session:
    return Session(
        id=text(plain["id"]),
        project=text(plain["project"]),
        user_id=text(plain["user_id"]),
        agent_id=str(plain.get("agent_id", "")),
        channel_id=text(plain["channel_id"]),
        created_at=from_micros(plain["created_at"]),
        last_activity=from_micros(plain["last_activity"]),
        expires_at=from_micros(plain["expires_at"]),
        timeout=config_from_plain(plain["timeout"]),
        metadata=mapping(plain.get("metadata", {})),
        renewal_count=plain.get("renewal_count", 0),
        state=State(plain["state"]),
        warned_at=maybe(from_micros, plain.get("warned_at")),
        closed_at=maybe(from_micros, plain.get("closed_at")),
        awaiting=texts(plain.get("awaiting", ())),
        processing=_read_processing(plain["processing"]),
        last_seq=plain["last_seq"],
        last_at=from_micros(plain["last_at"]),
    )


def _processing(processing: Processing) -> Plain:
    return {
        "status": processing.status.value,
        "quiet": maybe(span_to_micros, processing.quiet),
        "due_at": maybe(to_micros, processing.due_at),
        "done_seq": processing.done_seq,
    }


def _read_processing(plain: Mapping[str, Any]) -> Processing:
    quiet = plain.get("quiet")
    return Processing(
        status=MemoryStatus(plain["status"]),
        quiet=None if quiet is None else timedelta(microseconds=quiet),
        due_at=maybe(from_micros, plain.get("due_at")),
        done_seq=plain.get("done_seq", 0),
    )


def _entry(entry: LogEntry) -> Plain:
    return {
        "session_id": entry.session_id,
        "seq": entry.seq,
        "at": to_micros(entry.at),
        "kind": kind_of(entry.fact),
        "fact": fact_to_plain(entry.fact),
    }


def _read_entry(plain: Mapping[str, Any]) -> LogEntry:
    fact = fact_from_plain(plain["kind"], plain.get("fact", {}))
    return LogEntry(text(plain["session_id"]), plain["seq"], from_micros(plain["at"]), fact)


_ENCODERS: Mapping[type, tuple[str, Callable[[Any], Plain]]] = {
    User: ("user", _user),
    Session: ("session", _session),
    LogEntry: ("entry", _entry),
    **memory_lines.ENCODERS,
}
_DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Record]] = {
    "user": _read_user,
    "session": _read_session,
    "entry": _read_entry,
    **memory_lines.DECODERS,
}
