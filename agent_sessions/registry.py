"""Plugins by name: what is installed under an entry point group, and what the embedding program adds itself.

Loads a plugin when it is first asked for, so that one that is never used costs nothing and can break nothing. Knows
nothing of what the plugins do.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .domain.errors import ConfigError, PluginNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.metadata import EntryPoint

    from .ports import AgentFactory

P = TypeVar("P")

AGENTS = "agent_sessions.agents"
"""The entry point group of agent kinds; each is an :data:`~agent_sessions.ports.AgentFactory`."""
MEMORY = "agent_sessions.memory"
"""The entry point group of memory backends; each is a :data:`~agent_sessions.ports.MemoryBackendFactory`."""
MODELS = "agent_sessions.models"
"""The entry point group of models that answer in a given form, each a
:data:`~agent_sessions.ports.StructuredModelFactory`."""

EMBEDDINGS = "agent_sessions.embeddings"
"""The entry point group of models that embed texts; each is an :data:`~agent_sessions.ports.EmbedderFactory`."""


class Registry(Generic[P]):
    """The plugins of one group. What was added by hand goes before what is installed under the same name."""

    def __init__(self, group: str, *, plugins: Mapping[str, P] | None = None) -> None:
        self.group = group
        self._plugins: dict[str, P] = dict(plugins or {})

    def add(self, name: str, plugin: P) -> None:
        """Make ``plugin`` known under ``name``, in place of any that is."""
        self._plugins[name] = plugin

    def names(self) -> Sequence[str]:
        """The names that can be asked for, in alphabetical order."""
        return sorted({*self._plugins, *(point.name for point in self._installed())})

    def find(self, name: str) -> P:
        """The plugin of this name. Raises PluginNotFound, or ConfigError when it is there but cannot be loaded."""
        if name not in self._plugins:
            self._plugins[name] = self._load(name)
        return self._plugins[name]

    def _load(self, name: str) -> P:
        for point in self._installed():
            if point.name == name:
                plugin: P = _loaded(point)
                return plugin
        known = ", ".join(self.names()) or "none"
        raise PluginNotFound(f"no plugin named '{name}' for {self.group}; installed: {known}")

    def _installed(self) -> Sequence[EntryPoint]:
        return tuple(entry_points(group=self.group))


def agent_kinds() -> Registry[AgentFactory]:
    """The kinds of agents that are installed."""
    return Registry(AGENTS)


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"plugin '{point.name}' ({point.value}) cannot be loaded: {error}") from error
