from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import ConfigError, PluginNotFound
from agent_sessions.registry import AGENTS, Registry, agent_kinds

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.ports import Agent, AgentFactory


def test_the_kinds_that_ship_are_found_by_name() -> None:
    kinds = agent_kinds()
    assert {"companion", "echo", "openai", "python", "webhook"} <= set(kinds.names())
    assert kinds.find("echo").__module__ == "agent_sessions_plugins.agent_echo"


def test_an_unknown_name_is_told_with_what_there_is() -> None:
    with pytest.raises(PluginNotFound, match=r"no plugin named 'nope'.*companion, echo, openai, python, webhook"):
        agent_kinds().find("nope")


def test_a_program_adds_plugins_of_its_own() -> None:
    kinds: Registry[AgentFactory] = Registry(AGENTS, plugins={"first": _factory})
    kinds.add("echo", _factory)
    assert kinds.find("first") is _factory
    assert kinds.find("echo") is _factory
    assert {"first", "openai"} <= set(kinds.names())


def test_a_plugin_that_cannot_be_loaded_is_told_apart_from_one_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "broken-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[test.group]\nbroken = no_such_module:create\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[object] = Registry("test.group")
    assert registry.names() == ["broken"]
    with pytest.raises(ConfigError, match=r"'broken' \(no_such_module:create\) cannot be loaded: No module"):
        registry.find("broken")


def _factory(*_anything: object) -> Agent:
    raise AssertionError("not to be called")
