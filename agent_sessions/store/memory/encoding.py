"""Users, memories, conflicts and summaries as rows, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from ...domain.recollection import ConflictAnswer, ConflictStatus, KeptConflict, KeptMemory, KeptSummary
from ...domain.user import User
from .. import jsontext
from ..instants import from_micros_or_none, to_micros_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def read_user(row: Sequence[Any], *, active_at: int) -> User:
    """From the columns of ``statements.USER``."""
    _, project, user_id, created_at, metadata, merge_conflicts = row
    return User(
        project=project,
        id=user_id,
        created_at=from_micros(created_at),
        last_active_at=from_micros(max(created_at, active_at)),
        metadata=jsontext.loads(metadata),
        merge_conflicts=None if merge_conflicts is None else bool(merge_conflicts),
    )


def memory_values(memory: Memory) -> dict[str, Any]:
    """The columns that hold what a memory says."""
    return {
        "id": memory.id,
        "session_id": memory.session_id,
        "kind": memory.kind.value,
        "content": memory.content,
        "categories": texts(memory.categories),
        "sources": texts(memory.sources),
        "event_start": to_micros(memory.event_start),
        "event_end": to_micros(memory.event_end),
        "created_at": to_micros(memory.created_at),
    }


def read_memory(row: Sequence[Any]) -> Memory:
    """From ``statements.MEMORY_COLUMNS``."""
    return Memory(
        id=row[0],
        session_id=row[1],
        content=row[5],
        event_start=from_micros(row[8]),
        event_end=from_micros(row[9]),
        created_at=from_micros(row[10]),
        categories=read_texts(row[6]),
        sources=read_texts(row[7]),
        kind=_KINDS[row[4]],
    )


def read_kept(row: Sequence[Any], *, user_id: str) -> KeptMemory:
    """From ``statements.MEMORY_COLUMNS`` and the count of versions."""
    return KeptMemory(
        memory=read_memory(row),
        user_id=user_id,
        lineage=row[2],
        version=row[3],
        total_versions=row[16],
        expired_at=from_micros_or_none(row[12]),
        expiry_reason=None if row[13] is None else VersionReason(row[13]),
        conflict_id=row[14],
        conflict_open=bool(row[15]),
    )


def conflict_values(kept: KeptConflict) -> dict[str, Any]:
    """All columns of a conflict."""
    conflict = kept.conflict
    conflicting = [[each.memory_id, each.content, each.reason] for each in conflict.conflicting]
    questions = [[each.question, list(each.options)] for each in conflict.questions]
    answers = [[each.question, each.answer, each.remark] for each in kept.answers]
    return {
        "id": conflict.id,
        "session_id": conflict.session_id,
        "status": kept.status.value,
        "proposed": jsontext.dumps(_plain(conflict.proposed), name="proposed"),
        "conflicting": jsontext.dumps(conflicting, name="conflicting"),
        "questions": jsontext.dumps(questions, name="questions"),
        "answers": jsontext.dumps(answers, name="answers"),
        "new_memories": texts(kept.new_memories),
        "created_at": to_micros(kept.created_at),
        "resolved_at": to_micros_or_none(kept.resolved_at),
    }


def read_conflict(row: Sequence[Any], *, user_id: str) -> KeptConflict:
    """From ``statements.CONFLICT_COLUMNS``."""
    conflict_id, session_id, status, proposed, conflicting, questions, answers, new_memories, created_at, resolved = row
    return KeptConflict(
        conflict=MergeConflict(
            id=conflict_id,
            session_id=session_id,
            proposed=_read_plain(jsontext.loads(proposed)),
            conflicting=tuple(ConflictingMemory(*each) for each in jsontext.loads(conflicting)),
            questions=tuple(ClarifyingQuestion(asked, tuple(of)) for asked, of in jsontext.loads(questions)),
        ),
        user_id=user_id,
        status=ConflictStatus(status),
        created_at=from_micros(created_at),
        answers=tuple(ConflictAnswer(*each) for each in jsontext.loads(answers)),
        new_memories=read_texts(new_memories),
        resolved_at=from_micros_or_none(resolved),
    )


def summary_values(summary: SessionSummary) -> dict[str, Any]:
    """All columns of a summary."""
    return {
        "session_id": summary.session_id,
        "text": summary.text,
        "started_at": to_micros(summary.start),
        "ended_at": to_micros(summary.end),
    }


def read_summary(row: Sequence[Any], memory_ids: Iterable[str]) -> KeptSummary:
    """From the columns of ``statements.SUMMARIES``."""
    session_id, text, started_at, ended_at, user_id = row
    summary = SessionSummary(session_id, text, from_micros(started_at), from_micros(ended_at))
    return KeptSummary(summary=summary, user_id=user_id, memory_ids=tuple(memory_ids))


def texts(values: Sequence[str]) -> str:
    """A list of texts as JSON."""
    return jsontext.dumps(values, name="texts") if values else "[]"


def read_texts(text: str) -> tuple[str, ...]:
    """The texts again."""
    return () if text == "[]" else tuple(jsontext.loads(text))


_KINDS = {kind.value: kind for kind in MemoryKind}


def _plain(memory: Memory) -> dict[str, Any]:
    """A memory that has no row: the columns it would have, lists as lists."""
    return memory_values(memory) | {"categories": memory.categories, "sources": memory.sources}


def _read_plain(plain: Mapping[str, Any]) -> Memory:
    return Memory(
        id=plain["id"],
        session_id=plain["session_id"],
        content=plain["content"],
        event_start=from_micros(plain["event_start"]),
        event_end=from_micros(plain["event_end"]),
        created_at=from_micros(plain["created_at"]),
        categories=tuple(plain["categories"]),
        sources=tuple(plain["sources"]),
        kind=_KINDS[plain["kind"]],
    )
