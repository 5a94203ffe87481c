"""Agents, and what clients of elizaOS look for about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...openapi.operation import EpochMs, JsonObject, OpenlyTold, Operation, Told, Uuid
from .. import agents, worlds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import RouteHandler

Status = Literal["active", "inactive"]


class AgentSummary(Told):
    id: Uuid
    name: str
    characterName: str
    bio: str
    status: Status


class AgentSummaries(Told):
    agents: list[AgentSummary]


class AgentList(Told):
    success: Literal[True]
    data: AgentSummaries


class Character(OpenlyTold):
    """A character in elizaOS's form, without its secrets."""

    id: Uuid
    name: str


class Agent(Character):
    kind: str
    enabled: bool
    status: Status
    createdAt: EpochMs
    updatedAt: EpochMs


class OneAgent(Told):
    success: Literal[True]
    data: Agent


class CreatedAgent(Told):
    id: Uuid
    character: Character


class AgentCreated(Told):
    success: Literal[True]
    data: CreatedAgent


class AgentState(OpenlyTold):
    id: Uuid
    name: str
    status: Status


class AgentChanged(Told):
    success: Literal[True]
    data: AgentState


class World(Told):
    id: Uuid
    name: str
    agentId: Uuid
    messageServerId: Uuid
    metadata: JsonObject


class Worlds(Told):
    worlds: list[World]


class WorldList(Told):
    success: Literal[True]
    data: Worlds


class OneWorldTold(Told):
    world: World


class OneWorld(Told):
    success: Literal[True]
    data: OneWorldTold


class AskedCharacter(BaseModel):
    """A character in elizaOS's form; members that are none of a character's are refused."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1)
    bio: str | list[str]


class AskedAgent(BaseModel):
    characterJson: AskedCharacter
    kind: str = Field("companion", description="How it answers: one of `auth.agent_kinds_over_api`")
    options: JsonObject = Field({}, description="What that kind is told")


class AgentChanges(BaseModel):
    """Members of the character to replace; settings and secrets one by one, null takes one away."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    bio: str | list[str] | None = None
    settings: JsonObject | None = None


class AskedWorld(BaseModel):
    worldId: Uuid | None = None
    name: str | None = Field(None, min_length=1, max_length=worlds.LONGEST_NAME)


class WorldChanges(BaseModel):
    name: str | None = Field(None, min_length=1, max_length=worlds.LONGEST_NAME)
    settings: JsonObject | None = None


AGENTS: Mapping[RouteHandler, Operation] = {
    agents.list_agents: Operation(summary="List agents, those that run first", answer=AgentList),
    agents.create_agent: Operation(
        summary="Create an agent",
        about="It is not started by that. When its id is taken, nothing is made and that agent is told.",
        body=AskedAgent,
        answer=AgentCreated,
        statuses=(201,),
    ),
    agents.get_agent: Operation(summary="Get an agent", answer=OneAgent),
    agents.update_agent: Operation(summary="Change an agent", body=AgentChanges, answer=OneAgent),
    agents.delete_agent: Operation(summary="Stop and forget an agent", statuses=(204,)),
    agents.start_agent: Operation(summary="Have an agent take messages", answer=AgentChanged, errors=(500,)),
    agents.stop_agent: Operation(summary="Have an agent take no more messages", answer=AgentChanged),
    worlds.list_worlds: Operation(summary="List the worlds of all agents", answer=WorldList),
    worlds.join_world: Operation(summary="Put an agent in a world", body=AskedWorld, answer=OneWorld, statuses=(201,)),
    worlds.update_world: Operation(summary="Change a world", body=WorldChanges, answer=OneWorld),
}
