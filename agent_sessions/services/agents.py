"""The agents of this server: who they are, which of them run, and what may be changed about them while it runs.

config.yaml and the API both make agents; :mod:`.configured_agents` says which counts when. What is said over the API is
kept in the store.

Knows nothing of how an agent answers, nor of any wire.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from ..domain.agent import AgentDefinition, AgentStatus
from ..domain.character import character_from, merged_document, timeout_overrides
from ..domain.errors import AgentNotFound, AlreadyExists, ConfigError, InvalidInput
from ..domain.timeouts import NOTHING
from .configured_agents import AgentSpec, configured_character, reconciled, trial
from .running_agent import LeasedAgent, RunningAgent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..domain.agent import Character
    from ..domain.timeouts import TimeoutOverrides
    from ..ports import Agent, AgentStore, Clock
    from .configured_agents import AgentKinds, ConfiguredAgent

__all__ = ["AgentDirectory", "AgentSpec", "trial"]

logger = structlog.get_logger(__name__)

MOMENT = timedelta(milliseconds=1)
"""A changed agent is at least this much newer than it is old, so that a change can be told from the first wording."""

ADDED_TO_CHARACTERS = frozenset({"enabled", "status", "createdAt", "updatedAt"})
"""What elizaOS adds to a character to make an agent of it (``Agent`` of @elizaos/core 1.7.2). Not ours to be told."""

HARMLESS_KINDS = frozenset({"companion", "echo"})
"""Kinds that reach nothing outside the process, so that whoever can reach the API may make agents of them."""


class AgentDirectory:
    """The agents by id. What changes one returns when the store has it.

    ``default_kind``: how an agent answers that does not say. ``kinds_over_api``: the kinds that ``create`` and
    ``update`` may give an agent; kinds that reach other machines, files or code are for config.yaml unless named here.
    """

    def __init__(
        self,
        store: AgentStore,
        kinds: AgentKinds,
        clock: Clock,
        *,
        default_kind: str = "companion",
        kinds_over_api: Collection[str] = HARMLESS_KINDS,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._default_kind = default_kind
        self._kinds_over_api = frozenset(kinds_over_api)
        self._definitions: dict[str, AgentDefinition] = {}
        self._running: dict[str, RunningAgent] = {}
        self._failures: dict[str, str] = {}
        self._changing = asyncio.Lock()

    # ------------------------------------------------------------------------------------------------------- reading

    def running(self, agent_id: str) -> RunningAgent:
        """The agent, ready to answer. Raises AgentNotFound also when it exists but does not run."""
        try:
            return self._running[agent_id]
        except KeyError:
            raise AgentNotFound(agent_id) from None

    def is_running(self, agent_id: str) -> bool:
        """Whether the agent takes messages."""
        return agent_id in self._running

    def timeouts(self, agent_id: str) -> TimeoutOverrides:
        """What this agent asks of its sessions; nothing when there is no such agent (any more)."""
        definition = self._definitions.get(agent_id)
        return definition.timeouts if definition else NOTHING

    def get(self, agent_id: str) -> AgentDefinition:
        """The agent; its ``status`` tells whether it runs. Raises AgentNotFound."""
        return self._as_it_is(self._asked(agent_id))

    def all(self) -> Sequence[AgentDefinition]:
        """Every agent, those that run first, then by name."""
        agents = map(self._as_it_is, self._definitions.values())
        return sorted(agents, key=lambda agent: (agent.status is not AgentStatus.ACTIVE, agent.character.name))

    @property
    def failures(self) -> Mapping[str, str]:
        """Why agents do not run that should, by id."""
        return self._failures

    # ------------------------------------------------------------------------------------------------------ starting

    async def open(self, configured: Iterable[ConfiguredAgent] = ()) -> None:
        """Take in the agents of the store and of config.yaml, and start those that should run.

        One that cannot start is logged and stays inactive (see ``failures``). Raises ConfigError for two agents of one
        id, or a character that cannot be read.
        """
        stored = {definition.id: definition for definition in await self._store.agents()}
        written = self._written(configured)
        self._definitions = {**stored, **{key: reconciled(new, stored.get(key)) for key, new in written.items()}}
        for definition in self._definitions.values():
            if definition.status is AgentStatus.ACTIVE:
                self._start_if_possible(definition)

    async def close(self) -> None:
        """Let go of every agent; none runs afterwards."""
        running, self._running = self._running, {}
        for each in running.values():
            await each.agent.close()

    # ------------------------------------------------------------------------------------------------------ changing

    async def create(
        self, document: object, *, kind: str | None = None, options: Mapping[str, Any] | None = None
    ) -> AgentDefinition:
        """A new agent, not started. Without ``kind`` and ``options``, ``settings.kind`` and ``settings.options`` count.

        Raises InvalidInput for a character that breaks a rule or a kind that may not be used, AlreadyExists for an id
        that is taken, StoreUnavailable.
        """
        character = character_from(_without_additions(document))
        kind, options = self._manner(character, kind=kind, options=options)
        self._ensure_allowed(kind)
        async with self._changing:
            if character.id in self._definitions:
                raise AlreadyExists(f"an agent with the id '{character.id}' already exists")
            definition = self._defined(character, kind=kind, options=options, status=AgentStatus.INACTIVE)
            await self._keep(definition)
        return self.get(definition.id)

    async def update(
        self,
        agent_id: str,
        changes: Mapping[str, Any],
        *,
        kind: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> AgentDefinition:
        """Replace the named members of an agent's character; ``settings`` and ``secrets`` are changed key by key.

        A null takes a member or a setting away. A running agent answers the new way from its next reply on. Raises
        AgentNotFound, InvalidInput, StoreUnavailable, or ConfigError when it could not run so: then nothing changed.
        """
        async with self._changing:
            before = self._asked(agent_id)
            character = character_from(merged_document(before.character, _without_additions(changes)))
            if character.id != agent_id:
                raise InvalidInput("id", "cannot be changed")
            kind, options = self._new_manner(before, character, kind=kind, options=options)
            changed = self._defined(character, kind=kind, options=options, status=before.status)
            later = max(changed.updated_at, before.created_at + MOMENT)
            definition = replace(changed, created_at=before.created_at, updated_at=later)
            await self._swap(definition)
        return self.get(agent_id)

    async def start(self, agent_id: str) -> AgentDefinition:
        """Have the agent take messages, now and after a restart; nothing happens when it does already.

        Raises AgentNotFound, ConfigError when it cannot run, StoreUnavailable.
        """
        async with self._changing:
            definition = self._asked(agent_id)
            if agent_id not in self._running:
                agent = LeasedAgent(self._made(definition))
                await self._keep(replace(definition, status=AgentStatus.ACTIVE))
                self._run(self._definitions[agent_id], agent)
        return self.get(agent_id)

    async def stop(self, agent_id: str) -> AgentDefinition:
        """Have the agent take no more messages, now and after a restart; replies under way are finished.

        Raises AgentNotFound, StoreUnavailable.
        """
        async with self._changing:
            definition = self._asked(agent_id)
            if definition.status is AgentStatus.ACTIVE:
                await self._keep(replace(definition, status=AgentStatus.INACTIVE))
            await self._retire(agent_id)
        return self.get(agent_id)

    async def delete(self, agent_id: str) -> None:
        """Stop and forget the agent; one that config.yaml names is back after a restart.

        Raises AgentNotFound, StoreUnavailable.
        """
        async with self._changing:
            self._asked(agent_id)
            with suppress(AgentNotFound):  # an agent of config.yaml that was never changed is not in the store
                await self._store.remove_agent(agent_id)
            del self._definitions[agent_id]
            await self._retire(agent_id)

    # --------------------------------------------------------------------------------------------------------- parts

    def _asked(self, agent_id: str) -> AgentDefinition:
        """The definition with the status that was asked for."""
        try:
            return self._definitions[agent_id]
        except KeyError:
            raise AgentNotFound(agent_id) from None

    def _as_it_is(self, definition: AgentDefinition) -> AgentDefinition:
        """The definition with the status that is true."""
        return replace(
            definition, status=AgentStatus.ACTIVE if definition.id in self._running else AgentStatus.INACTIVE
        )

    def _written(self, configured: Iterable[ConfiguredAgent]) -> dict[str, AgentDefinition]:
        """What config.yaml says, by id."""
        written: dict[str, AgentDefinition] = {}
        for entry in configured:
            character = configured_character(entry)
            if character.id in written:
                raise ConfigError(f"agents: '{character.name}' and another agent have the same id {character.id}")
            written[character.id] = self._defined(
                character, kind=entry.kind, options=entry.options, status=AgentStatus.ACTIVE
            )
        return written

    def _defined(
        self, character: Character, *, kind: str, options: Mapping[str, Any], status: AgentStatus
    ) -> AgentDefinition:
        now = self._clock.now()
        return AgentDefinition(
            character=character,
            kind=kind,
            options=options,
            timeouts=timeout_overrides({**character.settings, **character.secrets}),
            status=status,
            created_at=now,
            updated_at=now,
        )

    def _manner(
        self, character: Character, *, kind: str | None, options: Mapping[str, Any] | None
    ) -> tuple[str, Mapping[str, Any]]:
        """How an agent answers: as said, else as its settings say, else the server's default."""
        said = character.settings.get("kind") if kind is None else kind
        if said is None:
            said = self._default_kind
        if not isinstance(said, str):
            raise InvalidInput("settings.kind", "must be a string")
        with_what = character.settings.get("options", {}) if options is None else options
        if not isinstance(with_what, dict):
            raise InvalidInput("settings.options", "must be an object")
        return said, with_what

    def _new_manner(
        self, before: AgentDefinition, character: Character, *, kind: str | None, options: Mapping[str, Any] | None
    ) -> tuple[str, Mapping[str, Any]]:
        """How an agent answers after a change: as before, where neither the call nor its settings say something new."""
        old, new = before.character.settings, character.settings
        if kind is None and old.get("kind") == new.get("kind"):
            kind = before.kind
        if options is None and old.get("options") == new.get("options"):
            options = before.options
        manner = self._manner(character, kind=kind, options=options)
        if manner != (before.kind, before.options):
            self._ensure_allowed(manner[0])
        return manner

    def _ensure_allowed(self, kind: str) -> None:
        if kind not in self._kinds_over_api:
            allowed = ", ".join(sorted(self._kinds_over_api))
            raise InvalidInput("kind", f"'{kind}' can be given in config.yaml only; over the API: {allowed}")

    def _made(self, definition: AgentDefinition) -> Agent:
        """The agent itself. Raises ConfigError whatever went wrong in the plugin."""
        name = definition.character.name
        try:
            return self._kinds.find(definition.kind)(definition.character, definition.options)
        except ConfigError:
            raise
        except Exception as error:
            # A plugin is a stranger's code: whatever it raises keeps one agent from running and nothing else.
            logger.exception("agent_not_made", agent_id=definition.id, kind=definition.kind)
            raise ConfigError(f"agent '{name}' of kind '{definition.kind}': {type(error).__name__}") from error

    def _start_if_possible(self, definition: AgentDefinition) -> None:
        try:
            self._run(definition, LeasedAgent(self._made(definition)))
        except ConfigError as error:
            self._failures[definition.id] = str(error)
            logger.error("agent_not_started", agent_id=definition.id, name=definition.character.name, reason=str(error))

    def _run(self, definition: AgentDefinition, agent: LeasedAgent) -> None:
        self._running[definition.id] = RunningAgent(definition, agent)
        self._failures.pop(definition.id, None)

    async def _keep(self, definition: AgentDefinition) -> None:
        await self._store.put_agent(definition)
        self._definitions[definition.id] = definition

    async def _swap(self, definition: AgentDefinition) -> None:
        """Keep a changed definition; where its agent runs, put a new one in its place; where it should run, try."""
        if definition.id not in self._running:
            await self._keep(definition)
            if definition.status is AgentStatus.ACTIVE:
                self._start_if_possible(definition)
            return
        agent = LeasedAgent(self._made(definition))
        await self._keep(definition)
        await self._retire(definition.id)
        self._run(definition, agent)

    async def _retire(self, agent_id: str) -> None:
        self._failures.pop(agent_id, None)
        if running := self._running.pop(agent_id, None):
            await running.agent.close()


def _without_additions(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return {key: value for key, value in document.items() if key not in ADDED_TO_CHARACTERS}
