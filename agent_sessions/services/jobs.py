"""Jobs: one question to an agent, one answer, for callers that keep no session.

A job runs in a session of its own, through the same conversation as everything else, and ends it afterwards.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from ..domain.errors import AgentNotFound, AgentSessionsError
from ..domain.job import Job, JobAnswer, JobStatus
from ..domain.log import Message, ReplyMissing, Silence
from .conversation import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..ports import Clock, JobStore
    from .agents import AgentDirectory
    from .conversation import Conversation
    from .sessions import SessionService

logger = structlog.get_logger(__name__)

OVERDUE = "The agent did not answer in time"
UNFINISHED = (JobStatus.PENDING, JobStatus.PROCESSING)


class JobService:
    """Takes jobs, runs each beside the others, keeps how they came out for the time ``keep`` after they expired."""

    def __init__(
        self,
        store: JobStore,
        sessions: SessionService,
        conversation: Conversation,
        agents: AgentDirectory,
        *,
        clock: Clock,
        keep: timedelta,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._conversation = conversation
        self._agents = agents
        self._clock = clock
        self._keep = keep
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def create(
        self,
        *,
        user_id: str,
        prompt: str,
        agent_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        patience: timedelta,
    ) -> Job:
        """Take a job and begin it; it times out after ``patience``. Without an agent the first active one answers.

        Raises AgentNotFound.
        """
        job_id = str(uuid4())
        chosen = agent_id or self._any_agent()
        origin = {"source": "job", "jobId": job_id}
        session = await self._sessions.create(agent_id=chosen, user_id=user_id, metadata=origin)
        job = Job(
            id=job_id,
            agent_id=chosen,
            user_id=user_id,
            session_id=session.id,
            prompt=prompt,
            status=JobStatus.PROCESSING,
            created_at=session.created_at,
            expires_at=session.created_at + patience,
            metadata=metadata or {},
        )
        await self._store.put_job(job)
        task = asyncio.get_running_loop().create_task(self._run(job), name=f"job {job_id}")
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))
        return job

    async def get(self, job_id: str) -> Job:
        """The job as it stands. Raises JobNotFound."""
        return self._seen(await self._store.job(job_id))

    async def list(self, *, status: JobStatus | None = None, limit: int = 50) -> Sequence[Job]:
        """The newest jobs first, of one status where named."""
        return [self._seen(job) for job in await self._store.jobs(status=status, limit=limit)]

    async def counts(self) -> Mapping[str, int]:
        """How many jobs there are in each status."""
        return await self._store.job_counts()

    async def recover(self) -> None:
        """Mark the jobs that an earlier process left unfinished as failed; forget those that expired long ago."""
        for status in UNFINISHED:
            for job in await self._store.jobs(status=status, limit=100_000):
                await self._finish(job, JobStatus.FAILED, error="The server stopped before the job was done")
        await self._store.forget_jobs(before=self._clock.now() - self._keep)

    async def close(self) -> None:
        """Stop what still runs; it is marked at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job) -> None:
        try:
            exchange = await self._conversation.send(job.session_id, Draft(job.prompt, metadata=dict(job.metadata)))
            late = self._clock.call_at(job.expires_at, lambda: exchange.turn.stop(Silence.TIMED_OUT))
            try:
                await self._conclude(job, await exchange.turn.outcome())
            finally:
                late.cancel()
            await self._sessions.end(job.session_id)
        except AgentSessionsError as failure:
            logger.warning("job_failed", job_id=job.id, reason=str(failure))
            await self._finish(job, JobStatus.FAILED, error=str(failure))

    async def _conclude(self, job: Job, end: LogEntry) -> None:
        match end.fact:
            case Message():
                await self._finish(job, JobStatus.COMPLETED, answer=_answer(end.fact, end.at))
            case ReplyMissing(why=Silence.TIMED_OUT):
                await self._finish(job, JobStatus.TIMEOUT, error=OVERDUE)
            case ReplyMissing(why=Silence.CHOSEN):
                await self._finish(job, JobStatus.COMPLETED)
            case ReplyMissing(explanation=explanation):
                await self._finish(job, JobStatus.FAILED, error=explanation)

    async def _finish(
        self, job: Job, status: JobStatus, *, answer: JobAnswer | None = None, error: str | None = None
    ) -> None:
        done = replace(job, status=status, answer=answer, error=error, finished_at=self._clock.now())
        await self._store.put_job(done)

    def _seen(self, job: Job) -> Job:
        """The job as its readers see it: overdue means timed out, also where nobody could write that down."""
        if job.status in UNFINISHED and self._clock.now() >= job.expires_at:
            return replace(job, status=JobStatus.TIMEOUT, error=OVERDUE)
        return job

    def _any_agent(self) -> str:
        for definition in self._agents.all():
            if self._agents.is_running(definition.id):
                return definition.id
        raise AgentNotFound("any")


def _answer(reply: Message, at: datetime) -> JobAnswer:
    said = {"thought": reply.thought, "actions": list(reply.actions) or None}
    metadata = {key: value for key, value in said.items() if value is not None}
    return JobAnswer(message_id=reply.id, text=reply.text, author_id=reply.author_id, created_at=at, metadata=metadata)
