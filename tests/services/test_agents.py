from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.agent import AgentStatus, string_to_uuid
from agent_sessions.domain.errors import AgentNotFound, AlreadyExists, ConfigError, InvalidInput, PluginNotFound
from agent_sessions.domain.timeouts import NOTHING, TimeoutOverrides
from agent_sessions.registry import Registry, agent_kinds
from agent_sessions.services.agents import AgentDirectory, AgentSpec, trial
from agent_sessions.store import open_store
from agent_sessions.testing import FakeClock, ScriptedAgent, context_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from agent_sessions.domain.agent import Character
    from agent_sessions.ports import AgentFactory, Store

ADA, BOB = string_to_uuid("Ada"), string_to_uuid("Bob")


class House:
    """A store that outlives several directories, as a database outlives several starts of the server."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.made: list[ScriptedAgent] = []
        self.kinds: Registry[AgentFactory] = agent_kinds()
        self.kinds.add("scripted", self._scripted)
        self.kinds.add("broken", _broken)
        self.kinds.add("misfit", _misfit)

    async def start(self, *configured: AgentSpec) -> AgentDirectory:
        """A new start of the server."""
        directory = AgentDirectory(
            self.store, self.kinds, self.clock, kinds_over_api={"echo", "companion", "scripted", "misfit"}
        )
        await directory.open(configured)
        return directory

    def _scripted(self, character: Character, options: Mapping[str, Any]) -> ScriptedAgent:
        agent = ScriptedAgent(otherwise=(str(options.get("says", character.name)),))
        self.made.append(agent)
        return agent


def _broken(_character: Character, _options: Mapping[str, Any]) -> ScriptedAgent:
    raise ZeroDivisionError("in a stranger's plugin")


def _misfit(character: Character, options: Mapping[str, Any]) -> ScriptedAgent:
    if options.get("fits") is not True:
        raise ConfigError(f"agent '{character.name}': option 'fits': must be true")
    return ScriptedAgent()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    store = open_store(f"sqlite:///{tmp_path / 'agents.db'}", clock=clock)
    await store.open()
    yield House(store, clock)
    await store.close()


def written(name: str = "Ada", kind: str = "scripted", **document: Any) -> AgentSpec:
    options = document.pop("options", {})
    return AgentSpec({"name": name, **document}, kind, options)


async def said_by(directory: AgentDirectory, agent_id: str) -> str:
    async with directory.running(agent_id).agent.reply(context_for("Hi")) as parts:
        return "".join([part.text async for part in parts])


def names(directory: AgentDirectory) -> list[str]:
    return [f"{agent.character.name} {agent.status.value}" for agent in directory.all()]


# ------------------------------------------------------------------------------------------------------- config.yaml


async def test_agents_of_the_configuration_run_from_the_start(house: House) -> None:
    agents = await house.start(written("Bob"), written("Ada", settings={"SESSION_TIMEOUT_MINUTES": "60"}))
    assert names(agents) == ["Ada active", "Bob active"]
    assert await said_by(agents, ADA) == "Ada"
    assert agents.running(ADA).definition.timeouts == TimeoutOverrides(timeout=timedelta(hours=1))
    assert agents.timeouts(ADA) == TimeoutOverrides(timeout=timedelta(hours=1))
    assert agents.timeouts("unknown") == NOTHING


async def test_the_configuration_may_change_between_starts(house: House) -> None:
    await (await house.start(written(options={"says": "old"}))).close()
    agents = await house.start(written(options={"says": "new"}))
    assert await said_by(agents, ADA) == "new"


async def test_an_agent_that_leaves_the_configuration_is_gone(house: House) -> None:
    await (await house.start(written("Ada"), written("Bob"))).close()
    agents = await house.start(written("Bob"))
    assert names(agents) == ["Bob active"]


async def test_what_was_changed_over_the_api_outlives_the_configuration(house: House) -> None:
    agents = await house.start(written(options={"says": "configured"}))
    await agents.update(ADA, {"system": "Be brief"}, options={"says": "changed"})
    await agents.close()
    agents = await house.start(written(options={"says": "edited"}))
    assert await said_by(agents, ADA) == "changed"
    assert agents.get(ADA).character.system == "Be brief"


async def test_deleting_gives_the_agent_back_to_the_configuration(house: House) -> None:
    agents = await house.start(written(options={"says": "configured"}))
    await agents.update(ADA, {}, options={"says": "changed"})
    await agents.delete(ADA)
    assert names(agents) == []
    agents = await house.start(written(options={"says": "configured"}))
    assert await said_by(agents, ADA) == "configured"


async def test_stopping_is_remembered_and_changes_nothing_else(house: House) -> None:
    agents = await house.start(written(options={"says": "old"}))
    await agents.stop(ADA)
    agents = await house.start(written(options={"says": "new"}))
    assert names(agents) == ["Ada inactive"]
    await agents.start(ADA)
    agents = await house.start(written(options={"says": "newest"}))
    assert await said_by(agents, ADA) == "newest"


async def test_two_agents_of_one_id_are_a_mistake(house: House) -> None:
    with pytest.raises(ConfigError, match="same id"):
        await house.start(written("Ada"), written("Ada"))


async def test_a_character_that_cannot_be_read_is_a_mistake_with_a_name(house: House) -> None:
    with pytest.raises(ConfigError, match="agents: 'Ada': topics: must be a list of strings"):
        await house.start(written(topics="everything"))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("nope", "no plugin named 'nope'"), ("broken", "ZeroDivisionError"), ("misfit", "option 'fits': must be true")],
)
async def test_an_agent_that_cannot_start_stops_nobody_else(house: House, kind: str, reason: str) -> None:
    agents = await house.start(written("Ada", kind), written("Bob"))
    assert names(agents) == ["Bob active", "Ada inactive"]
    assert reason in agents.failures[ADA]
    with pytest.raises(AgentNotFound):
        agents.running(ADA)


async def test_a_trial_says_what_keeps_an_agent_from_running(house: House) -> None:
    with pytest.raises(PluginNotFound, match="nope"):
        await trial(house.kinds, written("Ada", "nope"))
    with pytest.raises(ConfigError, match="topics"):
        await trial(house.kinds, written(topics="everything"))
    await trial(house.kinds, written())
    assert house.made[-1].closed


# ----------------------------------------------------------------------------------------------------------- the API


async def test_a_new_agent_does_not_run_until_it_is_started(house: House) -> None:
    agents = await house.start()
    made = await agents.create({"name": "Ada", "bio": "New"}, kind="scripted")
    assert made.status is AgentStatus.INACTIVE
    assert not agents.is_running(ADA)
    assert (await agents.start(ADA)).status is AgentStatus.ACTIVE
    assert await said_by(agents, ADA) == "Ada"


async def test_agents_survive_a_restart_running_or_not(house: House) -> None:
    agents = await house.start()
    for name in ("Ada", "Bob"):
        await agents.create({"name": name, "bio": "New", "secrets": {"KEY": "1"}}, kind="scripted")
    await agents.start(BOB)
    before = agents.get(BOB)
    await agents.close()
    agents = await house.start()
    assert names(agents) == ["Bob active", "Ada inactive"]
    assert agents.get(BOB) == before
    assert agents.get(BOB).character.secrets == {"KEY": "1"}


async def test_the_kind_may_stand_in_the_settings(house: House) -> None:
    agents = await house.start()
    settings = {"kind": "scripted", "options": {"says": "set"}}
    await agents.create({"name": "Ada", "bio": "New", "settings": settings})
    await agents.start(ADA)
    assert await said_by(agents, ADA) == "set"
    await agents.update(ADA, {"settings": {"options": {"says": "reset"}}})
    assert await said_by(agents, ADA) == "reset"


async def test_without_a_kind_the_servers_own_is_used(house: House) -> None:
    agents = await house.start()
    assert (await agents.create({"name": "Ada", "bio": "New"})).kind == "companion"


@pytest.mark.parametrize(
    "settings", [{"kind": 5}, {"options": "x"}, {"kind": "python", "options": {"callable": "os:system"}}]
)
async def test_a_kind_over_the_api_is_a_harmless_one(house: House, settings: dict[str, Any]) -> None:
    agents = await house.start(written("Bob"))
    with pytest.raises(InvalidInput):
        await agents.create({"name": "Ada", "bio": "New", "settings": settings})
    with pytest.raises(InvalidInput):
        await agents.update(BOB, {"settings": settings})
    assert names(agents) == ["Bob active"]


async def test_a_configured_agent_of_another_kind_can_be_changed_in_all_else(house: House) -> None:
    house.kinds.add("elsewhere", ScriptedAgent().create)
    agents = await house.start(written("Ada", "elsewhere", options={"url": "u"}))
    changed = await agents.update(ADA, {"bio": "Changed"})
    assert (changed.kind, changed.options) == ("elsewhere", {"url": "u"})
    with pytest.raises(InvalidInput):
        await agents.update(ADA, {"settings": {"options": {"url": "http://elsewhere"}}})


async def test_an_id_is_taken_once(house: House) -> None:
    agents = await house.start(written())
    with pytest.raises(AlreadyExists):
        await agents.create({"name": "Ada", "bio": "Another"})


async def test_what_elizaos_adds_to_a_character_is_left_out(house: House) -> None:
    agents = await house.start()
    made = await agents.create({"name": "Ada", "bio": "", "status": "active", "enabled": True, "createdAt": 1})
    assert set(made.character.document) == {"name", "bio"}
    changed = await agents.update(ADA, {"status": "active", "updatedAt": 2, "bio": "b"})
    assert changed.status is AgentStatus.INACTIVE


async def test_a_broken_character_is_refused(house: House) -> None:
    agents = await house.start()
    with pytest.raises(InvalidInput, match="description"):
        await agents.create({"name": "Ada", "description": "x"})
    with pytest.raises(InvalidInput, match="character"):
        await agents.create("Ada")


async def test_an_update_reaches_the_running_agent(house: House) -> None:
    agents = await house.start(written())
    await house.clock.advance(timedelta(minutes=1))
    changed = await agents.update(ADA, {"name": "Lovelace", "settings": {"SESSION_AUTO_RENEW": "no"}})
    assert (changed.id, changed.character.name) == (ADA, "Lovelace")
    assert changed.updated_at - changed.created_at == timedelta(minutes=1)
    assert agents.timeouts(ADA).auto_renew is False
    assert await said_by(agents, ADA) == "Lovelace"
    assert house.made[0].closed
    with pytest.raises(InvalidInput, match="id"):
        await agents.update(ADA, {"id": BOB})


async def test_an_update_that_could_not_run_changes_nothing(house: House) -> None:
    agents = await house.start(written("Ada", "misfit", options={"fits": True}))
    before = agents.get(ADA)
    with pytest.raises(ConfigError, match="fits"):
        await agents.update(ADA, {"bio": "b"}, options={"fits": False})
    assert agents.get(ADA) == before
    assert agents.is_running(ADA)


async def test_an_update_may_heal_an_agent_that_could_not_start(house: House) -> None:
    agents = await house.start(written("Ada", "misfit"))
    assert not agents.is_running(ADA)
    assert (await agents.update(ADA, {}, options={"fits": True})).status is AgentStatus.ACTIVE
    assert not agents.failures


async def test_starting_and_stopping_twice_is_harmless(house: House) -> None:
    agents = await house.start(written())
    assert (await agents.start(ADA)).status is AgentStatus.ACTIVE
    assert len(house.made) == 1
    await agents.stop(ADA)
    assert (await agents.stop(ADA)).status is AgentStatus.INACTIVE
    assert house.made[0].closed


async def test_starting_what_cannot_run_says_why(house: House) -> None:
    agents = await house.start()
    await agents.create({"name": "Ada", "bio": "b"}, kind="misfit")
    with pytest.raises(ConfigError, match="fits"):
        await agents.start(ADA)
    assert agents.get(ADA).status is AgentStatus.INACTIVE


async def test_a_stopped_agent_finishes_what_it_is_saying(house: House) -> None:
    agents = await house.start(written())
    go_on = house.made[0].will_hang("in the end")
    saying = asyncio.create_task(said_by(agents, ADA))
    await house.made[0].asked()
    await agents.stop(ADA)
    assert not house.made[0].closed
    go_on.set()
    assert await saying == "in the end"
    assert house.made[0].closed


async def test_an_agent_that_cannot_be_closed_keeps_nobody_else_open(house: House) -> None:
    class Stubborn(ScriptedAgent):
        async def close(self) -> None:
            raise OSError("in a stranger's plugin")

    house.kinds.add("stubborn", Stubborn().create)
    agents = await house.start(written("Ada", "stubborn"), written("Bob"))
    await agents.close()
    assert house.made[0].closed


async def test_closing_lets_go_of_everybody(house: House) -> None:
    agents = await house.start(written("Ada"), written("Bob"))
    await agents.close()
    assert all(agent.closed for agent in house.made)
    assert not agents.is_running(ADA)


async def test_an_unknown_agent_is_not_found(house: House) -> None:
    agents = await house.start()
    for call in (agents.get, agents.running):
        with pytest.raises(AgentNotFound, match=ADA):
            call(ADA)
    for change in (agents.start(ADA), agents.stop(ADA), agents.delete(ADA), agents.update(ADA, {})):
        with pytest.raises(AgentNotFound, match=ADA):
            await change
