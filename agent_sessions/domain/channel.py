"""A channel: a conversation as its members see it, and who of them is to answer.

Every session has one, between its user and its agent. A channel may also be made by itself, by people or platforms;
then a session that never times out stands behind it. What is said in a channel is rows of that session's log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from . import session as rules
from .errors import SessionBusy
from .log import ReplyMissing, Silence
from .session import Change, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from .agent import Character
    from .log import LogEntry, Message
    from .session import Session

HOME_SERVER = "00000000-0000-0000-0000-000000000000"
"""The message server that channels belong to unless they say otherwise (elizaOS's default)."""


TAKEN_BACK = "The message was deleted"
"""Why a message that was deleted got no reply, fit for clients."""


class ChannelType(StrEnum):
    """The kinds of channels of elizaOS."""

    SELF = "SELF"
    DM = "DM"
    GROUP = "GROUP"
    VOICE_DM = "VOICE_DM"
    VOICE_GROUP = "VOICE_GROUP"
    FEED = "FEED"
    THREAD = "THREAD"
    WORLD = "WORLD"
    FORUM = "FORUM"
    API = "API"


DIRECT = frozenset({ChannelType.SELF, ChannelType.DM, ChannelType.VOICE_DM, ChannelType.API})
"""The kinds in which one user talks to agents; in the others several may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as it is kept. ``session_id``: whose log its messages are rows of.

    ``participants``: ids of users and agents, in the order they came. ``source_type`` and ``source_id``: the platform
    it was brought in from, and its id there. Times are aware UTC with whole milliseconds.
    """

    id: str
    session_id: str
    name: str
    type: ChannelType
    created_at: datetime
    updated_at: datetime
    server_id: str = HOME_SERVER
    participants: tuple[str, ...] = ()
    source_type: str | None = None
    source_id: str | None = None
    topic: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        """Whether one user talks to agents here."""
        return self.type in DIRECT


def channel_of(session: Session) -> Channel:
    """The channel that a session has without anybody having described it."""
    return Channel(
        id=session.channel_id,
        session_id=session.id,
        name=f"session-{session.id}",
        type=ChannelType.DM,
        participants=(session.user_id, session.agent_id),
        source_type="sessions",
        created_at=session.created_at,
        updated_at=session.created_at,
        metadata={"sessionId": session.id, "agentId": session.agent_id, "userId": session.user_id, "isDm": True},
    )


def asked(session: Session, message: Message, *, now: datetime, room: int | None, retry_after: timedelta) -> Change:
    """Somebody says something in a channel, which does not touch the clock of the session behind it.

    ``room``: how many messages may wait for a reply, this one included; None when nobody is to answer. Raises
    :class:`SessionBusy` when there is no room.
    """
    if room is not None and len(session.awaiting) >= room:
        raise SessionBusy(session.id, limit=room, retry_after=retry_after)
    change = rules.noted(session, message, now=now)
    if room is None:
        return change
    waiting = {"awaiting": (*session.awaiting, message.id)}
    return replace(change, session=rules.changed(change.session, waiting))


def taken_back(session: Session, message_ids: tuple[str, ...] = (), *, now: datetime) -> Change:
    """These messages (all, where none is named) leave the conversation. Those that waited for a reply get none."""
    waited = [each for each in session.awaiting if each in message_ids or not message_ids]
    entries: list[LogEntry] = []
    for each in waited:
        if change := rules.concluded(session, ReplyMissing(each, Silence.CANCELLED, TAKEN_BACK), now=now):
            session, entries = change.session, [*entries, *change.entries]
    last = rules.erased(session, message_ids, now=now)
    return Change(last.session, (*entries, *last.entries))


def closed(session: Session, *, now: datetime) -> Change:
    """The channel is deleted: all messages leave it, its session ends, and nothing of it becomes memories any more.

    The session loses its channel with that, so that nobody finds one by the other.
    """
    emptied = taken_back(session, now=now)
    ended = emptied
    if session.state is not State.ENDED:
        end = rules.ended(emptied.session, now=now, forgotten=True)
        ended = Change(end.session, (*emptied.entries, *end.entries))
    return replace(ended, session=rules.changed(ended.session, {"channel_id": ""}))


def owner_of(channel: Channel, *, agents: Sequence[str]) -> str:
    """Whose memories are made of the channel: of its one user in a direct channel, else the channel is its own user.

    So nothing that somebody says in a group becomes a memory about anybody else.
    """
    people = [each for each in channel.participants if each not in agents]
    if not channel.is_direct:
        return channel.id
    return (people or channel.participants or (channel.id,))[0]


def mentioned(text: str, agents: Sequence[Character]) -> Character | None:
    """The agent that is named first in a text, as a word of its own, in any case; with or without ``@``."""
    found = [(place.start(), agent) for agent in agents if (place := _naming(agent.name).search(text))]
    return min(found, key=lambda one: one[0])[1] if found else None


def _naming(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
