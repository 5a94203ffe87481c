"""The jobs routes: limits, words and statuses of the elizaOS server, and jobs that really come to an end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed

from .stage import ACTOR, ECHO, ECHO_TWO, UNKNOWN, USER, Api, Reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

JOBS = "/api/messaging/jobs"
NOW = 1767268800000


async def ask(api: Api, content: str = "2 + 2?", **members: Any) -> Reply:
    return await api.ask("POST", JOBS, {"userId": USER, "content": content, **members})


async def job_id(api: Api, content: str = "2 + 2?", **members: Any) -> str:
    created = await ask(api, content, **members)
    assert created.status == 201, created.text
    found: str = created.json["jobId"]
    return found


async def done(api: Api, job: str) -> Any:
    """The job when nobody works on it any more."""
    for task in asyncio.all_tasks():
        if task.get_name() == f"job {job}":
            await task
    return (await api.ask("GET", f"{JOBS}/{job}")).json


async def test_a_job_is_created_at_once_and_answered(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say(ReplyPart(text="4", thought="easy", actions=("REPLY",)))
    created = await ask(api, agentId=ACTOR, metadata={"from": "test"})
    assert created.status == 201
    job = created.json["jobId"]
    assert created.json == {"jobId": job, "status": "processing", "createdAt": NOW, "expiresAt": NOW + 30_000}

    told = await done(api, job)
    message = told["result"].pop("message")
    assert told == {
        "jobId": job,
        "status": "completed",
        "agentId": ACTOR,
        "userId": USER,
        "prompt": "2 + 2?",
        "createdAt": NOW,
        "expiresAt": NOW + 30_000,
        "result": {"processingTimeMs": told["result"]["processingTimeMs"]},
        "metadata": {"from": "test"},
    }
    assert 0 <= told["result"]["processingTimeMs"] < 1000
    assert (message["content"], message["authorId"]) == ("4", ACTOR)
    assert message["metadata"] == {"thought": "easy", "actions": ["REPLY"]}
    assert NOW <= message["createdAt"] < NOW + 1000
    assert len(message["id"]) == 36


async def test_without_a_named_agent_one_that_runs_answers(api: Api) -> None:
    told = await done(api, await job_id(api))
    assert told["agentId"] in {ACTOR, ECHO, ECHO_TWO}
    assert told["status"] == "completed"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "userId is required and must be a valid UUID string"),
        ([], 400, "userId is required and must be a valid UUID string"),
        ({"userId": 5, "content": "x"}, 400, "userId is required and must be a valid UUID string"),
        ({"userId": "me", "content": "x"}, 400, "Invalid userId format (must be valid UUID)"),
        ({"userId": USER, "agentId": 5, "content": "x"}, 400, "agentId must be a valid UUID string"),
        ({"userId": USER, "agentId": "it", "content": "x"}, 400, "Invalid agentId format (must be valid UUID)"),
        ({"userId": USER, "agentId": UNKNOWN, "content": "x"}, 404, f"Agent {UNKNOWN} not found"),
        ({"userId": USER}, 400, "content is required and must be a string"),
        ({"userId": USER, "content": {"text": "x"}}, 400, "content is required and must be a string"),
        ({"userId": USER, "content": ""}, 400, "content cannot be empty"),
        ({"userId": USER, "content": "x" * 50_001}, 400, "content exceeds maximum length of 50000 characters"),
        ({"userId": USER, "content": "😀" * 25_001}, 400, "content exceeds maximum length of 50000 characters"),
        ({"userId": USER, "content": "x", "metadata": "m"}, 400, "metadata must be an object"),
        ({"userId": USER, "content": "x", "metadata": []}, 400, "metadata must be an object"),
        ({"userId": USER, "content": "x", "metadata": None}, 400, "metadata must be an object"),
        (
            {"userId": USER, "content": "x", "metadata": {"m": "y" * 9_993}},
            400,
            "metadata exceeds maximum size of 10000 bytes",
        ),
        ({"userId": USER, "content": "x", "timeoutMs": "5000"}, 400, "timeoutMs must be a positive number"),
        ({"userId": USER, "content": "x", "timeoutMs": True}, 400, "timeoutMs must be a positive number"),
        ({"userId": USER, "content": "x", "timeoutMs": -1}, 400, "timeoutMs must be a positive number"),
        ({"userId": USER, "content": "x", "timeoutMs": 999.9}, 400, "timeoutMs must be at least 1000ms"),
        ({"userId": USER, "content": "x", "timeoutMs": 300_001}, 400, "timeoutMs cannot exceed 300000ms"),
        ({"userId": USER, "content": "x", "timeoutMs": 1e300}, 400, "timeoutMs cannot exceed 300000ms"),
    ],
)
async def test_what_makes_no_job(api: Api, body: object, status: int, error: str) -> None:
    reply = await api.ask("POST", JOBS, body)
    assert (reply.status, reply.json) == (status, {"success": False, "error": error})
    assert (await api.ask("GET", JOBS)).json["total"] == 0


@pytest.mark.parametrize(
    "members",
    [{"content": "x" * 50_000}, {"content": "😀" * 25_000}, {"metadata": {"m": "y" * 9_992}}, {"agentId": ""}],
    ids=["content", "content in pairs", "metadata", "an empty agent is none"],
)
async def test_limits_are_inclusive(api: Api, members: dict[str, Any]) -> None:
    assert (await ask(api, **{"content": "x", **members})).status == 201


@pytest.mark.parametrize("span", [1000, 1500.4, 300_000])
async def test_a_job_expires_after_its_timeout(api: Api, span: float) -> None:
    assert (await ask(api, timeoutMs=span)).json["expiresAt"] == NOW + round(span)


async def test_a_job_times_out(api: Api, actor: ScriptedAgent, clock: FakeClock) -> None:
    actor.will_hang()
    job = await job_id(api, agentId=ACTOR, timeoutMs=5000)
    await actor.asked()
    assert (await api.ask("GET", f"{JOBS}/{job}")).json["status"] == "processing"
    await clock.advance(timedelta(seconds=5))
    told = await done(api, job)
    assert (told["status"], told["error"]) == ("timeout", "Job timed out waiting for agent response")
    assert "result" not in told


async def test_an_agent_that_fails_fails_the_job_without_its_insides(api: Api, actor: ScriptedAgent) -> None:
    actor.will_fail(AgentFailed("The model refused"))
    actor.will_fail(RuntimeError("password=hunter2"))
    told = await done(api, await job_id(api, agentId=ACTOR))
    assert (told["status"], told["error"]) == ("failed", "The model refused")
    told = await done(api, await job_id(api, agentId=ACTOR))
    assert (told["status"], told["error"]) == ("failed", "The agent failed to answer")


async def test_an_agent_that_stays_silent_completes_the_job_with_an_empty_message(
    api: Api, actor: ScriptedAgent
) -> None:
    actor.will_be_silent()
    told = await done(api, await job_id(api, agentId=ACTOR))
    assert told["status"] == "completed"
    assert (told["result"]["message"]["content"], told["result"]["message"]["metadata"]) == (
        "",
        {"actions": ["IGNORE"]},
    )


async def test_with_no_agent_running_there_is_nobody_to_ask(api: Api) -> None:
    for agent in (ACTOR, ECHO, ECHO_TWO):
        await api.ask("POST", f"/api/agents/{agent}/stop")
    reply = await ask(api)
    assert (reply.status, reply.json) == (404, {"success": False, "error": "No agents available on server"})


async def test_too_many_jobs_at_once_are_refused(api: Api, actor: ScriptedAgent) -> None:
    api.services.jobs.room = 1
    actor.will_hang()
    await job_id(api, agentId=ACTOR)
    reply = await ask(api)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
    assert reply.json == {"success": False, "error": "1 jobs are running already"}


@pytest.mark.parametrize("name", [UNKNOWN, "x" * 5000, "%F0%9F%98%80"])
async def test_an_unknown_job_is_not_found(api: Api, name: str) -> None:
    reply = await api.ask("GET", f"{JOBS}/{name}")
    assert (reply.status, reply.json) == (404, {"success": False, "error": "Job not found"})


async def test_jobs_are_listed_newest_first_by_status_and_limit(
    api: Api, actor: ScriptedAgent, clock: FakeClock
) -> None:
    actor.will_say("fine")
    actor.will_fail(AgentFailed("no"))
    for prompt in ("first", "second", "third"):
        await done(api, await job_id(api, prompt, agentId=ACTOR))
        await clock.advance(timedelta(seconds=1))

    async def prompts(query: str) -> tuple[list[str], int, int]:
        told = (await api.ask("GET", JOBS + query)).json
        return [job["prompt"] for job in told["jobs"]], told["total"], told["filtered"]

    assert await prompts("") == (["third", "second", "first"], 3, 3)
    assert await prompts("?limit=2") == (["third", "second"], 3, 2)
    assert await prompts("?limit=0") == (["third", "second", "first"], 3, 3)
    assert await prompts("?limit=-7") == (["third"], 3, 1)
    assert await prompts("?limit=junk") == (["third", "second", "first"], 3, 3)
    assert await prompts("?limit=99999999999999999999") == (["third", "second", "first"], 3, 3)
    assert await prompts("?status=failed") == (["second"], 3, 1)
    assert await prompts("?status=completed&limit=1") == (["third"], 3, 1)
    assert await prompts("?status=unheard-of") == (["third", "second", "first"], 3, 3)


async def test_health_tells_how_jobs_came_out(api: Api, actor: ScriptedAgent) -> None:
    empty = (await api.ask("GET", f"{JOBS}/health")).json
    assert empty["healthy"] is True
    assert (empty["totalJobs"], empty["maxJobs"], empty["timestamp"]) == (0, 10_000, NOW)
    assert empty["metrics"] == {"averageProcessingTimeMs": 0, "successRate": 0, "failureRate": 0, "timeoutRate": 0}
    actor.will_fail(AgentFailed("no"))
    for _ in range(3):
        await done(api, await job_id(api, agentId=ACTOR))
    told = (await api.ask("GET", f"{JOBS}/health")).json
    assert told["totalJobs"] == 3
    assert told["statusCounts"] == {"pending": 0, "processing": 0, "completed": 2, "failed": 1, "timeout": 0}
    assert (told["metrics"]["successRate"], told["metrics"]["failureRate"]) == (0.67, 0.33)


async def test_a_finished_job_leaves_no_session_in_the_list(api: Api, clock: FakeClock) -> None:
    await done(api, await job_id(api))
    await clock.settle()
    assert (await api.ask("GET", "/api/messaging/sessions")).json["total"] == 0


async def test_jobs_survive_a_restart(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor) as api:
        job = await job_id(api)
        told = await done(api, job)
    async with serving(tmp_path, clock, actor) as api:
        assert (await api.ask("GET", f"{JOBS}/{job}")).json == told
