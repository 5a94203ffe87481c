"""Health routes: what load balancers and people are told, and with which status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stage import ACTOR, ECHO, ECHO_TWO, Api, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

NOON = "2026-01-01T12:00:00.000Z"


async def stop_all(api: Api) -> None:
    for agent in (ACTOR, ECHO, ECHO_TWO):
        assert (await api.ask("POST", f"/api/agents/{agent}/stop")).status == 200


async def test_healthz_says_that_the_process_answers(api: Api) -> None:
    reply = await api.ask("GET", "/healthz")
    assert (reply.status, reply.json) == (200, {"status": "ok", "timestamp": NOON})
    await stop_all(api)
    assert (await api.ask("GET", "/healthz")).status == 200


async def test_health_says_whether_messages_can_be_answered(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent
) -> None:
    async with serving(tmp_path, clock, actor, version="1.2.3") as api:
        reply = await api.ask("GET", "/health")
        assert reply.status == 200
        assert reply.json == {
            "status": "OK",
            "version": "1.2.3",
            "timestamp": NOON,
            "dependencies": {"agents": "healthy", "store": "healthy"},
            "agentCount": 3,
        }
        await stop_all(api)
        reply = await api.ask("GET", "/health")
        assert (reply.status, reply.json["status"], reply.json["agentCount"]) == (503, "DEGRADED", 0)
        assert reply.json["dependencies"] == {"agents": "no_agents", "store": "healthy"}


async def test_server_health_keeps_its_word_and_changes_its_status(api: Api) -> None:
    reply = await api.ask("GET", "/api/server/health")
    assert (reply.status, reply.json["status"]) == (200, "OK")
    assert reply.json["dependencies"]["agents"] == "healthy"
    await stop_all(api)
    reply = await api.ask("GET", "/api/server/health")
    assert (reply.status, reply.json["status"]) == (503, "OK")
    assert reply.json["dependencies"]["agents"] == "no_agents"


async def test_a_store_that_does_not_answer_is_told(api: Api) -> None:
    await api.services.store.close()
    reply = await api.ask("GET", "/health")
    assert (reply.status, reply.json["dependencies"]["store"]) == (503, "unavailable")
    assert (await api.ask("GET", "/healthz")).status == 200


async def test_health_needs_no_key_and_the_api_does(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, token="s3cret") as api:
        assert (await api.ask("GET", "/healthz")).status == 200
        assert (await api.ask("GET", "/health")).status == 200
        for path in (
            "/api/server/health",
            "/api/server/ping",
            "/api/system/config",
            "/api/agents",
            "/api/messaging/jobs",
        ):
            refused = await api.ask("GET", path)
            assert (refused.status, refused.json["error"]) == (401, "API key required"), path
            assert (await api.ask("GET", path, headers={"X-API-KEY": "s3cret"})).status == 200
        config = await api.ask("GET", "/api/system/config", headers={"Authorization": "Bearer s3cret"})
        assert config.json == {"success": True, "data": {"requiresAuth": True}}
