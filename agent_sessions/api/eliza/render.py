"""Sessions and messages as this wire writes them: members, spellings and order as elizaOS sends them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from ...domain.log import Author, Message
from .javascript import plain_number
from .times import MINUTE, epoch_ms, iso, whole_ms

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ...domain.log import LogEntry
    from ...domain.session import Session
    from ...domain.timeouts import TimeoutConfig
    from ...services.conversation import Exchange

Json: TypeAlias = dict[str, Any]

SERVER_ID = "00000000-0000-0000-0000-000000000000"
"""The message server every channel of elizaOS belongs to by default."""


def new_session(session: Session) -> Json:
    """The answer to creating a session. ``id`` is there for clients that look for it."""
    return {
        "sessionId": session.id,
        "channelId": session.channel_id,
        "agentId": session.agent_id,
        "userId": session.user_id,
        "createdAt": iso(session.created_at),
        "metadata": session.metadata,
        "expiresAt": iso(session.expires_at),
        "timeoutConfig": timeout_config(session.timeout),
        "id": session.id,
    }


def session_info(session: Session, now: datetime) -> Json:
    """A session as it stands now."""
    return {
        "sessionId": session.id,
        "channelId": session.channel_id,
        "agentId": session.agent_id,
        "userId": session.user_id,
        "createdAt": iso(session.created_at),
        "lastActivity": iso(session.last_activity),
        "metadata": session.metadata,
        "expiresAt": iso(session.expires_at),
        "timeoutConfig": timeout_config(session.timeout),
        "renewalCount": session.renewal_count,
        "timeRemaining": whole_ms(session.time_remaining(now)),
        "isNearExpiration": session.is_near_expiration(now),
    }


def session_status(exchange: Exchange, now: datetime) -> Json:
    """What a message did to its session."""
    session = exchange.session
    return {
        "expiresAt": iso(session.expires_at),
        "renewalCount": session.renewal_count,
        "wasRenewed": exchange.renewed,
        "isNearExpiration": session.is_near_expiration(now),
    }


@lru_cache(maxsize=1024)
def timeout_config(config: TimeoutConfig) -> orjson.Fragment:
    """The four members, spans in minutes."""
    return orjson.Fragment(
        orjson.dumps(
            {
                "timeoutMinutes": _minutes(config.timeout),
                "autoRenew": config.auto_renew,
                "maxDurationMinutes": _minutes(config.max_duration),
                "warningThresholdMinutes": _minutes(config.warning_threshold),
            }
        )
    )


def user_message(session: Session, entry: LogEntry) -> Json:
    """A message just said, in both spellings: the newest server's and the one its clients' types expect."""
    message = _message_of(entry)
    raw: Json = {"content": message.text}
    if message.attachments:
        raw["attachments"] = message.attachments
    return {
        "id": message.id,
        "channel_id": session.channel_id,
        "message_server_id": SERVER_ID,
        "author_id": message.author_id,
        "content": message.text,
        "created_at": epoch_ms(entry.at),
        "source_type": "user",
        "raw_message": raw,
        "metadata": user_metadata(session, message),
        "channelId": session.channel_id,
        "messageServerId": SERVER_ID,
        "authorId": message.author_id,
        "createdAt": iso(entry.at),
        "sourceType": "user",
        "rawMessage": raw,
    }


def user_metadata(session: Session, message: Message) -> Json:
    """The channel's members, then the session's, then the message's; the channel's cannot be overwritten."""
    channel = {
        "sessionId": session.id,
        "agentId": session.agent_id,
        "userId": session.user_id,
        "timeoutConfig": timeout_config(session.timeout),
    }
    if not session.metadata and not message.metadata:
        return channel
    return {**channel, **session.metadata, **message.metadata, **channel}


def reply_content(message: Message) -> Json:
    """The content of a reply: the agent's further members come last and replace none of ours."""
    content: Json = {
        "thought": message.thought or "",
        "actions": message.actions or ("REPLY",),
        "providers": (),
        "text": message.text,
        "simple": not message.actions or message.actions == ("REPLY",),
        "responseId": message.id,
        "inReplyTo": message.in_reply_to,
    }
    if message.attachments:
        content["attachments"] = message.attachments
    return content | {name: member for name, member in message.extra.items() if name not in content}


def no_reply_content(message_id: str) -> Json:
    """The content that says the agent chose not to answer."""
    return {
        "thought": "",
        "actions": ("IGNORE",),
        "providers": (),
        "text": "",
        "simple": True,
        "inReplyTo": message_id,
    }


def sent(exchange: Exchange, now: datetime, *, response: Json | None = None) -> bytes:
    """The answer to a message: elizaOS's members and the older flat ones, and all again in ``data`` for its client."""
    message = user_message(exchange.session, exchange.entry)
    parts: Json = {"success": True, "userMessage": message}
    if response is not None:
        parts["agentResponse"] = response
    parts["sessionStatus"] = session_status(exchange, now)
    parts["id"] = message["id"]
    parts["content"] = message["content"]
    parts["authorId"] = message["author_id"]
    parts["createdAt"] = message["createdAt"]
    parts["metadata"] = message["metadata"]
    written = orjson.dumps(parts)
    return b'%b,"data":%b}' % (written[:-1], written)


def history_message(session: Session, entry: LogEntry, *, agent_name: str) -> Json:
    """A message of the history."""
    message = _message_of(entry)
    by_agent = message.author is Author.AGENT
    return {
        "id": message.id,
        "content": message.text,
        "authorId": message.author_id,
        "isAgent": by_agent,
        "createdAt": iso(entry.at),
        "metadata": _reply_metadata(message, agent_name) if by_agent else _said_metadata(session, message),
        "seq": entry.seq,
    }


def _said_metadata(session: Session, message: Message) -> Json:
    metadata = user_metadata(session, message)
    if message.attachments:
        metadata.setdefault("attachments", message.attachments)
    return metadata


def _reply_metadata(message: Message, agent_name: str) -> Json:
    metadata: Json = {} if message.thought is None else {"thought": message.thought}
    metadata["actions"] = message.actions or ("REPLY",)
    metadata["isDm"] = True
    metadata["agent_id"] = message.author_id
    metadata["agentName"] = agent_name
    metadata["channelType"] = "DM"
    metadata["inReplyTo"] = message.in_reply_to
    if message.attachments:
        metadata["attachments"] = message.attachments
    return {**metadata, **message.metadata}


def _message_of(entry: LogEntry) -> Message:
    assert isinstance(entry.fact, Message)
    return entry.fact


def _minutes(span: timedelta) -> int | float | None:
    return plain_number(span / MINUTE)
