"""Memories, conflicts and summaries as members of JSON objects, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.archive import ArchivedConnection, ArchivedMemory
from ...domain.encoding import from_micros, to_micros
from ...domain.memory import (
    ClarifyingQuestion,
    ConflictingMemory,
    Memory,
    MemoryKind,
    MergeConflict,
    SessionSummary,
    VersionReason,
)
from ...domain.recollection import ConflictAnswer, ConflictStatus, KeptConflict
from .values import maybe, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...domain.archive import Record
    from .values import Plain


def _memory(memory: Memory) -> Plain:
    return {
        "id": memory.id,
        "session_id": memory.session_id,
        "kind": memory.kind.value,
        "content": memory.content,
        "event_start": to_micros(memory.event_start),
        "event_end": to_micros(memory.event_end),
        "created_at": to_micros(memory.created_at),
        "categories": memory.categories,
        "sources": memory.sources,
    }


def _read_memory(plain: Mapping[str, Any]) -> Memory:
    return Memory(
        id=text(plain["id"]),
        session_id=text(plain["session_id"]),
        content=text(plain["content"]),
        event_start=from_micros(plain["event_start"]),
        event_end=from_micros(plain["event_end"]),
        created_at=from_micros(plain["created_at"]),
        categories=texts(plain.get("categories", ())),
        sources=texts(plain.get("sources", ())),
        kind=MemoryKind(plain["kind"]),
    )


def _version(archived: ArchivedMemory) -> Plain:
    return {
        **_memory(archived.memory),
        "replaced_by": archived.replaced_by,
        "expired_at": maybe(to_micros, archived.expired_at),
        "reason": archived.reason,
        "conflict_id": archived.conflict_id,
    }


def _read_version(plain: Mapping[str, Any]) -> ArchivedMemory:
    if ("replaced_by" in plain) != ("expired_at" in plain):
        raise ValueError("replaced_by and expired_at go together")
    return ArchivedMemory(
        memory=_read_memory(plain),
        replaced_by=maybe(text, plain.get("replaced_by")),
        expired_at=maybe(from_micros, plain.get("expired_at")),
        reason=maybe(VersionReason, plain.get("reason")),
        conflict_id=plain.get("conflict_id"),
    )


def _connection(connection: ArchivedConnection) -> Plain:
    return {
        "first": connection.first,
        "second": connection.second,
        "session_id": connection.session_id,
        "shared": connection.shared,
    }


def _read_connection(plain: Mapping[str, Any]) -> ArchivedConnection:
    return ArchivedConnection(
        first=text(plain["first"]),
        second=text(plain["second"]),
        session_id=text(plain["session_id"]),
        shared=text(plain["shared"]),
    )


def _conflict(kept: KeptConflict) -> Plain:
    conflict = kept.conflict
    return {
        "id": conflict.id,
        "user_id": kept.user_id,
        "session_id": conflict.session_id,
        "status": kept.status.value,
        "created_at": to_micros(kept.created_at),
        "resolved_at": maybe(to_micros, kept.resolved_at),
        "proposed": _memory(conflict.proposed),
        "conflicting": [
            {"memory_id": each.memory_id, "content": each.content, "reason": each.reason}
            for each in conflict.conflicting
        ],
        "questions": [{"question": each.question, "options": each.options} for each in conflict.questions],
        "answers": tuple(
            {"question": each.question, "answer": each.answer, "remark": each.remark} for each in kept.answers
        ),
        "new_memories": kept.new_memories,
    }


def _read_conflict(plain: Mapping[str, Any]) -> KeptConflict:
    conflict = MergeConflict(
        id=text(plain["id"]),
        session_id=text(plain["session_id"]),
        proposed=_read_memory(plain["proposed"]),
        conflicting=tuple(
            ConflictingMemory(text(each["memory_id"]), text(each["content"]), text(each["reason"]))
            for each in plain["conflicting"]
        ),
        questions=tuple(
            ClarifyingQuestion(text(each["question"]), texts(each["options"])) for each in plain["questions"]
        ),
    )
    return KeptConflict(
        conflict=conflict,
        user_id=text(plain["user_id"]),
        status=ConflictStatus(plain["status"]),
        created_at=from_micros(plain["created_at"]),
        answers=tuple(
            ConflictAnswer(text(each["question"]), text(each["answer"]), each.get("remark"))
            for each in plain.get("answers", ())
        ),
        new_memories=texts(plain.get("new_memories", ())),
        resolved_at=maybe(from_micros, plain.get("resolved_at")),
    )


def _summary(summary: SessionSummary) -> Plain:
    return {
        "session_id": summary.session_id,
        "text": summary.text,
        "start": to_micros(summary.start),
        "end": to_micros(summary.end),
    }


def _read_summary(plain: Mapping[str, Any]) -> SessionSummary:
    start, end = from_micros(plain["start"]), from_micros(plain["end"])
    return SessionSummary(text(plain["session_id"]), text(plain["text"]), start, end)


ENCODERS: Mapping[type, tuple[str, Callable[[Any], Plain]]] = {
    ArchivedMemory: ("memory", _version),
    ArchivedConnection: ("connection", _connection),
    KeptConflict: ("conflict", _conflict),
    SessionSummary: ("summary", _summary),
}
DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Record]] = {
    "memory": _read_version,
    "connection": _read_connection,
    "conflict": _read_conflict,
    "summary": _read_summary,
}
