"""Channels and their messages as this wire reads and writes them, in the newest server's spelling and in the older."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.agent import UUID_SHAPE
from ...domain.channel import HOME_SERVER, ChannelType
from ...domain.log import Author, Message
from ...services.channels import ChannelDraft, Posting
from . import schemas
from .errors import invalid
from .times import epoch_ms, iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...domain.channel import Channel
    from ...domain.log import LogEntry
    from ..bodies import Body
    from .render import Json

LONGEST_NAME = 200
MOST_PARTICIPANTS = 1000
PARTICIPANTS = "participantCentralUserIds"
"""The member that elizaOS's clients keep a channel's participants in; in the metadata too, where they look for it."""


def channel(told: Channel) -> Json:
    """A channel."""
    return {
        "id": told.id,
        "messageServerId": told.server_id,
        "serverId": told.server_id,
        "name": told.name,
        "type": told.type.value,
        "sourceType": told.source_type,
        "sourceId": told.source_id,
        "topic": told.topic,
        "metadata": {**told.metadata, PARTICIPANTS: told.participants},
        "createdAt": iso(told.created_at),
        "updatedAt": iso(told.updated_at),
    }


def message(room: Channel, entry: LogEntry, *, agent_name: str = "") -> Json:
    """A message of a channel. ``agent_name``: of the agent that said it."""
    said = entry.fact
    assert isinstance(said, Message)
    raw, metadata = _raw(said), _metadata(room, said, agent_name)
    return {
        "id": said.id,
        "channelId": room.id,
        "channel_id": room.id,
        "messageServerId": room.server_id,
        "message_server_id": room.server_id,
        "authorId": said.author_id,
        "author_id": said.author_id,
        "content": said.text,
        "rawMessage": raw,
        "raw_message": raw,
        "sourceType": source_of(said),
        "source_type": source_of(said),
        "sourceId": said.id,
        "inReplyToRootMessageId": said.in_reply_to,
        "in_reply_to_message_id": said.in_reply_to,
        "metadata": metadata,
        "createdAt": iso(entry.at),
        "updatedAt": iso(entry.at),
        "created_at": epoch_ms(entry.at),
        "updated_at": epoch_ms(entry.at),
    }


def source_of(said: Message) -> str:
    """Where a message comes from, in elizaOS's words: clients tell agents from people by it."""
    return "agent_response" if said.author is Author.AGENT and said.source is None else said.source or "user"


def _raw(said: Message) -> Json:
    raw: Json = {"content": said.text, "text": said.text}
    further = {"thought": said.thought, "actions": said.actions, "attachments": said.attachments}
    return raw | {name: member for name, member in further.items() if member}


def _metadata(room: Channel, said: Message, agent_name: str) -> Json:
    metadata: Json = dict(said.metadata)
    if said.author is Author.AGENT:
        names = {"agent_id": said.author_id, "agentName": agent_name, "thought": said.thought, "actions": said.actions}
        metadata = {name: member for name, member in names.items() if member} | metadata
    if said.attachments:
        metadata.setdefault("attachments", said.attachments)
    return {"channelType": room.type.value, "isDm": room.type is ChannelType.DM, **metadata}


# ---------------------------------------------------------------------------------------------------------- reading


def new_channel(body: Body) -> ChannelDraft:
    """A channel to be made. Raises Refused."""
    asked = schemas.members(body)
    return ChannelDraft(
        name=name(asked.get("name")) or _missing("name"),
        type=_type(asked.get("type")),
        participants=participants(asked) or (),
        server_id=server_id(asked),
        source_type=_text(asked, "sourceType", "source_type"),
        source_id=_text(asked, "sourceId", "source_id"),
        topic=_text(asked, "topic"),
        metadata=metadata(asked),
    )


def metadata(asked: dict[str, Any]) -> Mapping[str, Any]:
    """The metadata, without the participants, which have a member of their own. Raises Refused."""
    return {key: value for key, value in schemas.metadata(asked).items() if key != PARTICIPANTS}


