"""Which memory backend serves which agent's sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ports import MemoryBackend


@dataclass(frozen=True, slots=True)
class Backends:
    """One backend for everybody, and others for the agents (by id) that want them."""

    default: MemoryBackend
    by_agent: Mapping[str, MemoryBackend] = field(default_factory=dict)

    def of(self, agent_id: str) -> MemoryBackend:
        """The backend of this agent's sessions; of sessions without an agent, the default."""
        return self.by_agent.get(agent_id, self.default)

    def all(self) -> list[MemoryBackend]:
        """Each backend once."""
        return list({id(backend): backend for backend in (self.default, *self.by_agent.values())}.values())
