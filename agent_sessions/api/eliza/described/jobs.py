"""Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ....domain.job import JobStatus
from ...openapi.operation import EpochMs, JsonObject, Operation, Told, Uuid
from .. import job_bodies, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler


class JobCreated(Told):
    jobId: Uuid
    status: JobStatus
    createdAt: EpochMs
    expiresAt: EpochMs


class JobMessage(Told):
    id: Uuid
    content: str
    authorId: Uuid
    createdAt: EpochMs
    metadata: JsonObject


class JobResult(Told):
    message: JobMessage
    processingTimeMs: int


class Job(JobCreated):
    agentId: Uuid
    userId: Uuid
    prompt: str
    result: JobResult | None = None
    error: str | None = None
    metadata: JsonObject


class JobPage(Told):
    jobs: list[Job]
    total: int
    filtered: int


class JobMetrics(Told):
    averageProcessingTimeMs: int
    successRate: float
    failureRate: float
    timeoutRate: float


class JobsHealth(Told):
    healthy: bool
    timestamp: EpochMs
    totalJobs: int
    statusCounts: dict[str, int]
    metrics: JobMetrics
    maxJobs: int


class AskedJob(BaseModel):
    userId: Uuid
    content: str = Field(min_length=1, max_length=job_bodies.MAX_CONTENT)
    agentId: Uuid | None = Field(None, description="Whichever agent runs, when absent")
    metadata: JsonObject = Field({}, description=f"At most {job_bodies.MAX_METADATA} characters as compact JSON")
    timeoutMs: int = Field(job_bodies.DEFAULT_TIMEOUT, ge=job_bodies.MIN_TIMEOUT, le=job_bodies.MAX_TIMEOUT)


class JobsQuery(BaseModel):
    limit: int = Field(jobs.DEFAULT_PAGE, ge=1, le=jobs.MAX_PAGE)
    status: JobStatus | None = None


JOBS: Mapping[RouteHandler, Operation] = {
    jobs.create_job: Operation(
        summary="Ask an agent one question, and fetch its answer later",
        body=AskedJob,
        answer=JobCreated,
        statuses=(201,),
    ),
    jobs.list_jobs: Operation(summary="List jobs, newest first", query=JobsQuery, answer=JobPage),
    jobs.health: Operation(summary="Count jobs", answer=JobsHealth),
    jobs.get_job: Operation(summary="Get a job", answer=Job),
}
