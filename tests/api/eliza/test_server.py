"""The server routes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from .stage import ACTOR, ECHO, Api

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock

NOON = "2026-01-01T12:00:00.000Z"
NOW = 1767268800000


async def test_ping_and_hello(api: Api) -> None:
    assert (await api.ask("GET", "/api/server/ping")).json == {"pong": True, "timestamp": NOW}
    assert (await api.ask("GET", "/api/server/hello")).json == {"message": "Hello World!"}
    assert (await api.ask("GET", "/API/Server/Ping/")).status == 200


async def test_status_counts_agents_and_seconds(api: Api, clock: FakeClock) -> None:
    await api.ask("POST", f"/api/agents/{ACTOR}/stop")
    await clock.advance(timedelta(seconds=90.5))
    told = (await api.ask("GET", "/api/server/status")).json
    assert (told["status"], told["agentCount"], told["timestamp"]) == ("ok", 2, "2026-01-01T12:01:30.500Z")
    assert told["agents"] == {"total": 3, "active": 2, "inactive": 1}
    assert told["uptime"] == 90.5


async def test_the_server_is_not_stopped_over_http(api: Api) -> None:
    reply = await api.ask("POST", "/api/server/stop")
    assert (reply.status, reply.json["success"], reply.code) == (403, False, "STOP_NOT_ALLOWED")
    assert "SIGTERM" in reply.message
    assert (await api.ask("GET", "/api/server/ping")).status == 200


async def test_debug_tells_agents_and_nothing_of_the_environment(api: Api) -> None:
    told = (await api.ask("GET", "/api/server/debug/servers")).json
    assert (told["success"], told["count"]) == (True, 1)
    assert {"id": ECHO, "name": "echo-agent", "status": "active"} in told["data"]["runtime"]["agents"]
    assert told["data"]["environment"] == {}


async def test_there_are_no_lines_before_the_server_writes_some(api: Api) -> None:
    told = (await api.ask("GET", "/api/server/logs?level=warn&agentName=x")).json
    assert told == {
        "logs": [],
        "count": 0,
        "total": 0,
        "requestedLevel": "warn",
        "level": "warn",
        "levels": ["trace", "debug", "info", "warn", "error", "fatal"],
    }
    assert (await api.ask("GET", "/api/server/logs")).json["requestedLevel"] == "all"
    cleared = (await api.ask("DELETE", "/api/server/logs")).json
    assert (cleared["status"], cleared["cleared"]) == ("success", 0)


async def test_what_clients_log_is_noted_at_debug(api: Api) -> None:
    entries = [{"level": "error", "message": "x" * 5000, "source": "ui"}, "nonsense", {}]
    with structlog.testing.capture_logs() as noted:
        reply = await api.ask("POST", "/api/server/logs", {"logs": entries})
    assert reply.json == {"received": 2}
    assert [line["log_level"] for line in noted if line["event"] == "client_logged"] == ["debug", "debug"]
    assert max(len(str(line)) for line in noted) < 1000
    strange: list[object] = [{}, [], {"logs": 5}, {"logs": "text"}, {"logs": {"level": "info"}}]
    for body in strange:
        assert (await api.ask("POST", "/api/server/logs", body)).json == {"received": 0}
