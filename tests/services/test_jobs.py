"""Jobs: one question, one answer, whatever happens to the agent, the store or the server meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed, AgentNotFound, JobNotFound, JobsFull
from agent_sessions.domain.job import JobStatus

from .stage import locked, on_stage, soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.job import Job
    from agent_sessions.testing import FakeClock

    from .stage import Stage

PATIENCE = timedelta(seconds=30)


class Slow:
    """An agent's part that answers when the test says so."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.ready = asyncio.Event()

    async def play(self, context: Context) -> AsyncGenerator[ReplyPart, None]:
        self.asked.set()
        await self.ready.wait()
        yield ReplyPart(text=f"at last: {context.message.text}")


async def ask(stage: Stage, prompt: str = "2 + 2?", *, agent_id: str | None = None) -> Job:
    return await stage.jobs.create(
        user_id=str(uuid4()), prompt=prompt, agent_id=agent_id, metadata={"from": "test"}, patience=PATIENCE
    )


async def over(job: Job) -> None:
    """Wait until nobody works on the job any more."""
    for task in asyncio.all_tasks():
        if task.get_name() == f"job {job.id}":
            await soon(task)


async def done(stage: Stage, job: Job) -> Job:
    """The job once it is over."""
    await over(job)
    return await stage.jobs.get(job.id)


async def test_a_job_is_answered_and_leaves_no_open_session(tmp_path: Path, clock: FakeClock) -> None:
    heard = []

    async def thoughtful(context: Context) -> AsyncGenerator[ReplyPart, None]:
        heard.append(context.message)
        yield ReplyPart(text="4", thought="easy", actions=("REPLY",))

    async with on_stage(tmp_path, clock, play=thoughtful) as stage:
        job = await ask(stage)
        assert (job.status, job.expires_at - job.created_at) == (JobStatus.PROCESSING, PATIENCE)
        assert job.agent_id == stage.agent_id
        seen = await done(stage, job)
        assert seen.status is JobStatus.COMPLETED
        assert seen.answer is not None
        assert (seen.answer.text, seen.answer.author_id) == ("4", stage.agent_id)
        assert seen.answer.metadata == {"thought": "easy", "actions": ["REPLY"]}
        assert (seen.prompt, seen.metadata, seen.error) == ("2 + 2?", {"from": "test"}, None)
        assert (heard[0].text, heard[0].metadata) == ("2 + 2?", {"from": "test"})
        await clock.settle()
        assert (await stage.sessions.list()).total == 0


