"""How what happens in a session is told on Socket.IO: elizaOS's events, and for what it has none, those of ``events``.

Every event carries both spellings that clients look for (``channelId`` and ``roomId``, ``serverId`` and
``messageServerId``), the session's id, and the ``cursor`` with which a client that was away asks for what it missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ...domain.errors import AgentNotFound
from ...domain.log import Author, Erased, Expired, LogEntry, Message, Renewal, Renewed, ReplyMissing, Silence, Warned
from ..eliza.times import epoch_ms, iso
from .events import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...ports import ChannelChanged, ReplyChunk
    from ...services.agents import AgentDirectory
    from ...services.following import Cursor

Json: TypeAlias = dict[str, Any]
Worded: TypeAlias = tuple[str, Json]
"""An event's name and payload."""

BY_AGENT = "agent_response"
BY_CLIENT = "socketio_client"
"""elizaOS's words for where a message came from."""
SOMEBODY = "User"
"""What elizaOS calls senders who do not say their name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happens. ``agent_id``: who answers there; empty where that may be one of several."""

    session_id: str
    channel_id: str
    server_id: str
    agent_id: str

    def named(self, cursor: Cursor | None = None) -> Json:
        """The members that say where, in every spelling; with the cursor behind the event, if it has one."""
        where: Json = {
            "channelId": self.channel_id,
            "roomId": self.channel_id,
            "serverId": self.server_id,
            "messageServerId": self.server_id,
            "sessionId": self.session_id,
        }
        return where if cursor is None else where | {"cursor": str(cursor)}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was heard so far of the reply being made."""

    message_id: str
    agent_id: str
    text: str


class Wording:
    """Puts what happens into events. ``agents``: whose names senders have."""

    def __init__(self, agents: AgentDirectory) -> None:
        self._agents = agents

    def of_row(self, entry: LogEntry, place: Place, *, cursor: Cursor, spoken: Spoken | None) -> Iterator[Worded]:
        """A row of the log. ``spoken``: of the reply that the row may end."""
        where = place.named(cursor)
        match entry.fact:
            case Message() as message:
                yield "messageBroadcast", self.message(message, entry, place) | {"cursor": str(cursor)}
                yield from _consequences(message, where)
            case ReplyMissing() as missing:
                yield from _silence(missing, where, spoken or Spoken(missing.in_reply_to, place.agent_id, ""))
            case Renewed(renewal):
                yield "sessionRenewed", where | _renewal(renewal)
            case Warned():
                yield "sessionExpirationWarning", where | _members(entry)
            case Expired():
                yield "sessionExpired", where | _members(entry)
            case Erased(message_ids):
                yield from _taken_back(message_ids, where)
            case _:
                name, members = told(entry)
                yield name, where | members

    def of_chunk(self, chunk: ReplyChunk, place: Place, *, cursor: Cursor) -> Worded:
        """A piece of a reply being made."""
        return "messageStreamChunk", {
            "channelId": place.channel_id,
            "roomId": place.channel_id,
            "sessionId": place.session_id,
            "cursor": str(cursor),
            "messageId": chunk.message_id,
            "chunk": chunk.text,
            "index": chunk.index,
            "agentId": chunk.agent_id,
            "text": chunk.text,
        }

    def message(self, message: Message, entry: LogEntry, place: Place) -> Json:
        """A message as it is broadcast."""
        by_agent = message.author is Author.AGENT
        said: Json = {
            "id": message.id,
            "senderId": message.author_id,
            "senderName": self._name(message),
            "text": message.text,
            **place.named(),
            "createdAt": epoch_ms(entry.at),
            "source": message.source or (BY_AGENT if by_agent else BY_CLIENT),
            "isAgent": by_agent,
        }
        if by_agent:
            said |= {"thought": message.thought or "", "actions": message.actions or ("REPLY",)}
            said["inReplyTo"] = message.in_reply_to
        if message.attachments:
            said["attachments"] = message.attachments
        if message.metadata:
            said["metadata"] = message.metadata
        return said

    def _name(self, message: Message) -> str:
        if message.author is Author.AGENT:
            try:
                return self._agents.get(message.author_id).character.name
            except AgentNotFound:
                return message.author_id
        name = message.metadata.get("senderName")
        return name if isinstance(name, str) and name else SOMEBODY


def is_private(entry: LogEntry) -> bool:
    """Whether this is what the user of a session said over HTTP: elizaOS does not tell that to its channel."""
    fact = entry.fact
    return isinstance(fact, Message) and fact.author is Author.USER and fact.source is None


def changed(change: ChannelChanged, place: Place) -> Worded | None:
    """A channel was changed. None for what a row of the log tells as well."""
    where = place.named()
    match change.change:
        case "deleted":
            return "channelDeleted", where
        case "updated":
            updates = change.details.get("updates", {})
            return "channelUpdated", where | {"updates": updates}
        case "completed":
            return "messageComplete", where
        case _:
            return None


def expired(place: Place, expired_at: str) -> Worded:
    """The session is over already."""
    return "sessionExpired", place.named() | {"expiredAt": expired_at}


def _consequences(message: Message, where: Json) -> Iterator[Worded]:
    """What a message tells besides itself."""
    if message.renewal is not None:
        yield "sessionRenewed", where | _renewal(message.renewal)
    if message.in_reply_to is not None:
        yield "messageComplete", where | {"messageId": message.id, "inReplyTo": message.in_reply_to}


def _silence(missing: ReplyMissing, where: Json, spoken: Spoken) -> Iterator[Worded]:
    """No reply: an error, unless the agent chose so; and in any case the end of waiting."""
    end: Json = {"inReplyTo": missing.in_reply_to, "reason": missing.why.value}
    if missing.why is not Silence.CHOSEN:
        broken = {"messageId": spoken.message_id, "agentId": spoken.agent_id, "error": missing.explanation}
        if spoken.text:
            broken["partialText"] = spoken.text
        yield "messageStreamError", where | end | broken
    yield "messageComplete", where | end


def _taken_back(message_ids: tuple[str, ...], where: Json) -> Iterator[Worded]:
    if not message_ids:
        yield "channelCleared", where
    for message_id in message_ids:
        yield "messageDeleted", where | {"messageId": message_id}


def _renewal(renewal: Renewal) -> Json:
    return {"expiresAt": iso(renewal.expires_at), "renewalCount": renewal.count}


def _members(entry: LogEntry) -> Json:
    """What the table of events tells of this row, without its head."""
    _, members = told(entry)
    return {name: member for name, member in members.items() if name not in _HEAD}


_HEAD = frozenset({"type", "sessionId", "seq", "at"})
