"""Agents as config.yaml says them, and what counts when the store has them as well.

config.yaml and the API both make agents. The store keeps what was said over the API; config.yaml says the rest:

- an agent of config.yaml is as written there, until it is changed over the API: from then on the stored one counts,
  until it is deleted over the API, and the next start reads config.yaml again;
- starting and stopping are remembered too, and change nothing else: config.yaml still says who the agent is;
- an agent that leaves config.yaml is gone at the next start, unless it was changed, stopped or started over the API.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from ..domain.character import character_from
from ..domain.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..domain.agent import AgentDefinition, Character
    from ..ports import AgentFactory

logger = structlog.get_logger(__name__)


class AgentKinds(Protocol):
    """Where the ways of answering are found; ``agent_sessions.registry`` has the usual one."""

    def find(self, name: str, /) -> AgentFactory:
        """The factory of this kind. Raises ConfigError."""


class ConfiguredAgent(Protocol):
    """An agent as config.yaml says it."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The character in elizaOS's form; it may do without a bio."""

    @property
    def kind(self) -> str:
        """The name of the plugin that answers."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What the plugin is told."""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as a program that embeds the server says it."""

    document: Mapping[str, Any]
    kind: str = "companion"
    options: Mapping[str, Any] = field(default_factory=dict)


async def trial(kinds: AgentKinds, configured: ConfiguredAgent) -> None:
    """Make an agent as config.yaml says it, and let go of it. Raises ConfigError that says why it would not run."""
    character = configured_character(configured)
    try:
        agent = kinds.find(configured.kind)(character, configured.options)
    except ConfigError:
        raise
    except Exception as error:
        # A plugin is a stranger's code, and what it imports too.
        raise ConfigError(f"agent '{character.name}': {type(error).__name__}: {error}") from error
    await agent.close()


def configured_character(entry: ConfiguredAgent) -> Character:
    """Who this agent is. Raises ConfigError that names the agent, the member and its rule."""
    try:
        return character_from({"bio": [], **entry.document})
    except InvalidInput as error:
        raise ConfigError(f"agents: '{entry.document.get('name', '?')}': {error}") from error


def reconciled(written: AgentDefinition, stored: AgentDefinition | None) -> AgentDefinition:
    """What counts of an agent of config.yaml that the store may have, too."""
    if stored is None:
        return written
    if stored.updated_at > stored.created_at:
        logger.info("configured_agent_overridden", agent_id=stored.id, name=stored.character.name)
        return stored
    return replace(written, status=stored.status, created_at=stored.created_at, updated_at=stored.created_at)
