"""Which memory backend serves which agent's sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ..ports import RenamingBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ports import MemoryBackend, Owner

QUIET = timedelta(minutes=10)
"""After so long without a message a conversation is taken to rest, and is processed."""


class Forget(Protocol):
    """Makes whatever keeps anything of an owner, or of what was made from a session, keep it no longer."""

    async def __call__(self, owner: Owner, *, session_id: str | None = None) -> None:
        """As :meth:`Backends.forget`."""


class Rename(Protocol):
    """Makes whatever keeps anything of an owner keep it under another id."""

    async def __call__(self, owner: Owner, new: Owner) -> None:
        """As :meth:`Backends.rename`."""


async def nothing_to_rename(owner: Owner, new: Owner) -> None:
    """Where nothing is kept beside the store."""


async def nothing_to_forget(owner: Owner, *, session_id: str | None = None) -> None:
    """Where nothing is kept beside the store."""


@dataclass(frozen=True, slots=True)
class Backends:
    """One backend for everybody, and others for the agents (by id) that want them.

    ``quiet``: after how long without a message agents' sessions are processed; ``quiet_by_agent``: those of agents that
    have a time of their own.
    """

    default: MemoryBackend
    by_agent: Mapping[str, MemoryBackend] = field(default_factory=dict)
    quiet: timedelta = QUIET
    quiet_by_agent: Mapping[str, timedelta] = field(default_factory=dict)

    def of(self, agent_id: str) -> MemoryBackend:
        """The backend of this agent's sessions; of sessions without an agent, the default."""
        return self.by_agent.get(agent_id, self.default)

    def quiet_of(self, agent_id: str) -> timedelta | None:
        """After how long without a message this agent's sessions are processed; None: they never are."""
        return self.quiet_by_agent.get(agent_id, self.quiet) if remembers(self.of(agent_id)) else None

    def all(self) -> list[MemoryBackend]:
        """Each backend once."""
        return list({id(backend): backend for backend in (self.default, *self.by_agent.values())}.values())

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """Have every backend keep nothing of the owner any longer, or nothing made from one session."""
        for backend in self.all():
            await backend.forget(owner, session_id=session_id)

    async def rename(self, owner: Owner, new: Owner) -> None:
        """Have every backend know the owner by another id; one that cannot keeps nothing of them any longer."""
        for backend in self.all():
            if isinstance(backend, RenamingBackend):
                await backend.rename(owner, new)
            else:
                await backend.forget(owner)

    async def close(self) -> None:
        """Let go of all of them."""
        for backend in self.all():
            await backend.close()


def remembers(backend: MemoryBackend) -> bool:
    """Whether there is any use in asking it; one that keeps nothing says so by ``remembers = False``."""
    return bool(getattr(backend, "remembers", True))
