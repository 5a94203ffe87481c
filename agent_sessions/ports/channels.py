"""Where channels are kept, and how messages are taken out of a log again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.channel import Channel
    from ..domain.log import LogEntry
    from ..domain.session import Session
    from .sessions import Decide


class ChannelStore(Protocol):
    """Where channels are kept that somebody made or described, with their participants.

    Those that come with a session and were never described are not here, but found by :meth:`session_in`.
    """

    async def session_in(self, channel_id: str) -> str:
        """The id of the session whose channel this is; not of one without an agent, unless its channel is kept here.

        Raises ChannelNotFound.
        """

    async def channel(self, channel_id: str) -> Channel:
        """Raises ChannelNotFound."""

    async def channels(
        self, *, server_id: str | None = None, participant: str | None = None, limit: int, offset: int = 0
    ) -> Sequence[Channel]:
        """Channels in the order they were made: of a message server, or with this participant, where named."""

    async def put_channel(self, channel: Channel) -> None:
        """Keep this channel in place of any with the same id."""

    async def remove_channel(self, channel_id: str) -> None:
        """Forget the channel and the key under which its session was made; harmless when there is none."""

    async def message(self, session_id: str, message_id: str) -> LogEntry:
        """The row of this message in the session's log. Raises MessageNotFound."""

    async def sessions_of_message(self, message_id: str) -> Sequence[str]:
        """The ids of the sessions with a message of this id, the one where it was said first before the others.

        Usually one; senders may choose ids, and choose the same for two sessions. Looks through all logs.
        """

    async def erase_messages(self, session_id: str, rule: Decide, *, message_ids: Sequence[str] | None) -> Session:
        """Apply the rule and take these messages (None: all) out of the log, both or neither.

        Where a message stood, a row that tells so takes its place: ``Erased``, or ``ReplyMissing`` of a reply. Their
        idempotency keys are forgotten. A rule that returns None leaves all as it was.
        """