def posting(body: Body, *, author_id: str | None = None) -> Posting:
    """What is said. ``author_id``: who says it where the body does not tell. Raises Refused."""
    asked = schemas.members(body)
    raw = asked.get("raw_message", asked.get("rawMessage"))
    raw = raw if isinstance(raw, dict) else {}
    said = _content(asked, raw)
    attached = schemas.attachments({"attachments": asked.get("attachments", raw.get("attachments"))})
    if not said and not attached:
        raise _missing("content")
    said_of_it = schemas.metadata(asked)
    return Posting(
        author_id=uuid(asked, "author_id", "authorId", "senderId") or author_id or _missing("author_id"),
        text=said,
        author_name=_text(asked, "author_display_name", "senderName", "authorName"),
        attachments=attached,
        metadata=said_of_it,
        source=_text(asked, "source_type", "sourceType", "source"),
        server_id=server_id(asked),
        message_id=uuid(asked, "messageId", "message_id") or uuid(said_of_it, "clientMessageId"),
        is_dm=said_of_it.get("isDm") is True or said_of_it.get("channelType") == ChannelType.DM.value,
        addressee=uuid(asked, "targetUserId") or uuid(said_of_it, "targetUserId"),
        in_reply_to=uuid(asked, "in_reply_to_message_id", "inReplyTo"),
        thought=_text(raw, "thought"),
        actions=_words(raw.get("actions")),
    )


def participants(asked: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The ids of who is to be in a channel, None where nothing is said. Raises Refused."""
    given = asked.get(PARTICIPANTS, asked.get("participantIds"))
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, str) and UUID_SHAPE.fullmatch(each) for each in given):
        raise invalid(f"{PARTICIPANTS} must be a list of UUIDs")
    if len(given) > MOST_PARTICIPANTS:
        raise invalid(f"{PARTICIPANTS} must be at most {MOST_PARTICIPANTS}")
    return tuple(given)


def server_id(asked: Mapping[str, Any]) -> str:
    """The message server, in any spelling; the one there is where nothing is said. Raises Refused."""
    names = ("message_server_id", "server_id", "messageServerId", "serverId")
    given = next((asked[each] for each in names if asked.get(each)), HOME_SERVER)
    if given == "0":  # of older clients
        return HOME_SERVER
    if not isinstance(given, str) or not UUID_SHAPE.fullmatch(given):
        raise invalid("Invalid message_server_id format")
    return given


def name(given: object) -> str | None:
    """A name, None where nothing is said. Raises Refused."""
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given.strip()) <= LONGEST_NAME:
        raise invalid(f"name must be text of 1 to {LONGEST_NAME} characters")
    return given


def uuid(asked: Mapping[str, Any], *names: str) -> str | None:
    """The first of these members that is said, which must be a UUID. Raises Refused."""
    for each in names:
        if given := asked.get(each):
            if not isinstance(given, str) or not UUID_SHAPE.fullmatch(given):
                raise invalid(f"Invalid {each} format")
            return given
    return None


def _content(asked: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    given = asked.get("content", asked.get("message", raw.get("text", "")))
    if isinstance(given, dict):
        given = given.get("text")
    if not isinstance(given, str):
        raise invalid("content must be a string")
    return given


def _type(given: object) -> ChannelType:
    """A kind that elizaOS does not know (as some clients send) is a group."""
    try:
        return ChannelType(str(given).upper())
    except ValueError:
        return ChannelType.GROUP


def _text(asked: Mapping[str, Any], *names: str) -> str | None:
    given = next((asked[each] for each in names if asked.get(each)), None)
    if given is not None and not isinstance(given, str):
        raise invalid(f"{names[0]} must be a string")
    return given


def _words(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()


def _missing(field: str) -> Any:
    raise invalid(f"Missing required field: {field}")
