"""The jobs routes: one question to an agent, and its answer to be fetched later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from ...domain.errors import AgentNotFound, JobNotFound, JobsFull
from ...domain.job import JobStatus
from ..middleware import Answer
from . import job_bodies as bodies
from .errors import ErrorStyle, Refused, cut
from .javascript import parse_int
from .wire import Route, Wire

if TYPE_CHECKING:
    from aiohttp import web

    from ..bodies import Body

DEFAULT_PAGE = 50
MAX_PAGE = 1000


async def create_job(wire: Wire, _request: web.Request, body: Body) -> Answer:
    """Ask an agent something; whichever runs when none is named."""
    asked = bodies.new_job(body)
    try:
        job = await wire.services.jobs.create(
            user_id=asked.user_id,
            prompt=asked.prompt,
            agent_id=asked.agent_id,
            metadata=asked.metadata,
            patience=asked.patience,
        )
    except AgentNotFound:
        message = f"Agent {asked.agent_id} not found" if asked.agent_id else "No agents available on server"
        raise Refused(404, "AGENT_NOT_FOUND", message=message) from None
    except JobsFull as error:
        raise Refused(429, error.code, message=str(error), headers={"Retry-After": "1"}) from None
    return Answer(orjson.dumps(bodies.created(job)), 201)


async def list_jobs(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """The newest jobs first, of one status where a known one is named. ``total``: how many are kept in all."""
    status = request.query.get("status")
    limit = parse_int(request.query.get("limit")) or DEFAULT_PAGE
    jobs = await wire.services.jobs.list(
        status=JobStatus(status) if status in set(JobStatus) else None, limit=min(max(limit, 1), MAX_PAGE)
    )
    total = sum((await wire.services.jobs.counts()).values())
    body = {"jobs": [bodies.details(job) for job in jobs], "total": total, "filtered": len(jobs)}
    return Answer(orjson.dumps(body))


async def health(wire: Wire, _request: web.Request, _body: Body) -> Answer:
    """How the jobs that are kept came out."""
    jobs = wire.services.jobs
    body = bodies.health(await jobs.counts(), await jobs.usual_time(), room=jobs.room, now=wire.services.clock.now())
    return Answer(orjson.dumps(body))


async def get_job(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """One job as it stands."""
    try:
        job = await wire.services.jobs.get(cut(request.match_info["job_id"]))
    except JobNotFound:
        raise Refused(404, JobNotFound.code, message="Job not found") from None
    return Answer(orjson.dumps(bodies.details(job)))


_JOBS = "/api/messaging/jobs"

ROUTES: tuple[Route, ...] = (
    Route("POST", _JOBS, create_job, ErrorStyle.TEXT),
    Route("GET", _JOBS, list_jobs, ErrorStyle.TEXT),
    Route("GET", f"{_JOBS}/health", health, ErrorStyle.TEXT),
    Route("GET", f"{_JOBS}/{{job_id}}", get_job, ErrorStyle.TEXT),
)
