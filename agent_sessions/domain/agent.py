"""Agents: the character one plays, how it answers, and what it is given and gives back for one reply."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from .frozen import quick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .log import Message
    from .recalled import Recalled
    from .session import Session
    from .timeouts import TimeoutOverrides

UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Any version, any case: elizaOS's own ids carry version 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Who an agent is, in elizaOS's character form. ``document`` is the whole character as it was given, secrets apart.

    ``settings`` are plain settings an agent may read, among them its session timeouts; ``secrets`` never leave the
    process.
    """

    id: str
    name: str
    document: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    system: str | None = None
    bio: tuple[str, ...] = ()


class AgentStatus(StrEnum):
    """Whether an agent takes messages."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDefinition:
    """An agent as it is kept: its character, the kind of answering (a plugin's name), that kind's options.

    ``status`` is what was last asked for: an active agent is started again when the server starts.
    """

    character: Character
    kind: str
    options: Mapping[str, Any]
    timeouts: TimeoutOverrides
    status: AgentStatus
    created_at: datetime
    updated_at: datetime

    @property
    def id(self) -> str:
        """The agent's id: its character's."""
        return self.character.id


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an agent is given for one reply.

    ``message`` is what is to be answered; ``history`` are the messages before it, oldest first, within the server's
    budget. ``system`` is the prompt made of the character. ``memories`` are dated texts recalled about the user, most
    useful first; ``recalled`` are the same with their sources.
    """

    session: Session
    character: Character
    message: Message
    history: tuple[Message, ...]
    system: str
    memories: tuple[str, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    now: datetime


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPart:
    """A piece of a reply. Texts are joined in order; the last thought counts; actions and attachments add up.

    ``silent`` says that there shall be no reply at all. ``extra``: further members for the reply's content.
    """

    text: str = ""
    thought: str | None = None
    actions: tuple[str, ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False


def string_to_uuid(text: str) -> str:
    """The id elizaOS derives from a name (its ``stringToUuid``); a UUID is returned as it is.

    SHA-1 over the percent-encoded text, first 16 bytes, version bits 0, RFC variant.
    """
    if UUID_SHAPE.fullmatch(text):
        return text
    digest = bytearray(hashlib.sha1(quote(text, safe="!'()*").encode(), usedforsecurity=False).digest()[:16])
    digest[6] &= 0x0F
    digest[8] = digest[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(digest)))
