"""Channels: conversations as their members see them; made, found, talked in, emptied and deleted.

What is said in a channel is rows of the log of the session behind it (see ``domain.channel``), so that history, memory
and live events work for channels as they do for sessions.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..domain import channel as rules
from ..domain import session as session_rules
from ..domain.agent import UUID_SHAPE, string_to_uuid
from ..domain.channel import HOME_SERVER, Channel, ChannelType, channel_of, owner_of
from ..domain.errors import ChannelNotFound, InvalidInput, MessageNotFound, SessionNotFound
from ..domain.log import Author
from ..domain.session import Processing, Session
from ..domain.timeouts import LONGEST, UNENDING
from ..domain.user import DEFAULT_PROJECT
from ..ports import ChannelChanged, Repeated
from .conversation import Exchange, WaitingRoom
from .posting import Entering, Posting, addressee_of, unanswered
from .sessions import history_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..domain.session import Change
    from ..ports import Clock, EventBus, Store
    from .agents import AgentDirectory
    from .recent import RecentMessages
    from .replies import Replies
    from .sessions import History

__all__ = ["ChannelDraft", "ChannelService", "Posting"]

MANY = 1000
"""Channels that are looked through for one between two members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """A channel as somebody wishes it. ``id``: None for a new one."""

    name: str
    type: ChannelType = ChannelType.GROUP
    participants: tuple[str, ...] = ()
    id: str | None = None
    server_id: str = HOME_SERVER
    source_type: str | None = None
    source_id: str | None = None
    topic: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class ChannelService:
    """The life of channels. ``room`` in its methods is the id of a channel, or of a session for that session's channel.

    ``remember``, ``quiet_of``: as for sessions.
    """

    def __init__(
        self,
        store: Store,
        agents: AgentDirectory,
        replies: Replies,
        *,
        recent: RecentMessages,
        bus: EventBus,
        clock: Clock,
        remember: timedelta,
        waiting: WaitingRoom | None = None,
        quiet_of: Callable[[str], timedelta | None] = lambda _agent_id: None,
    ) -> None:
        self._store = store
        self._agents = agents
        self._replies = replies
        self._recent = recent
        self._bus = bus
        self._clock = clock
        self._remember = remember
        self._waiting = waiting or WaitingRoom()
        self._quiet_of = quiet_of

    # -------------------------------------------------------------------------------------------------- finding, making

    async def session_of(self, room: str) -> Session:
        """The session in whose log the room's messages are, alive or not. Raises ChannelNotFound."""
        try:
            return await self._store.get(await self._store.session_in(room))
        except ChannelNotFound:
            return await self._named_by_session(room)

    async def get(self, room: str) -> Channel:
        """The channel. Raises ChannelNotFound."""
        return (await self._place(room))[1]

    async def list(
        self, *, server_id: str | None = None, participant: str | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[Channel]:
        """Channels that somebody made or described, oldest first; not those that only came with a session."""
        return await self._store.channels(server_id=server_id, participant=participant, limit=limit, offset=offset)

    async def create(self, draft: ChannelDraft) -> Channel:
        """Make a channel, with a session behind it that never times out."""
        channel_id = draft.id or str(uuid4())
        now = self._clock.now()
        channel = Channel(
            id=channel_id,
            session_id="",
            name=draft.name,
            type=draft.type,
            server_id=draft.server_id,
            participants=tuple(dict.fromkeys(draft.participants)),
            source_type=draft.source_type,
            source_id=draft.source_id,
            topic=draft.topic,
            metadata=draft.metadata,
            created_at=now,
            updated_at=now,
        )
        opened = session_rules.opened(self._session_behind(channel))
        session = await self._store.create(opened, idempotency_key=f"channel/{channel_id}")
        channel = replace(channel, session_id=session.id)
        await self._store.put_channel(channel)
        return channel

    async def direct(self, one: str, other: str, *, server_id: str = HOME_SERVER) -> Channel:
        """The oldest direct channel between these two, made if there is none."""
        for channel in await self._store.channels(server_id=server_id, participant=one, limit=MANY):
            if channel.type is ChannelType.DM and set(channel.participants) == {one, other}:
                return channel
        first, second = sorted((one, other))
        draft = ChannelDraft(
            id=string_to_uuid(f"dm:{server_id}:{first}:{second}"),
            name=f"DM-{first}-{second}",
            type=ChannelType.DM,
            participants=(one, other),
            server_id=server_id,
            metadata={"user1": first, "user2": second},
        )
        return await self.create(draft)

    # ---------------------------------------------------------------------------------------------------------- talking

    async def post(self, room: str, posting: Posting) -> Exchange:
        """Keep a message, and have it answered by whoever is addressed; a turn that is over where that is nobody.

        A channel that is not there is made, between the author and whoever is addressed; its id must be a UUID. In a
        session's channel, what its user says is a message of the session. Raises ChannelNotFound, SessionNotFound,
        SessionExpired, SessionBusy, StoreUnavailable.
        """
        session, channel = await self._place_for(room, posting)
        addressee = addressee_of(posting, channel, self._agents.all())
        entering = Entering(
            posting, channel, addressee=addressee, clock=self._clock, remember=self._remember, room=self._waiting
        )
        try:
            session = await self._store.change(session.id, entering, idempotency_key=posting.key)
        except Repeated as repeated:
            (entry,) = await self._store.log(session.id, after=repeated.seq - 1, limit=1)
            return await self._exchange(await self._store.get(session.id), entry, answered=addressee, repeated=True)
        return await self._exchange(session, entering.entry, answered=addressee)

    async def history(
        self, room: str, *, before: datetime | None = None, after: datetime | None = None, limit: int
    ) -> History:
        """Messages with ``after < at < before``, as :meth:`SessionService.history` gives them.

        Also of a session that is over, until its channel is deleted.
        """
        session = await self.session_of(room)
        return await history_of(self._recent, session, before=before, after=after, limit=limit)

    async def message(self, message_id: str, *, participant: str | None = None) -> tuple[Channel, LogEntry]:
        """A message of any channel, or of any that this participant is in; the first said, should several have the id.

        Raises MessageNotFound.
        """
        for session_id in await self._store.sessions_of_message(message_id):
            with suppress(ChannelNotFound):  # it was said where there is no channel, or none any more
                channel = await self.get(session_id)
                if participant is None or participant in channel.participants:
                    return channel, await self._store.message(session_id, message_id)
        raise MessageNotFound(message_id)

    # --------------------------------------------------------------------------------------------------------- changing

    async def update(
        self,
        room: str,
        *,
        name: str | None = None,
        participants: Sequence[str] | None = None,
        topic: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Channel:
        """Change what is named; metadata are merged key by key. Publishes ``updated``. Raises ChannelNotFound."""
        _, channel = await self._place(room)
        updates = {"name": name, "participants": participants and tuple(dict.fromkeys(participants)), "topic": topic}
        changes: dict[str, Any] = {key: value for key, value in updates.items() if value is not None}
        if metadata is not None:
            changes["metadata"] = {**channel.metadata, **metadata}
        changed = replace(channel, **changes, updated_at=self._clock.now())
        await self._store.put_channel(changed)
        self._publish(changed, "updated", updates=changes)
        return changed

    async def add_participant(self, room: str, entity_id: str) -> Channel:
        """Have somebody in the channel. Raises ChannelNotFound."""
        channel = await self.get(room)
        if entity_id in channel.participants:
            return channel
        return await self.update(room, participants=(*channel.participants, entity_id))

    async def remove_participant(self, room: str, entity_id: str) -> Channel:
        """Have somebody in the channel no more. Raises ChannelNotFound."""
        channel = await self.get(room)
        return await self.update(room, participants=[each for each in channel.participants if each != entity_id])

    async def delete_message(self, room: str, message_id: str) -> None:
        """Take a message out of the channel for good; publishes ``message_deleted``. Memories made of it stay.

        Raises ChannelNotFound, MessageNotFound.
        """
        session, channel = await self._place(room)
        await self._store.message(session.id, message_id)
        rule = partial(self._now, rules.taken_back, message_ids=(message_id,))
        await self._store.erase_messages(session.id, rule, message_ids=[message_id])
        self._publish(channel, "message_deleted", messageId=message_id)

    async def clear(self, room: str) -> None:
        """Take every message out of the channel for good; publishes ``cleared``. Raises ChannelNotFound."""
        session, channel = await self._place(room)
        await self._store.erase_messages(session.id, partial(self._now, rules.taken_back), message_ids=None)
        self._publish(channel, "cleared")

    async def delete(self, room: str) -> None:
        """Delete the channel with its messages and end its session; publishes ``deleted``. Raises ChannelNotFound."""
        session, channel = await self._place(room)
        await self._store.erase_messages(session.id, partial(self._now, rules.closed), message_ids=None)
        await self._store.remove_channel(channel.id)
        self._publish(channel, "deleted")

    # ------------------------------------------------------------------------------------------------------------ parts

    async def _place(self, room: str) -> tuple[Session, Channel]:
        session = await self.session_of(room)
        try:
            return session, await self._store.channel(session.channel_id)
        except ChannelNotFound:
            return session, channel_of(session)

    async def _place_for(self, room: str, posting: Posting) -> tuple[Session, Channel]:
        """The room, made where there is none. People who speak in one are in it from then on; agents are asked in."""
        try:
            session, channel = await self._place(room)
        except ChannelNotFound:
            channel = await self.create(_unknown(room, posting))
            return await self._store.get(channel.session_id), channel
        joins = posting.author is Author.USER and not session.agent_id
        if joins and posting.author_id not in channel.participants:
            channel = await self.update(room, participants=(*channel.participants, posting.author_id))
        return session, channel

    async def _named_by_session(self, session_id: str) -> Session:
        """The session of this id, unless it is one that has no channel: of the memory wire, or its channel is gone."""
        try:
            session = await self._store.get(session_id)
        except SessionNotFound:
            raise ChannelNotFound(session_id) from None
        if session.project != DEFAULT_PROJECT or not session.channel_id:
            raise ChannelNotFound(session_id)
        if not session.agent_id:
            await self._store.channel(session.channel_id)
        return session

    async def _exchange(
        self, session: Session, entry: LogEntry, *, answered: str | None, repeated: bool = False
    ) -> Exchange:
        turn = await self._replies.turn_of(session, entry) if answered else unanswered(session, entry)
        return Exchange(session, entry, turn, repeated=repeated)

    def _session_behind(self, channel: Channel) -> Session:
        now = channel.created_at
        agents = [agent.id for agent in self._agents.all()]
        answering = next((each for each in channel.participants if each in agents), "")
        return Session(
            id=str(uuid4()),
            channel_id=channel.id,
            agent_id="",
            user_id=owner_of(channel, agents=agents),
            created_at=now,
            last_activity=now,
            expires_at=now + LONGEST,
            timeout=UNENDING,
            processing=Processing(quiet=self._quiet_of(answering)),
            last_at=now,
        )

    def _now(self, rule: Callable[..., Change], session: Session, **values: Any) -> Change:
        return rule(session, now=self._clock.now(), **values)

    def _publish(self, channel: Channel, change: str, **details: Any) -> None:
        self._bus.publish(ChannelChanged(channel.id, channel.session_id, change, details))


def _unknown(room: str, posting: Posting) -> ChannelDraft:
    """The channel that is made when somebody speaks where there is none. Raises InvalidInput."""
    if not UUID_SHAPE.fullmatch(room):
        raise InvalidInput("channel_id", "must be a UUID")
    return ChannelDraft(
        id=room,
        name=f"Chat {room[-8:]}",
        type=ChannelType.DM if posting.is_dm else ChannelType.GROUP,
        participants=(posting.author_id, *filter(None, [posting.addressee])),
        server_id=posting.server_id or HOME_SERVER,
        source_type=posting.source,
    )
