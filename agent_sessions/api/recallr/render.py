"""Users, sessions, memories, conflicts and contexts as this wire writes them: every member always there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ...domain.log import Message
from ...domain.recollection import ConflictStatus
from ...domain.utterances import ROLES
from ..middleware import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...domain.context_request import ContextAnswer, ContextSources, DateFilter
    from ...domain.log import LogEntry
    from ...domain.recollection import KeptConflict, KeptMemory
    from ...domain.session import Session
    from ...domain.user import User
    from ...services.conflicts import ToldConflict
    from ...services.memories import ToldMemory

Json: TypeAlias = dict[str, Any]


def answer(body: Json, status: int = 200) -> Answer:
    """Instants in UTC with ``Z``, as finely as they are kept."""
    return Answer(orjson.dumps(body, option=orjson.OPT_UTC_Z), status)


def page(name: str, items: Sequence[Json], *, total: int, offset: int) -> Answer:
    """Some of a list, and whether more follow."""
    return answer({name: items, "total": total, "has_more": offset + len(items) < total})


def user(user: User) -> Json:
    return {
        "custom_user_id": user.id,
        "metadata": user.metadata,
        "merge_conflict_enabled": user.merge_conflicts,
        "created_at": user.created_at,
        "last_active_at": user.last_active_at,
    }


def session(session: Session) -> Json:
    return {
        "session_id": session.id,
        "status": session.processing.status.value,
        "created_at": session.created_at,
        "metadata": session.metadata,
    }


def message(entry: LogEntry) -> Json:
    """A message in its session. ``message_id`` is an addition: what the ``sources`` of memories name."""
    assert isinstance(entry.fact, Message)
    return {
        "role": ROLES[entry.fact.author].value,
        "content": entry.fact.text,
        "timestamp": entry.at,
        "message_id": entry.fact.id,
    }


def message_of_user(entry: LogEntry) -> Json:
    """A message with the session it was said in."""
    return {**message(entry), "session_id": entry.session_id}


def memory(told: ToldMemory, *, previous: bool, connected: bool) -> Json:
    """A memory; without its versions before, or what is connected with it, where these are not wanted.

    ``sources`` is an addition: the ids of the messages it was made from.
    """
    kept = told.kept
    return {
        **_dated(kept),
        "categories": kept.memory.categories,
        "version_number": kept.version,
        "total_versions": kept.total_versions,
        "has_previous_versions": bool(told.previous),
        "previous_versions": [_version(each) for each in told.previous] if previous else None,
        "connected_memories": [_connected(each) for each in told.connected] if connected else None,
        "merge_conflict_in_progress": kept.conflict_open,
        "merge_conflict_id": kept.conflict_id,
        **_expiry(kept),
        "session_id": kept.memory.session_id,
        "sources": kept.memory.sources,
    }


def conflict(told: ToldConflict) -> Json:
    """A merge conflict, its id in both spellings. Memories that were forgotten meanwhile are left out."""
    kept = told.kept
    resolved = kept.status is ConflictStatus.RESOLVED
    new = [_dated(told.memories[each]) for each in kept.new_memories if each in told.memories]
    return {
        "id": kept.conflict.id,
        "conflict_id": kept.conflict.id,
        "project_user_session_id": kept.conflict.session_id,
        "status": kept.status.value,
        "proposed_memory_content": None if resolved else kept.conflict.proposed.content,
        "new_memories": new if resolved else None,
        "conflicting_memories": [
            {**_dated(told.memories[each.memory_id]), "reason": each.reason}
            for each in kept.conflict.conflicting
            if each.memory_id in told.memories
        ],
        "clarifying_questions": [
            {"question": each.question, "options": each.options} for each in kept.conflict.questions
        ],
        "resolution_data": _resolution(kept),
        "created_at": kept.created_at,
        "resolved_at": kept.resolved_at,
    }


def context(answer: ContextAnswer) -> Json:
    """A context, or an event on the way to it. What it was made from is null where it was not asked for."""
    return {
        "is_final": answer.final,
        "status_update_message": answer.status,
        "error_message": answer.error,
        "context": answer.text,
        "metadata": {"recall_strategy_used": answer.strategy.value, **_sources(answer.sources)},
    }


def _dated(kept: KeptMemory) -> Json:
    return {
        "memory_id": kept.memory.id,
        "content": kept.memory.content,
        "event_date_start": kept.memory.event_start,
        "event_date_end": kept.memory.event_end,
        "created_at": kept.memory.created_at,
    }


def _expiry(kept: KeptMemory) -> Json:
    return {
        "expired_at": kept.expired_at,
        "expiration_reason": kept.expiry_reason.value if kept.expiry_reason else None,
    }


def _version(kept: KeptMemory) -> Json:
    return {
        **_dated(kept),
        "version_number": kept.version,
        **_expiry(kept),
        "merge_conflict_id": kept.conflict_id,
    }


def _connected(kept: KeptMemory) -> Json:
    return {"memory_id": kept.memory.id, "content": kept.memory.content}


def _resolution(kept: KeptConflict) -> Json | None:
    if not kept.answers:
        return None
    given = [{"question": each.question, "answer": each.answer, "message": each.remark} for each in kept.answers]
    return {"question_answers": given}


def _sources(sources: ContextSources | None) -> Json:
    return {
        "memory_ids": sources and sources.memory_ids,
        "session_ids": sources and sources.session_ids,
        "agent_reasoning": sources and sources.reasoning,
        "vector_search_queries": sources and sources.queries,
        "keywords": sources and sources.keywords,
        "session_summaries_search_queries": sources and sources.summary_queries,
        "date_range_filters": sources and [_filter(each) for each in sources.date_filters],
    }


def _filter(date_filter: DateFilter) -> Json:
    return {
        "filter_type": date_filter.kind.value,
        "start_date": date_filter.start,
        "end_date": date_filter.end,
    }
