"""Jobs as this wire reads and writes them, with the limits and the words of the elizaOS server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...domain.agent import UUID_SHAPE
from ...domain.job import JobStatus
from . import javascript
from .bodies import Unstorable, plain
from .errors import invalid
from .times import epoch_ms, whole_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ...domain.job import Job, JobAnswer
    from ..bodies import Body
    from .render import Json

MAX_CONTENT = 50_000
"""UTF-16 units of a prompt."""
MAX_METADATA = 10_000
"""UTF-16 units of metadata as compact JSON; elizaOS calls them bytes."""
MIN_TIMEOUT = 1_000
MAX_TIMEOUT = 300_000
DEFAULT_TIMEOUT = 30_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class AskedJob:
    """The job a client wants. ``agent_id``: None for whichever agent runs."""

    user_id: str
    prompt: str
    agent_id: str | None
    metadata: Mapping[str, Any]
    patience: timedelta


def new_job(body: Body) -> AskedJob:
    """Raises Refused; the checks come in elizaOS's order."""
    asked = body if isinstance(body, dict) else {}
    agent_id, user_id = asked.get("agentId"), asked.get("userId")
    if not isinstance(agent_id, str | None):
        raise invalid("agentId must be a valid UUID string")
    if not isinstance(user_id, str):
        raise invalid("userId is required and must be a valid UUID string")
    prompt = _prompt(asked)
    metadata = _metadata(asked)
    patience = _patience(asked)
    if not UUID_SHAPE.fullmatch(user_id):
        raise invalid("Invalid userId format (must be valid UUID)")
    if agent_id and not UUID_SHAPE.fullmatch(agent_id):
        raise invalid("Invalid agentId format (must be valid UUID)")
    return AskedJob(user_id, prompt, agent_id or None, metadata, patience)


def created(job: Job) -> Json:
    """The answer to creating a job."""
    return {
        "jobId": job.id,
        "status": job.status.value,
        "createdAt": epoch_ms(job.created_at),
        "expiresAt": epoch_ms(job.expires_at),
    }


def details(job: Job) -> Json:
    """A job as it stands."""
    told: Json = {
        "jobId": job.id,
        "status": job.status.value,
        "agentId": job.agent_id,
        "userId": job.user_id,
        "prompt": job.prompt,
        "createdAt": epoch_ms(job.created_at),
        "expiresAt": epoch_ms(job.expires_at),
    }
    if job.answer is not None:
        told["result"] = _result(job, job.answer)
    if job.error is not None:
        told["error"] = job.error
    return {**told, "metadata": job.metadata}


def health(counts: Mapping[str, int], usual_time: timedelta, *, room: int, now: datetime) -> Json:
    """How many jobs are kept, how they came out (as shares of those that are over), how long they usually take."""
    by_status = {status.value: counts.get(status, 0) for status in JobStatus}
    over = sum(by_status[status] for status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.TIMEOUT))
    return {
        "healthy": True,
        "timestamp": epoch_ms(now),
        "totalJobs": sum(by_status.values()),
        "statusCounts": by_status,
        "metrics": {
            "averageProcessingTimeMs": whole_ms(usual_time),
            "successRate": _share(by_status[JobStatus.COMPLETED], over),
            "failureRate": _share(by_status[JobStatus.FAILED], over),
            "timeoutRate": _share(by_status[JobStatus.TIMEOUT], over),
        },
        "maxJobs": room,
    }


def _prompt(asked: Mapping[str, Any]) -> str:
    prompt = asked.get("content")
    if not isinstance(prompt, str):
        raise invalid("content is required and must be a string")
    if not prompt:
        raise invalid("content cannot be empty")
    if len(prompt) > MAX_CONTENT or javascript.length(prompt) > MAX_CONTENT:
        raise invalid(f"content exceeds maximum length of {MAX_CONTENT} characters")
    return prompt


def _metadata(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    given = asked.get("metadata", {})
    if not isinstance(given, dict):
        raise invalid("metadata must be an object")
    try:
        kept: dict[str, Any] = plain(given)
    except Unstorable as error:
        raise invalid(f"metadata: {error}") from None
    if javascript.json_length(kept, enough=MAX_METADATA) > MAX_METADATA:
        raise invalid(f"metadata exceeds maximum size of {MAX_METADATA} bytes")
    return kept


def _patience(asked: Mapping[str, Any]) -> timedelta:
    milliseconds = asked.get("timeoutMs", DEFAULT_TIMEOUT)
    if javascript.type_of(milliseconds) != "number" or milliseconds < 0:
        raise invalid("timeoutMs must be a positive number")
    if milliseconds < MIN_TIMEOUT:
        raise invalid(f"timeoutMs must be at least {MIN_TIMEOUT}ms")
    if milliseconds > MAX_TIMEOUT:
        raise invalid(f"timeoutMs cannot exceed {MAX_TIMEOUT}ms")
    return timedelta(milliseconds=round(milliseconds))


def _result(job: Job, answer: JobAnswer) -> Json:
    finished_at = job.finished_at or answer.created_at
    return {
        "message": {
            "id": answer.message_id,
            "content": answer.text,
            "authorId": answer.author_id,
            "createdAt": epoch_ms(answer.created_at),
            "metadata": answer.metadata,
        },
        "processingTimeMs": whole_ms(finished_at - job.created_at),
    }


def _share(part: int, whole: int) -> int | float | None:
    return javascript.plain_number(round(part / whole, 2)) if whole else 0
