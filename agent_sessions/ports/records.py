"""Where agents and jobs are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..domain.agent import AgentDefinition, AgentStatus
    from ..domain.job import Job


AgentMark: TypeAlias = "tuple[AgentStatus, datetime]"
"""An agent's status and when it was last defined."""


class AgentStore(Protocol):
    """Where the definitions of agents are kept."""

    async def agents(self) -> Sequence[AgentDefinition]:
        """All of them, by name."""

    async def agent_marks(self) -> Mapping[str, AgentMark]:
        """By id, what is another after each change: cheaper to look at now and again than the definitions."""

    async def put_agent(self, definition: AgentDefinition) -> None:
        """Keep this definition in place of any with the same id."""

    async def remove_agent(self, agent_id: str) -> None:
        """Forget it. Raises AgentNotFound."""


class JobStore(Protocol):
    """Where jobs (one question, one answer) are kept."""

    async def put_job(self, job: Job) -> None:
        """Keep this job in place of any with the same id."""

    async def job(self, job_id: str) -> Job:
        """Raises JobNotFound."""

    async def jobs(self, *, status: str | None = None, limit: int) -> Sequence[Job]:
        """The newest jobs first."""

    async def job_counts(self) -> Mapping[str, int]:
        """How many jobs there are in each status; a status without jobs may be missing."""

    async def forget_jobs(self, *, before: datetime) -> int:
        """Drop jobs that expired before then; returns how many."""
