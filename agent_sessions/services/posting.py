"""A message that is posted to a channel: what it says, who is to answer it, and the rule by which it enters the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..domain import session as rules
from ..domain.agent import UUID_SHAPE
from ..domain.channel import asked, mentioned
from ..domain.log import Author, LogEntry, Message, ReplyMissing, Silence
from ..domain.session import ensure_live
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from ..domain.agent import AgentDefinition
    from ..domain.channel import Channel
    from ..domain.session import Change, Session
    from ..ports import Clock
    from .conversation import WaitingRoom

SAID_BY_USER = "user"
"""The source of messages whose sender names none (elizaOS's word)."""
BY_AGENTS = frozenset({"agent_response", "agent_action"})
"""The sources of messages that an agent outside this server speaks with (elizaOS's words)."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What somebody says in a channel. Attachments and metadata are JSON as it was given.

    ``source``: where it came from, in words of whoever brought it in; those of ``BY_AGENTS`` make it an agent's.
    ``message_id``: the id it shall have; said again under the same id, it is the message of then. ``addressee``: the
    agent that is to answer. ``is_dm``: whether a channel that must be made for it is a direct one; ``server_id``: whose
    that is. ``in_reply_to``, ``thought`` and ``actions`` belong to agents' messages.
    """

    author_id: str
    text: str
    author_name: str | None = None
    attachments: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    server_id: str | None = None
    message_id: str | None = None
    is_dm: bool = False
    addressee: str | None = None
    in_reply_to: str | None = None
    thought: str | None = None
    actions: tuple[str, ...] = ()

    @property
    def author(self) -> Author:
        """Whether a user or an agent says it."""
        return Author.AGENT if self.source in BY_AGENTS else Author.USER

    @property
    def key(self) -> str | None:
        """Under which a repetition is known."""
        return None if self.message_id is None else f"message/{self.message_id}"


def addressee_of(posting: Posting, channel: Channel, agents: Sequence[AgentDefinition]) -> str | None:
    """Who of the channel's agents is to answer: the one addressed, else the first that is named, else the first there.

    ``agents``: those of the server, running ones first. Nobody answers agents, so that two never talk without end.
    """
    if posting.author is Author.AGENT:
        return None
    present = [each for each in agents if each.id in channel.participants and each.id != posting.author_id]
    if any(each.id == posting.addressee for each in present):
        return posting.addressee
    if not channel.is_direct and (named := mentioned(posting.text, [each.character for each in present])):
        return named.id
    order = {each: place for place, each in enumerate(channel.participants)}
    first = sorted(present, key=lambda each: (each.status, order[each.id]))
    return first[0].id if first else None


class Entering:
    """The rule that enters a posting, and the row it made. ``addressee``: None when nobody is to answer."""

    entry: LogEntry

    def __init__(
        self,
        posting: Posting,
        channel: Channel,
        *,
        addressee: str | None,
        clock: Clock,
        remember: timedelta,
        room: WaitingRoom,
    ) -> None:
        self._posting = posting
        self._channel = channel
        self._addressee = addressee
        self._clock = clock
        self._remember = remember
        self._room = room
        given = posting.message_id
        self._id = given if given is not None and UUID_SHAPE.fullmatch(given) else str(uuid4())

    def __call__(self, session: Session) -> Change:
        now = self._clock.now()
        ensure_live(session, now, remember=self._remember)
        change = self._change(session, self._message(session))
        (self.entry,) = change.entries
        return change

    def _change(self, session: Session, message: Message) -> Change:
        now = self._clock.now()
        if message.author is Author.AGENT:
            answers = rules.concluded(session, message, now=now) if message.in_reply_to else None
            return answers or rules.noted(session, message, now=now)
        size = None if self._addressee is None else self._room.size
        if session.agent_id and message.author_id == session.user_id:
            return rules.posted(session, message, now=now, room=size, retry_after=self._room.retry_after)
        return asked(session, message, now=now, room=size, retry_after=self._room.retry_after)

    def _message(self, session: Session) -> Message:
        posting = self._posting
        own = self._addressee if self._addressee != session.agent_id else None
        return Message(
            id=self._id,
            author=posting.author,
            author_id=posting.author_id,
            text=posting.text,
            thought=posting.thought,
            actions=posting.actions,
            attachments=posting.attachments,
            metadata=self._metadata(session),
            in_reply_to=posting.in_reply_to,
            addressee=own,
            source=posting.source or SAID_BY_USER,  # None would mean: said in a session, not in its channel
        )

    def _metadata(self, session: Session) -> Mapping[str, Any]:
        """What was given, with the author's name; as ``speaker`` where several may speak, for memory to tell apart."""
        posting = self._posting
        if posting.author is Author.AGENT:
            return posting.metadata
        named: dict[str, Any] = {} if posting.author_name is None else {"senderName": posting.author_name}
        if not self._channel.is_direct or posting.author_id != session.user_id:
            named["speaker"] = posting.author_name or posting.author_id
        return {**posting.metadata, **named} if named else posting.metadata


def unanswered(session: Session, entry: LogEntry) -> Turn:
    """The turn of a message that nobody is to answer: over at once, with an outcome that is no row of the log."""
    turn = Turn(entry, agent_id=session.agent_id)
    turn.conclude(LogEntry(entry.session_id, entry.seq, entry.at, ReplyMissing(turn.message.id, Silence.CHOSEN)))
    return turn
