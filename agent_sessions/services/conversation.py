"""Conversation: a user's message enters the log and gets its turn to be answered.

Knows nothing of transports, nor of how replies are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..domain import session as rules
from ..domain.frozen import quick
from ..domain.ids import new_id
from ..domain.log import Author, Message
from ..domain.session import ensure_live
from ..ports import Repeated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..domain.log import LogEntry
    from ..domain.session import Change, Session
    from ..ports import Clock, SessionStore
    from .replies import Replies
    from .turn import Turn


@dataclass(frozen=True, slots=True)
class Draft:
    """What a user wants to say. Attachments and metadata are JSON as it was given."""

    text: str
    attachments: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingRoom:
    """How many messages of one session may wait for a reply, the one being answered included, and when to come back
    if there is no room."""

    size: int = 16
    retry_after: timedelta = timedelta(seconds=1)


@quick
@dataclass(frozen=True, slots=True)
class Exchange:
    """A message that was said and kept (row ``entry``), the session after it, and the turn in which it is answered.

    ``repeated``: the message had been said before under the same idempotency key; this is the exchange of then.
    """

    session: Session
    entry: LogEntry
    turn: Turn
    repeated: bool = False

    @property
    def message(self) -> Message:
        """What was said."""
        assert isinstance(self.entry.fact, Message)
        return self.entry.fact

    @property
    def renewed(self) -> bool:
        """Whether the message renewed the session."""
        return self.message.renewal is not None


class Conversation:
    """Takes users' messages. An expired session is told apart from an unknown one for the time ``remember``."""

    def __init__(
        self,
        store: SessionStore,
        replies: Replies,
        *,
        clock: Clock,
        remember: timedelta,
        room: WaitingRoom | None = None,
    ) -> None:
        self._store = store
        self._replies = replies
        self._clock = clock
        self._remember = remember
        self._room = room or WaitingRoom()

    async def send(self, session_id: str, draft: Draft, *, idempotency_key: str | None = None) -> Exchange:
        """Keep a user's message, and have it answered after those before it.

        Returns once the message is durable; follow ``turn`` for the reply. Renews the session where its ``auto_renew``
        is on. Raises SessionNotFound, SessionExpired, SessionBusy, StoreUnavailable.
        """
        posting = _Posting(draft, clock=self._clock, remember=self._remember, room=self._room)
        try:
            session = await self._store.change(session_id, posting, idempotency_key=idempotency_key)
        except Repeated as repeated:
            return await self._exchange_of_then(session_id, repeated.seq)
        return Exchange(session, posting.entry, await self._replies.turn_of(session, posting.entry))

    async def _exchange_of_then(self, session_id: str, seq: int) -> Exchange:
        """The exchange that began with row ``seq``."""
        session = await self._store.get(session_id)
        ensure_live(session, self._clock.now(), remember=self._remember)
        (entry,) = await self._store.log(session_id, after=seq - 1, limit=1)
        return Exchange(session, entry, await self._replies.turn_of(session, entry), repeated=True)


class _Posting:
    """The rule that enters a user's message, and the row it made."""

    entry: LogEntry

    def __init__(self, draft: Draft, *, clock: Clock, remember: timedelta, room: WaitingRoom) -> None:
        self._draft = draft
        self._clock = clock
        self._remember = remember
        self._room = room

    def __call__(self, session: Session) -> Change:
        now = self._clock.now()
        ensure_live(session, now, remember=self._remember)
        message = Message(
            id=new_id(now),
            author=Author.USER,
            author_id=session.user_id,
            text=self._draft.text,
            attachments=self._draft.attachments,
            metadata=self._draft.metadata,
        )
        room = self._room
        change = rules.posted(session, message, now=now, room=room.size, retry_after=room.retry_after)
        (self.entry,) = change.entries
        return change
