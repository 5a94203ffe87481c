"""What clients ask for, read out of whatever they send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

from ...domain.agent import UUID_SHAPE
from ...services.channels import Posting
from ...services.following import Cursor
from ..eliza.bodies import Unstorable, plain
from .wording import BY_CLIENT

if TYPE_CHECKING:
    from collections.abc import Mapping

JOIN, SEND = 1, 2
"""The types of envelopes that mean something here; the others (3 to 6) are the server's own."""

LONGEST_NAME = 200
"""Characters of a room's name."""
REPEATED = UUID("8f0c3b1e-3c5b-5d0e-9a55-0d6f3c1c7a10")
"""The space of the ids that messages get whose sender gave them one."""

MISSING_ROOM = "channelId is required for joining."
MISSING_MEMBERS = (
    "For SEND_MESSAGE: channelId, messageServerId (message_server_id), senderId (author_id), and message are required."
)


class Unfit(Exception):
    """Something a client asked for in the wrong way. The text is told to it."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A wish to be in a room. ``after``: from where on it wants to be told what it missed; None: from now on."""

    room: str
    agent_id: str | None
    entity_id: str | None
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Sending:
    """A wish to say something. ``client_id``: the id by which the client knows the message."""

    room: str
    posting: Posting
    message_id: str
    client_id: str | None


def envelope(told: Any) -> tuple[int | None, Any]:
    """The type and payload of a ``message`` event."""
    if not isinstance(told, dict):
        return None, None
    kind = told.get("type")
    return (int(kind) if isinstance(kind, int | float | str) and str(kind) in {"1", "2"} else None), told.get("payload")


def joining(payload: Any) -> Joining:
    """Raises Unfit, or InvalidInput for a cursor that is none."""
    asked = _named(payload)
    after = asked.get("after")
    return Joining(
        room=_room(asked) or _unfit(MISSING_ROOM),
        agent_id=_text(asked, "agentId"),
        entity_id=_text(asked, "entityId"),
        after=None if after is None else Cursor.parse(str(after)),
    )


def leaving(payload: Any) -> str:
    """The name of the room. Raises Unfit."""
    return _room(_named(payload)) or _unfit(MISSING_ROOM)


def sending(payload: Any, *, entity_id: str | None) -> Sending:
    """``entity_id``: who the client is, should the payload not say. Raises Unfit."""
    asked = _members(payload)
    room, said = _room(asked), _said(asked)
    sender = _text(asked, "senderId", "author_id", "authorId") or entity_id
    if not room or not said or sender is None:
        raise Unfit(MISSING_MEMBERS)
    for field, given in (("channelId", room), ("senderId", sender)):
        if not UUID_SHAPE.fullmatch(given):
            raise Unfit(f"{field} must be a UUID")
    own_id = _text(asked, "messageId", "clientMessageId")
    message_id = _message_id(room, sender, own_id)
    posting = Posting(
        sender,
        said,
        author_name=_text(asked, "senderName", "displayName"),
        attachments=_attachments(asked),
        metadata=_metadata(asked),
        source=_text(asked, "source") or BY_CLIENT,
        server_id=_text(asked, "messageServerId", "message_server_id", "serverId", "server_id"),
        message_id=message_id,
        is_dm=_is_direct(asked),
        addressee=_text(asked, "targetUserId"),
    )
    return Sending(room, posting, message_id, own_id)


def _named(payload: Any) -> Mapping[str, Any]:
    """Some clients give the bare name of a room."""
    return {"roomId": payload} if isinstance(payload, str) else _members(payload)


def _members(payload: Any) -> Mapping[str, Any]:
    return payload if isinstance(payload, dict) else {}


def _room(asked: Mapping[str, Any]) -> str | None:
    name = _text(asked, "channelId", "channel_id", "roomId", "room_id", "sessionId")
    if name is not None and len(name) > LONGEST_NAME:
        raise Unfit(f"channelId must be at most {LONGEST_NAME} characters")
    return name


def _said(asked: Mapping[str, Any]) -> str | None:
    said = next((asked[name] for name in ("message", "content", "text") if asked.get(name)), None)
    if isinstance(said, dict):
        said = said.get("text")
    return said if isinstance(said, str) and said else None


def _message_id(room: str, sender: str, own_id: str | None) -> str:
    """The message's id. The same for what a client sends again under its own id, and nobody else's by any choice."""
    if own_id is None or not UUID_SHAPE.fullmatch(own_id):
        return str(uuid4())
    return str(uuid5(REPEATED, f"{room}/{sender}/{own_id}"))


def _attachments(asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    given = asked.get("attachments")
    if not given:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Unfit("attachments must be a list of objects")
    return tuple(_kept("attachments", one) for one in given)


def _metadata(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    given = asked.get("metadata")
    if not given:
        return {}
    if not isinstance(given, dict):
        raise Unfit("metadata must be an object")
    kept: Mapping[str, Any] = _kept("metadata", given)
    return kept


def _kept(field: str, given: Any) -> Any:
    try:
        return plain(given)
    except Unstorable as error:
        raise Unfit(f"{field}: {error}") from None


def _is_direct(asked: Mapping[str, Any]) -> bool:
    metadata = _members(asked.get("metadata"))
    return bool(metadata.get("isDm")) or "DM" in (metadata.get("channelType"), asked.get("channelType"))


def _text(asked: Mapping[str, Any], *names: str) -> str | None:
    """The first of these members that is a text with something in it."""
    return next((given for name in names if isinstance(given := asked.get(name), str) and given), None)


def _unfit(reason: str) -> str:
    raise Unfit(reason)
