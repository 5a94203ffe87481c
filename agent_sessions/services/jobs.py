"""Jobs: one question to an agent, one answer, for callers that keep no session.

A job runs in a session of its own, through the same conversation as everything else, and ends it afterwards.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from ..domain.errors import AgentNotFound, AgentSessionsError, JobsFull, SessionNotFound, StoreUnavailable
from ..domain.job import Job, JobAnswer, JobStatus
from ..domain.log import Author, Message, ReplyMissing, Silence
from .conversation import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..domain.log import LogEntry
    from ..ports import Clock, JobStore
    from .agents import AgentDirectory
    from .conversation import Conversation
    from .sessions import SessionService

logger = structlog.get_logger(__name__)

OVERDUE = "Job timed out waiting for agent response"
"""As the elizaOS server says it."""
NOT_KEPT = "The answer could not be stored"
CUT_OFF = "The server stopped before the job was done"
UNFINISHED = (JobStatus.PENDING, JobStatus.PROCESSING)
SAMPLE = 100
"""How many of the newest completed jobs tell how long jobs take."""


class JobService:
    """Takes jobs, runs each beside the others, keeps how they came out for the time ``keep`` after they expired.

    ``room``: how many may run in this process at once.
    """

    def __init__(
        self,
        store: JobStore,
        sessions: SessionService,
        conversation: Conversation,
        agents: AgentDirectory,
        *,
        clock: Clock,
        keep: timedelta,
        room: int = 10_000,
    ) -> None:
        self.room = room
        self._store = store
        self._sessions = sessions
        self._conversation = conversation
        self._agents = agents
        self._clock = clock
        self._keep = keep
        self._tidy_at = clock.now()
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

        Raises AgentNotFound, JobsFull, StoreUnavailable.
        """
        if len(self._tasks) >= self.room:
            raise JobsFull(self.room)
        await self._tidy()
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

    async def usual_time(self) -> timedelta:
        """How long a job takes: the mean of the newest that were completed, nothing when there is none."""
        newest = await self._store.jobs(status=JobStatus.COMPLETED, limit=SAMPLE)
        times = [job.finished_at - job.created_at for job in newest if job.finished_at]
        return sum(times, timedelta(0)) / len(times) if times else timedelta(0)

    async def recover(self) -> None:
        """Conclude the jobs that an earlier process left unfinished, after its replies were; forget very old ones."""
        for status in UNFINISHED:
            for job in await self._store.jobs(status=status, limit=100_000):
                if done := await self._left_behind(job):
                    await self._finish(done)
        await self._tidy()

    async def close(self) -> None:
        """Let go of what still runs; it is concluded at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job) -> None:
        try:
            done = await self._asked(job)
        except StoreUnavailable as failure:
            logger.error("job_failed", job_id=job.id, reason=str(failure))
            done = replace(job, status=JobStatus.FAILED, error=NOT_KEPT)
        except AgentSessionsError as failure:
            logger.warning("job_failed", job_id=job.id, reason=str(failure))
            done = replace(job, status=JobStatus.FAILED, error=str(failure))
        try:
            await self._finish(done)
            await self._sessions.end(job.session_id)
        except SessionNotFound:
            logger.info("job_session_was_ended", job_id=job.id, session_id=job.session_id)
        except StoreUnavailable as failure:
            logger.error("job_not_kept", job_id=job.id, reason=str(failure))

    async def _asked(self, job: Job) -> Job:
        """The job once its question is answered, or will not be."""
        exchange = await self._conversation.send(job.session_id, Draft(job.prompt, metadata=dict(job.metadata)))
        turn = exchange.turn
        late = self._clock.call_at(job.expires_at, lambda: turn.stop(Silence.TIMED_OUT))
        try:
            return _concluded(job, await turn.outcome(), reply_id=turn.reply_id)
        finally:
            late.cancel()

    async def _left_behind(self, job: Job) -> Job | None:
        """What became of a job whose process is gone; None when another process still works on it."""
        failed = replace(job, status=JobStatus.FAILED, error=CUT_OFF)
        try:
            history = await self._sessions.history(job.session_id, limit=1)
        except AgentSessionsError:
            return failed
        if history.session.awaiting:
            return None
        replies = [entry for entry in history.entries if _is_reply(entry)]
        return _concluded(job, replies[0]) if replies else failed

    async def _finish(self, done: Job) -> None:
        await self._store.put_job(replace(done, finished_at=self._clock.now()))

    async def _tidy(self) -> None:
        """Forget jobs that expired long ago, once in a while."""
        now = self._clock.now()
        if now >= self._tidy_at:
            self._tidy_at = now + self._keep
            await self._store.forget_jobs(before=now - self._keep)

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


def _concluded(job: Job, end: LogEntry, *, reply_id: str = "") -> Job:
    """The job after the row that ended its message's turn. ``reply_id``: the id of the reply that was not given."""
    match end.fact:
        case Message():
            return replace(job, status=JobStatus.COMPLETED, answer=_answer(end.fact, end.at))
        case ReplyMissing(why=Silence.CHOSEN):
            silence = JobAnswer(
                message_id=reply_id,
                text="",
                author_id=job.agent_id,
                created_at=end.at,
                metadata={"actions": ["IGNORE"]},
            )
            return replace(job, status=JobStatus.COMPLETED, answer=silence)
        case ReplyMissing(why=Silence.TIMED_OUT):
            return replace(job, status=JobStatus.TIMEOUT, error=OVERDUE)
        case ReplyMissing(explanation=explanation):
            return replace(job, status=JobStatus.FAILED, error=explanation)
    raise AssertionError(f"{end.fact} ends no turn")


def _is_reply(entry: LogEntry) -> bool:
    return isinstance(entry.fact, Message) and entry.fact.author is Author.AGENT


def _answer(reply: Message, at: datetime) -> JobAnswer:
    said = {"thought": reply.thought, "actions": list(reply.actions) or None}
    metadata = {key: value for key, value in said.items() if value is not None}
    return JobAnswer(message_id=reply.id, text=reply.text, author_id=reply.author_id, created_at=at, metadata=metadata)
