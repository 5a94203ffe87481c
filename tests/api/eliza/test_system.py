"""The system routes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .stage import Api, serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent


async def test_version(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, version="1.2.3") as api:
        await clock.advance(timedelta(seconds=2))
        told = (await api.ask("GET", "/api/system/version")).json
    assert told == {
        "version": "1.2.3",
        "source": "server",
        "timestamp": "2026-01-01T12:00:02.000Z",
        "environment": "production",
        "uptime": 2,
    }


async def test_without_a_token_no_key_is_needed(api: Api) -> None:
    assert (await api.ask("GET", "/api/system/config")).json == {"success": True, "data": {"requiresAuth": False}}


async def test_the_environment_is_neither_shown_nor_changed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    shown = await api.ask("GET", "/api/system/env/local")
    assert (shown.status, shown.json) == (200, {"success": True, "data": {}})
    refused = await api.ask("POST", "/api/system/env/local", {"content": {"OPENAI_API_KEY": "mine"}})
    assert (refused.status, refused.json["success"], refused.code) == (403, False, "ENVIRONMENT_NOT_WRITABLE")
    assert "config.yaml" in refused.message
