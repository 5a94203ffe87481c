"""The channels' half of a store, the same over either database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from . import procedures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...domain.channel import Channel
    from ...domain.log import LogEntry
    from ...domain.session import Session
    from ...ports import Decide
    from ..group_commit import GroupCommit
    from ..memory.procedures import Procedure

T = TypeVar("T")


class ChannelRecords(ABC):
    """Implements :class:`~agent_sessions.ports.ChannelStore`. Writes go through the same queue as those of sessions."""

    _commits: GroupCommit

    @abstractmethod
    async def _ask(self, procedure: Procedure[T]) -> T:
        """Run a procedure that only reads; all it reads is of one moment."""

    async def session_in(self, channel_id: str) -> str:
        """The session whose channel this is. Raises ChannelNotFound."""
        return await self._ask(procedures.session_in(channel_id))

    async def channel(self, channel_id: str) -> Channel:
        """Raises ChannelNotFound."""
        return await self._ask(procedures.channel(channel_id))

    async def channels(
        self, *, server_id: str | None = None, participant: str | None = None, limit: int, offset: int = 0
    ) -> Sequence[Channel]:
        """Channels in the order they were made."""
        return await self._ask(
            procedures.channels(server_id=server_id, participant=participant, limit=limit, offset=offset)
        )

    async def put_channel(self, channel: Channel) -> None:
        """Keep this channel in place of any with the same id."""
        await self._commits.perform(procedures.put_channel(channel))

    async def remove_channel(self, channel_id: str) -> None:
        """Forget the channel."""
        await self._commits.perform(procedures.remove_channel(channel_id))

    async def message(self, session_id: str, message_id: str) -> LogEntry:
        """A message of a session. Raises MessageNotFound."""
        return await self._ask(procedures.message(session_id, message_id))

    async def sessions_of_message(self, message_id: str) -> Sequence[str]:
        """Where messages of this id are, the earliest first."""
        return await self._ask(procedures.sessions_of_message(message_id))

    async def erase_messages(self, session_id: str, rule: Decide, *, message_ids: Sequence[str] | None) -> Session:
        """Apply the rule and take these messages (None: all) out of the log, both or neither."""
        work = procedures.erase_messages(session_id, message_ids)
        changed: Session = await self._commits.perform(work, session_id=session_id, rule=rule)
        return changed
