"""What an agent of elizaOS sees as its own: its rooms, what was said there, what it knows of people, its runs.

Here all of it belongs to users and their sessions; an agent's share is that of the rooms it is in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from ..domain import session as rules
from ..domain.channel import channel_of
from ..domain.errors import ChannelNotFound, MemoryNotFound, UserNotFound
from ..domain.log import Author, Message, ReplyMissing, Silence
from ..domain.memory import MemoryKind, NewVersion, ProcessingResult, VersionReason
from ..ports import Owner, SessionFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from ..domain.channel import Channel
    from ..domain.log import LogEntry
    from ..domain.memory import Memory
    from ..domain.recollection import KeptMemory
    from ..ports import Clock, Store
    from .channels import ChannelService

MOST_ROOMS = 200
"""Rooms of an agent that are looked at, the newest ones of its sessions first."""
ROWS = 400
"""Rows at the end of a room's log among which its runs are looked for."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the room it was said in."""

    room: Channel
    entry: LogEntry


@dataclass(frozen=True, slots=True)
class Run:
    """An agent's work on one message: from what was said to what came of it. ``ended``: None while it runs."""

    room: Channel
    agent_id: str
    begun: LogEntry
    ended: LogEntry | None

    @property
    def id(self) -> str:
        """The id of the message that is answered."""
        assert isinstance(self.begun.fact, Message)
        return self.begun.fact.id

    @property
    def status(self) -> str:
        """How it stands, in elizaOS's words."""
        fact = None if self.ended is None else self.ended.fact
        if not isinstance(fact, ReplyMissing):
            return "started" if fact is None else "completed"
        return {Silence.CHOSEN: "completed", Silence.TIMED_OUT: "timeout"}.get(fact.why, "error")


class AgentRooms:
    """Looks through the rooms of an agent. ``on_changed`` is told of whom a memory was worded anew."""

    def __init__(
        self,
        store: Store,
        channels: ChannelService,
        *,
        clock: Clock,
        on_changed: Callable[[Owner], None] = lambda _owner: None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._on_changed = on_changed

    async def rooms(self, agent_id: str) -> Sequence[Channel]:
        """The channels that the agent is in, of its live sessions and made by themselves, newest first."""
        which = SessionFilter(self._clock.now(), agent_id=agent_id)
        total = (await self._store.list(which, limit=1)).total
        page = await self._store.list(which, limit=MOST_ROOMS, offset=max(total - MOST_ROOMS, 0))
        kept = await self._store.channels(participant=agent_id, limit=MOST_ROOMS)
        found = {channel.id: channel for channel in map(channel_of, page.sessions)} | {each.id: each for each in kept}
        return sorted(found.values(), key=lambda channel: channel.created_at, reverse=True)

    async def room(self, agent_id: str, room: str) -> Channel:
        """One of them. Raises ChannelNotFound."""
        channel = await self._channels.get(room)
        if agent_id not in channel.participants:
            raise ChannelNotFound(room)
        return channel

    async def messages(
        self, agent_id: str, *, room: str | None = None, before: datetime | None = None, limit: int
    ) -> Sequence[Said]:
        """What was said in the agent's rooms, or in this one, newest first. Raises ChannelNotFound."""
        found: list[Said] = []
        for channel in await self._looked_at(agent_id, room):
            entries = await self._store.messages(channel.session_id, before=before, limit=limit)
            found += [Said(channel, entry) for entry in entries]
        return sorted(found, key=lambda said: said.entry.at, reverse=True)[:limit]

    async def memories(self, agent_id: str, *, room: str | None = None, limit: int) -> Sequence[KeptMemory]:
        """What is known of those who talk with the agent, or in this room; newest first. Raises ChannelNotFound."""
        found: list[KeptMemory] = []
        for owner in await self._owners(await self._looked_at(agent_id, room)):
            found += [kept for kept in await self._known(owner) if kept.memory.kind is MemoryKind.FACT]
        return sorted(found, key=lambda kept: kept.memory.created_at, reverse=True)[:limit]

    async def owner(self, agent_id: str, memory_id: str) -> Owner:
        """Of whom, among those who talk with the agent, this memory is. Raises MemoryNotFound."""
        for owner in await self._owners(await self.rooms(agent_id)):
            if await self._store.memories_by_id(owner, [memory_id]):
                return owner
        raise MemoryNotFound(memory_id)

    async def reword(self, agent_id: str, memory_id: str, text: str) -> Memory:
        """Put a new version of a memory, worded so, in the place of the current one. Raises MemoryNotFound."""
        owner = await self.owner(agent_id, memory_id)
        kept = await self._store.memory(owner, memory_id)
        now = self._clock.now()
        memory = replace(kept.memory, id=str(uuid4()), content=text, created_at=now)
        version = NewVersion(memory, memory_id, VersionReason.CHANGE)
        result = ProcessingResult(kept.memory.session_id, versions=(version,))
        session = await self._store.get(kept.memory.session_id)
        rule = partial(rules.redescribed, metadata=session.metadata)
        await self._store.record(owner, session.id, rule=rule, result=result, now=now)
        self._on_changed(owner)
        return memory

    async def runs(self, agent_id: str, *, room: str | None = None) -> Sequence[Run]:
        """The agent's latest runs in its rooms, or in this one, newest first. Raises ChannelNotFound."""
        found: list[Run] = []
        for channel in await self._looked_at(agent_id, room):
            session = await self._store.get(channel.session_id)
            entries = await self._store.log(session.id, after=max(session.last_seq - ROWS, 0), limit=ROWS)
            found += _runs(channel, entries, own=session.agent_id, awaiting=session.awaiting)
        ours = [run for run in found if run.agent_id == agent_id]
        return sorted(ours, key=lambda run: run.begun.at, reverse=True)

    async def _looked_at(self, agent_id: str, room: str | None) -> Sequence[Channel]:
        return await self.rooms(agent_id) if room is None else [await self.room(agent_id, room)]

    async def _owners(self, rooms: Iterable[Channel]) -> Sequence[Owner]:
        sessions = [await self._store.get(room.session_id) for room in rooms]
        return list(dict.fromkeys(Owner(session.project, session.user_id) for session in sessions))

    async def _known(self, owner: Owner) -> Sequence[KeptMemory]:
        try:
            return await self._store.current_memories(owner)
        except UserNotFound:
            return []  # erased meanwhile


def _runs(room: Channel, entries: Sequence[LogEntry], *, own: str, awaiting: Sequence[str]) -> list[Run]:
    """The runs that these rows tell of; what nobody was to answer is none. ``own``: the session's agent."""
    ends: dict[str, LogEntry] = {}
    for entry in entries:
        if isinstance(entry.fact, Message | ReplyMissing) and entry.fact.in_reply_to:
            ends.setdefault(entry.fact.in_reply_to, entry)
    asked = [(entry, entry.fact) for entry in entries if isinstance(entry.fact, Message)]
    return [
        Run(room, said.addressee or own, entry, ends.get(said.id))
        for entry, said in asked
        if said.author is Author.USER and (said.id in ends or said.id in awaiting)
    ]