async def test_a_named_agent_answers_and_an_unknown_one_is_not_found(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        assert (await ask(stage, agent_id=stage.agent_id)).agent_id == stage.agent_id
        with pytest.raises(AgentNotFound):
            await ask(stage, agent_id=str(uuid4()))
        await stage.agents.stop(stage.agent_id)
        with pytest.raises(AgentNotFound):
            await ask(stage)


async def test_jobs_run_beside_each_other(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()

    async def one_is_slow(context: Context) -> AsyncGenerator[ReplyPart, None]:
        if context.message.text == "slow":
            async for part in slow.play(context):
                yield part
        yield ReplyPart(text="quick")

    async with on_stage(tmp_path, clock, play=one_is_slow) as stage:
        first, second = await ask(stage, "slow"), await ask(stage, "quick")
        assert (await done(stage, second)).status is JobStatus.COMPLETED
        assert (await stage.jobs.get(first.id)).status is JobStatus.PROCESSING
        slow.ready.set()
        assert (await done(stage, first)).status is JobStatus.COMPLETED


async def test_a_job_times_out_after_its_own_patience(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        job = await ask(stage)
        await soon(slow.asked.wait())
        await clock.advance(PATIENCE - timedelta(milliseconds=1))
        assert (await stage.jobs.get(job.id)).status is JobStatus.PROCESSING
        await clock.advance(timedelta(milliseconds=1))
        seen = await done(stage, job)
        assert (seen.status, seen.error) == (JobStatus.TIMEOUT, "Job timed out waiting for agent response")
        assert seen.answer is None


async def test_an_agent_that_fails_fails_the_job(tmp_path: Path, clock: FakeClock) -> None:
    async def failing(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield ReplyPart(text="Well")
        raise AgentFailed("The model refused the request")

    async with on_stage(tmp_path, clock, play=failing) as stage:
        seen = await done(stage, await ask(stage))
        assert (seen.status, seen.error) == (JobStatus.FAILED, "The model refused the request")


async def test_an_agent_that_does_not_answer_completes_the_job_with_nothing(tmp_path: Path, clock: FakeClock) -> None:
    async def silent(_context: Context) -> AsyncGenerator[ReplyPart, None]:
        yield ReplyPart(silent=True)

    async with on_stage(tmp_path, clock, play=silent) as stage:
        seen = await done(stage, await ask(stage))
        assert seen.status is JobStatus.COMPLETED
        assert seen.answer is not None
        assert (seen.answer.text, seen.answer.metadata) == ("", {"actions": ["IGNORE"]})


async def test_ending_the_session_of_a_job_fails_it(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        job = await ask(stage)
        await soon(slow.asked.wait())
        await stage.sessions.end(job.session_id)
        seen = await done(stage, job)
        assert (seen.status, seen.error) == (JobStatus.FAILED, "The reply was cancelled")


async def test_no_more_jobs_run_at_once_than_there_is_room_for(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        stage.jobs.room = 2
        jobs = [await ask(stage), await ask(stage)]
        with pytest.raises(JobsFull):
            await ask(stage)
        slow.ready.set()
        for job in jobs:
            await done(stage, job)
        await clock.settle()
        await ask(stage)


async def test_jobs_are_listed_newest_first_and_counted(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        jobs = []
        for prompt in ("a", "b", "c"):
            jobs.append(await ask(stage, prompt))
            await done(stage, jobs[-1])
            await clock.advance(timedelta(seconds=1))
        assert [job.prompt for job in await stage.jobs.list()] == ["c", "b", "a"]
        assert [job.prompt for job in await stage.jobs.list(limit=2)] == ["c", "b"]
        assert await stage.jobs.list(status=JobStatus.FAILED) == []
        assert (await stage.jobs.counts())["completed"] == 3
        with pytest.raises(JobNotFound):
            await stage.jobs.get(str(uuid4()))


async def test_the_usual_time_is_the_mean_of_completed_jobs(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        assert await stage.jobs.usual_time() == timedelta(0)
        job = await ask(stage)
        await soon(slow.asked.wait())
        await clock.advance(timedelta(seconds=4))
        slow.ready.set()
        await done(stage, job)
        second = await ask(stage)
        await done(stage, second)
        assert await stage.jobs.usual_time() == timedelta(seconds=2)


async def test_jobs_survive_a_restart_and_unfinished_ones_are_concluded(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()

    async def one_is_slow(context: Context) -> AsyncGenerator[ReplyPart, None]:
        if context.message.text == "slow":
            async for part in slow.play(context):
                yield part
        else:
            yield ReplyPart(text="quick")

    async with on_stage(tmp_path, clock, play=one_is_slow) as stage:
        finished = await done(stage, await ask(stage, "quick"))
        unfinished = await ask(stage, "slow")
        await soon(slow.asked.wait())
    async with on_stage(tmp_path, clock) as stage:
        assert await stage.jobs.get(finished.id) == finished
        seen = await stage.jobs.get(unfinished.id)
        assert (seen.status, seen.error) == (JobStatus.FAILED, "The server stopped before the job was done")


async def test_an_answer_made_while_the_server_stopped_completes_the_job(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        job = await ask(stage, "hurry")
        await soon(slow.asked.wait())
        await stage.jobs.close()
        slow.ready.set()
    async with on_stage(tmp_path, clock) as stage:
        seen = await stage.jobs.get(job.id)
        assert seen.status is JobStatus.COMPLETED
        assert seen.answer is not None
        assert seen.answer.text == "at last: hurry"


async def test_a_job_whose_outcome_cannot_be_written_times_out(tmp_path: Path, clock: FakeClock) -> None:
    slow = Slow()
    async with on_stage(tmp_path, clock, play=slow.play) as stage:
        job = await ask(stage)
        await soon(slow.asked.wait())
        with locked(tmp_path):
            slow.ready.set()
            await over(job)
        assert (await stage.jobs.get(job.id)).status is JobStatus.PROCESSING
        await clock.advance(PATIENCE)
        assert (await stage.jobs.get(job.id)).status is JobStatus.TIMEOUT


async def test_old_jobs_are_forgotten_while_the_server_runs(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        old = await done(stage, await ask(stage, "old"))
        await clock.advance(timedelta(minutes=30))
        newer = await done(stage, await ask(stage, "newer"))
        await clock.advance(timedelta(minutes=45))
        await done(stage, await ask(stage, "newest"))
        with pytest.raises(JobNotFound):
            await stage.jobs.get(old.id)
        assert (await stage.jobs.get(newer.id)).prompt == "newer"
