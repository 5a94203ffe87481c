"""What carries events between parts and between processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..domain.frozen import quick

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from ..domain.log import LogEntry


@quick
@dataclass(frozen=True, slots=True)
class ReplyChunk:
    """A piece of the text of a reply being made. ``index`` counts from 0; the finished message is a row of the log.

    ``in_reply_to``: the message it answers; empty where it came from a server that does not say.
    """

    session_id: str
    message_id: str
    agent_id: str
    index: int
    text: str
    in_reply_to: str = ""


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel, which is the room of this session, is no longer what its members know.

    ``change``: ``message_deleted``, ``cleared``, ``deleted``, ``updated``, or ``completed`` (an agent elsewhere has
    said all it had to say). ``details``: JSON about it: ``messageId`` of what was deleted, ``updates`` of a channel.
    """

    channel_id: str
    session_id: str
    change: str
    details: Mapping[str, Any] = field(default_factory=dict)


AGENTS = ""
"""Subscribe to this in place of a session's id to hear of agents."""


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """Somebody made, changed, started, stopped or deleted (``gone``) an agent; the store knows the rest."""

    agent_id: str
    gone: bool = False

    @property
    def session_id(self) -> str:
        """That of no session."""
        return AGENTS


Event: TypeAlias = "LogEntry | ReplyChunk | ChannelChanged | AgentChanged"


class Subscription(Protocol):
    """A reader of events. Iterate it; leave its ``async with`` to stop."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """The events from the moment of subscribing on. Ends early with ``FellBehind`` when the reader is too slow."""

    async def __aenter__(self) -> Subscription:
        """Start reading."""

    async def __aexit__(self, *exc: object) -> None:
        """Stop reading."""


class FellBehind(Exception):
    """The reader was too slow and lost events; read the log after the last row seen, then subscribe again."""


class EventBus(Protocol):
    """Carries committed facts, and reply text as it is made, to whoever listens, in this process and in others."""

    def publish(self, event: Event) -> None:
        """Send an event on its way. Never blocks. Events of one session from one process arrive in order."""

    def subscribe(self, session_id: str | None = None) -> Subscription:
        """Events of one session, or of all. Only the bus' own bounded buffer is kept for a slow reader."""

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Deliver what is on its way, end every subscription."""
