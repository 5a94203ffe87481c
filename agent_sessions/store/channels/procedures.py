"""What is asked of the database about channels, and how messages are taken out of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...domain.channel import Channel, ChannelType
from ...domain.encoding import from_micros, to_micros
from ...domain.errors import ChannelNotFound, MessageNotFound
from ...domain.ids import session_of
from ...domain.log import Erased, Message, ReplyMissing, Silence
from ...domain.user import DEFAULT_PROJECT
from .. import facts, jsontext
from ..batch import Upshot
from ..memory.procedures import Ask, Put, listed
from ..rows import read_entry
from . import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ...domain.log import Fact, LogEntry
    from ..memory.procedures import Procedure, Rows

TAKEN_BACK = "The reply was deleted"


def creation_key(channel_id: str) -> str:
    """The idempotency key under which the session behind a channel is made."""
    return f"channel/{channel_id}"


def session_in(channel_id: str) -> Procedure[str]:
    """The session whose channel this is. Raises ChannelNotFound."""
    led_to = session_of(channel_id) or ""
    values = {"id": channel_id, "session_id": led_to, "project": DEFAULT_PROJECT}
    rows = yield Ask(statements.SESSION_IN, values)
    if not rows:
        raise ChannelNotFound(channel_id)
    session_id: str = rows[0][0]
    return session_id


def channel(channel_id: str) -> Procedure[Channel]:
    """The channel. Raises ChannelNotFound."""
    rows = yield Ask(statements.CHANNEL, {"id": channel_id})
    if not rows:
        raise ChannelNotFound(channel_id)
    return (yield from _with_participants(rows))[0]


def channels(*, server_id: str | None, participant: str | None, limit: int, offset: int) -> Procedure[list[Channel]]:
    """Channels in the order they were made."""
    named = {"server_id": server_id, "participant": participant}
    values = {name: value for name, value in named.items() if value is not None}
    rows = yield Ask(_CHANNELS[tuple(values)], {**values, "limit": limit, "offset": offset})
    return (yield from _with_participants(rows))


_CHANNELS = {
    (): statements.CHANNELS,
    ("server_id",): statements.CHANNELS_OF_SERVER,
    ("participant",): statements.CHANNELS_OF_PARTICIPANT,
    ("server_id", "participant"): statements.CHANNELS_OF_BOTH,
}


def put_channel(channel: Channel) -> Procedure[Upshot]:
    """Keep the channel with its participants."""
    yield Ask(statements.UPSERT_CHANNEL, _values(channel))
    yield Ask(statements.DELETE_PARTICIPANTS, {"id": channel.id})
    there = dict.fromkeys(channel.participants)
    if there:
        places = [{"id": channel.id, "entity_id": each, "place": place} for place, each in enumerate(there)]
        yield Put(statements.INSERT_PARTICIPANT, places)
    return Upshot()


def remove_channel(channel_id: str) -> Procedure[Upshot]:
    """Forget the channel."""
    yield Ask(statements.DELETE_PARTICIPANTS, {"id": channel_id})
    yield Ask(statements.DELETE_CHANNEL, {"id": channel_id})
    yield Ask(statements.DELETE_CREATION_KEY, {"key": creation_key(channel_id)})
    return Upshot()


def message(session_id: str, message_id: str) -> Procedure[LogEntry]:
    """A message of a session's log. Raises MessageNotFound."""
    rows = yield Ask(statements.MESSAGES_LIKE, {"session_id": session_id, "part": _naming(message_id)})
    for entry in (read_entry(session_id, row) for row in rows):
        if isinstance(entry.fact, Message) and entry.fact.id == message_id:
            return entry
    raise MessageNotFound(message_id)


def sessions_of_message(message_id: str) -> Procedure[list[str]]:
    """Where messages of this id are, the earliest first."""
    rows = yield Ask(statements.MESSAGE_SESSIONS_LIKE, {"part": _naming(message_id)})
    return [session_id for session_id, payload in rows if jsontext.loads(payload)["id"] == message_id]


def erase_messages(session_id: str, message_ids: Sequence[str] | None) -> Procedure[Upshot]:
    """Put a row that says so in the place of each of these messages (None: of all)."""
    rows = yield Ask(statements.MESSAGES_TO_ERASE, {"session_id": session_id})
    gone = [
        (seq, message)
        for seq, message in ((seq, jsontext.loads(payload)) for seq, payload in rows)
        if message_ids is None or message["id"] in message_ids
    ]
    if gone:
        places = [{"session_id": session_id, "seq": seq} for seq, _ in gone]
        replaced = [place | _row_of(_left(told)) for place, (_, told) in zip(places, gone, strict=True)]
        yield Put(statements.REPLACE_ROW, replaced)
        yield Put(statements.DELETE_MESSAGE_KEY, places)
        yield Put(statements.DELETE_EMBEDDINGS, [{"session_id": session_id}])
    return Upshot(rewritten=[session_id])


def _left(message: Mapping[str, Any]) -> Fact:
    """What stands where the message stood. The message it answered must not seem to wait for its reply again."""
    if answered := message.get("in_reply_to"):
        return ReplyMissing(answered, Silence.CHOSEN, TAKEN_BACK)
    return Erased((message["id"],))


def _row_of(fact: Fact) -> dict[str, str]:
    kind, payload = facts.encode(fact)
    return {"kind": kind, "payload": payload}


def _naming(message_id: str) -> str:
    """What the JSON of a message with this id contains, as a pattern."""
    escaped = message_id.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def _with_participants(rows: Rows) -> Procedure[list[Channel]]:
    found = yield Ask(statements.PARTICIPANTS, {"ids": listed([row[0] for row in rows])})
    return [_channel(row, _of(row[0], found)) for row in rows]


def _of(channel_id: str, participants: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    return tuple(entity_id for of, entity_id in participants if of == channel_id)


def _values(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "session_id": channel.session_id,
        "server_id": channel.server_id,
        "name": channel.name,
        "type": channel.type.value,
        "source_type": channel.source_type,
        "source_id": channel.source_id,
        "topic": channel.topic,
        "metadata": jsontext.dumps(channel.metadata, name="metadata"),
        "created_at": to_micros(channel.created_at),
        "updated_at": to_micros(channel.updated_at),
    }


def _channel(row: Sequence[Any], participants: tuple[str, ...]) -> Channel:
    return Channel(
        id=row[0],
        session_id=row[1],
        server_id=row[2],
        name=row[3],
        type=ChannelType(row[4]),
        source_type=row[5],
        source_id=row[6],
        topic=row[7],
        metadata=jsontext.loads(row[8]),
        created_at=from_micros(row[9]),
        updated_at=from_micros(row[10]),
        participants=participants,
    )
