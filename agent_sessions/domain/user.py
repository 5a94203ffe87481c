"""A user: whoever talks to agents, by the same id on both wires."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DEFAULT_PROJECT = "default"
"""The project of all sessions and users while none is configured, and of everything on the elizaOS wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with sessions and memories. ``id`` is what callers chose (the elizaOS wire's ``userId``).

    ``merge_conflicts``: whether contradictions about this user are put to a human; None: as the project says.
    ``last_active_at``: when a session of theirs was last made or spoken in.
    """

    project: str
    id: str
    created_at: datetime
    last_active_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    merge_conflicts: bool | None = None
