"""The agents of this server: who they are, which of them run, and what may be changed about them while it runs.

config.yaml and the API both make agents; :mod:`.configured_agents` says which counts when. What is said over the API is
kept in the store.

Knows nothing of how an agent answers, nor of any wire.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from ..domain.agent import AgentDefinition, AgentStatus
from ..domain.errors import AgentNotFound, AlreadyExists, ConfigError
from ..domain.timeouts import NOTHING
from .configured_agents import AgentSpec, reconciled, trial
from .defining import HARMLESS_KINDS, Defining
from .running_agent import LeasedAgent, RunningAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence

    from ..domain.timeouts import TimeoutOverrides
    from ..ports import Agent, AgentStore, Clock
    from ..ports.records import AgentMark
    from .configured_agents import AgentKinds, ConfiguredAgent

__all__ = ["AgentDirectory", "AgentSpec", "trial"]

logger = structlog.get_logger(__name__)


class AgentListener(Protocol):
    """Told of changes. Must not block nor raise."""

    def __call__(self, agent_id: str, /, *, gone: bool) -> None:
        """This agent was changed; ``gone``: deleted."""


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
        self._defining = Defining(clock, default_kind=default_kind, kinds_over_api=kinds_over_api)
        self._definitions: dict[str, AgentDefinition] = {}
        self._running: dict[str, RunningAgent] = {}
        self._failures: dict[str, str] = {}
        self._configured: Mapping[str, AgentDefinition] = {}
        self._marks: dict[str, AgentMark] = {}
        self._listener: AgentListener = _nobody
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
        self._marks = {definition.id: _mark(definition) for definition in stored.values()}
        self._configured = self._defining.configured(configured)
        counting = {key: reconciled(new, stored.get(key)) for key, new in self._configured.items()}
        self._definitions = {**stored, **counting}
        for definition in self._definitions.values():
            if definition.status is AgentStatus.ACTIVE:
                self._start_if_possible(definition)

    async def close(self) -> None:
        """Let go of every agent; none runs afterwards."""
        running, self._running = self._running, {}
        for each in running.values():
            await each.agent.close()

    # ----------------------------------------------------------------------------------------- other servers' changes

    def on_change(self, listener: AgentListener) -> None:
        """Tell this listener of each agent that is changed here, and whether it is gone."""
        self._listener = listener

    async def refresh(self, *, gone: Collection[str] = ()) -> None:
        """Take in what other servers made, changed, started, stopped and deleted since. Raises StoreUnavailable.

        ``gone``: agents that another server deleted; those of config.yaml that never changed are not in the store.
        """
        async with self._changing:
            await self._catch_up(gone)

    @asynccontextmanager
    async def _changing_what_is(self) -> AsyncIterator[None]:
        """One change at a time, of what is there by now. Raises StoreUnavailable."""
        async with self._changing:
            await self._catch_up()
            yield

    async def _catch_up(self, gone: Collection[str] = ()) -> None:
        if gone or await self._store.agent_marks() != self._marks:
            await self._take_in({each.id: each for each in await self._store.agents()}, gone)

    async def _take_in(self, stored: Mapping[str, AgentDefinition], gone: Collection[str]) -> None:
        for agent_id in {*self._marks, *gone} - stored.keys():
            self._definitions.pop(agent_id, None)
            await self._retire(agent_id)
        before, self._marks = self._marks, {each.id: _mark(each) for each in stored.values()}
        for definition in stored.values():
            if before.get(definition.id) != self._marks[definition.id]:
                written = self._configured.get(definition.id)
                await self._adopt(reconciled(written, definition) if written else definition)

    async def _adopt(self, definition: AgentDefinition) -> None:
        """Have this agent as another server has it."""
        self._definitions[definition.id] = definition
        await self._retire(definition.id)
        if definition.status is AgentStatus.ACTIVE:
            self._start_if_possible(definition)

    # ------------------------------------------------------------------------------------------------------ changing

    async def create(
        self, document: object, *, kind: str | None = None, options: Mapping[str, Any] | None = None
    ) -> AgentDefinition:
        """A new agent, not started. Without ``kind`` and ``options``, ``settings.kind`` and ``settings.options`` count.

        Raises InvalidInput for a character that breaks a rule or a kind that may not be used, AlreadyExists for an id
        that is taken, StoreUnavailable.
        """
        definition = self._defining.new(document, kind=kind, options=options)
        async with self._changing_what_is():
            if definition.id in self._definitions:
                raise AlreadyExists(f"an agent with the id '{definition.id}' already exists")
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
        async with self._changing_what_is():
            before = self._asked(agent_id)
            await self._swap(self._defining.changed(before, changes, kind=kind, options=options))
        return self.get(agent_id)

    async def start(self, agent_id: str) -> AgentDefinition:
        """Have the agent take messages, now and after a restart; nothing happens when it does already.

        Raises AgentNotFound, ConfigError when it cannot run, StoreUnavailable.
        """
        async with self._changing_what_is():
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
        async with self._changing_what_is():
            definition = self._asked(agent_id)
            if definition.status is AgentStatus.ACTIVE:
                await self._keep(replace(definition, status=AgentStatus.INACTIVE))
            await self._retire(agent_id)
        return self.get(agent_id)

    async def delete(self, agent_id: str) -> None:
        """Stop and forget the agent; one that config.yaml names is back after a restart.

        Raises AgentNotFound, StoreUnavailable.
        """
        async with self._changing_what_is():
            self._asked(agent_id)
            with suppress(AgentNotFound):  # an agent of config.yaml that was never changed is not in the store
                await self._store.remove_agent(agent_id)
            del self._definitions[agent_id]
            self._marks.pop(agent_id, None)
            self._listener(agent_id, gone=True)
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
        self._marks[definition.id] = _mark(definition)
        self._listener(definition.id, gone=False)

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


def _mark(definition: AgentDefinition) -> AgentMark:
    return definition.status, definition.updated_at


def _nobody(_agent_id: str, *, gone: bool) -> None:
    """Tell nobody."""
