"""Agents and jobs: the cold tables, read and written one statement at a time on either database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ..domain.agent import AgentDefinition, AgentStatus, Character
from ..domain.encoding import from_micros, to_micros
from ..domain.errors import AgentNotFound, JobNotFound
from ..domain.job import Job, JobAnswer, JobStatus
from ..domain.timeouts import TimeoutOverrides, Unusable
from . import jsontext
from .instants import from_micros_or_none, span_from_micros, span_to_micros, to_micros_or_none
from .tables import AgentTable, JobTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Executable

    from ..ports.records import AgentMark

AGENTS = AgentTable.__table__  # type: ignore[attr-defined]  # SQLModel does not declare what SQLAlchemy adds
JOBS = JobTable.__table__  # type: ignore[attr-defined]


class Records(ABC):
    """Agents and jobs over whatever runs SQLAlchemy Core statements."""

    dialect: str
    """``sqlite`` or ``postgresql``."""

    @abstractmethod
    async def _rows(self, statement: Executable) -> Sequence[Mapping[str, Any]]:
        """Run a query. Raises StoreUnavailable."""

    @abstractmethod
    async def _write(self, statement: Executable) -> int:
        """Run a statement in a transaction of its own; how many rows it met. Raises StoreUnavailable."""

    async def agents(self) -> Sequence[AgentDefinition]:
        """All of them, by name."""
        return [_agent(row) for row in await self._rows(select(AGENTS).order_by(AGENTS.c.name, AGENTS.c.id))]

    async def agent_marks(self) -> Mapping[str, AgentMark]:
        """By id, what is another after each change."""
        rows = await self._rows(select(AGENTS.c.id, AGENTS.c.status, AGENTS.c.updated_at))
        return {row["id"]: (AgentStatus(row["status"]), from_micros(row["updated_at"])) for row in rows}

    async def put_agent(self, definition: AgentDefinition) -> None:
        """Keep this definition in place of any with the same id."""
        await self._write(self._upsert(AGENTS, _agent_row(definition)))

    async def remove_agent(self, agent_id: str) -> None:
        """Forget it. Raises AgentNotFound."""
        if not await self._write(delete(AGENTS).where(AGENTS.c.id == agent_id)):
            raise AgentNotFound(agent_id)

    async def put_job(self, job: Job) -> None:
        """Keep this job in place of any with the same id."""
        await self._write(self._upsert(JOBS, _job_row(job)))

    async def job(self, job_id: str) -> Job:
        """Raises JobNotFound."""
        rows = await self._rows(select(JOBS).where(JOBS.c.id == job_id))
        if not rows:
            raise JobNotFound(job_id)
        return _job(rows[0])

    async def jobs(self, *, status: str | None = None, limit: int) -> Sequence[Job]:
        """The newest jobs first."""
        query = select(JOBS).order_by(JOBS.c.created_at.desc(), JOBS.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(JOBS.c.status == status)
        return [_job(row) for row in await self._rows(query)]

    async def job_counts(self) -> Mapping[str, int]:
        """How many jobs there are in each status."""
        query = select(JOBS.c.status, func.count().label("jobs")).group_by(JOBS.c.status)
        return {row["status"]: row["jobs"] for row in await self._rows(query)}

    async def forget_jobs(self, *, before: datetime) -> int:
        """Drop jobs that expired before then; returns how many."""
        return await self._write(delete(JOBS).where(JOBS.c.expires_at < to_micros(before)))

    def _upsert(self, table: Any, row: Mapping[str, Any]) -> Executable:
        insert = sqlite.insert if self.dialect == "sqlite" else postgresql.insert
        statement: Any = insert(table).values(**row)
        kept = {name: statement.excluded[name] for name in row if name != "id"}
        return statement.on_conflict_do_update(index_elements=["id"], set_=kept)  # type: ignore[no-any-return]


def _agent_row(definition: AgentDefinition) -> dict[str, Any]:
    character = definition.character
    parts = {
        "document": character.document,
        "settings": character.settings,
        "secrets": character.secrets,
        "system": character.system,
        "bio": character.bio,
    }
    return {
        "id": definition.id,
        "name": character.name,
        "kind": definition.kind,
        "status": definition.status.value,
        "character": jsontext.dumps(parts, name="character"),
        "options": jsontext.dumps(definition.options, name="options"),
        "timeouts": jsontext.dumps(_wishes(definition.timeouts), name="timeouts"),
        "created_at": to_micros(definition.created_at),
        "updated_at": to_micros(definition.updated_at),
    }


def _agent(row: Mapping[str, Any]) -> AgentDefinition:
    parts = jsontext.loads(row["character"])
    character = Character(
        id=row["id"],
        name=row["name"],
        document=parts.get("document", {}),
        settings=parts.get("settings", {}),
        secrets=parts.get("secrets", {}),
        system=parts.get("system"),
        bio=tuple(parts.get("bio", ())),
    )
    return AgentDefinition(
        character=character,
        kind=row["kind"],
        options=jsontext.loads(row["options"]),
        timeouts=_read_wishes(jsontext.loads(row["timeouts"])),
        status=AgentStatus(row["status"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )


SPANS = ("timeout", "max_duration", "warning_threshold")


def _wishes(overrides: TimeoutOverrides) -> dict[str, Any]:
    """What was said: microseconds or a truth value, ``unusable`` for what made no sense. The unsaid is left out."""
    said = {name: getattr(overrides, name) for name in (*SPANS, "auto_renew")}
    return {name: _wish(value) for name, value in said.items() if value is not None}


def _wish(value: timedelta | bool | Unusable) -> int | bool | str:
    if isinstance(value, timedelta):
        return span_to_micros(value)
    return value.value if isinstance(value, Unusable) else value


def _read_wishes(members: Mapping[str, Any]) -> TimeoutOverrides:
    said = {name: _read_wish(members[name]) for name in (*SPANS, "auto_renew") if name in members}
    return TimeoutOverrides(**said)


def _read_wish(value: Any) -> Any:
    if value == Unusable.VALUE.value:
        return Unusable.VALUE
    return value if isinstance(value, bool) else span_from_micros(value)


def _job_row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "agent_id": job.agent_id,
        "user_id": job.user_id,
        "session_id": job.session_id,
        "prompt": job.prompt,
        "status": job.status.value,
        "created_at": to_micros(job.created_at),
        "expires_at": to_micros(job.expires_at),
        "metadata": jsontext.dumps(job.metadata, name="metadata"),
        "answer": None if job.answer is None else jsontext.dumps(_answer(job.answer), name="answer"),
        "error": job.error,
        "finished_at": to_micros_or_none(job.finished_at),
    }


def _answer(answer: JobAnswer) -> dict[str, Any]:
    return {
        "message_id": answer.message_id,
        "text": answer.text,
        "author_id": answer.author_id,
        "created_at": to_micros(answer.created_at),
        "metadata": answer.metadata,
    }


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        id=row["id"],
        agent_id=row["agent_id"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        prompt=row["prompt"],
        status=JobStatus(row["status"]),
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        metadata=jsontext.loads(row["metadata"]),
        answer=None if row["answer"] is None else _read_answer(jsontext.loads(row["answer"])),
        error=row["error"],
        finished_at=from_micros_or_none(row["finished_at"]),
    )


def _read_answer(members: Mapping[str, Any]) -> JobAnswer:
    return JobAnswer(
        message_id=members["message_id"],
        text=members["text"],
        author_id=members["author_id"],
        created_at=from_micros(members["created_at"]),
        metadata=members.get("metadata", {}),
    )
