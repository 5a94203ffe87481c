"""Sessions as the memory wire knows them: of a user, without an agent, ending only by being processed or erased.

They are rows like all sessions, so that a user's agent sessions show here too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..domain import session as rules
from ..domain.errors import WrongSessionState
from ..domain.log import Author, Message
from ..domain.memory import Role
from ..domain.session import MemoryStatus, Processing, Session
from ..domain.timeouts import LONGEST, UNENDING
from .backends import nothing_to_forget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..domain.session import Change
    from ..ports import Clock, Owner, Page, Store
    from .backends import Forget


class MemorySessionService:
    """Opens, lists and erases a user's sessions, takes their messages and has them processed.

    ``forget`` is called for those of whom a session, with all that was made of it, may not be kept beside the store
    any longer.
    """

    def __init__(self, store: Store, *, clock: Clock, forget: Forget = nothing_to_forget) -> None:
        self._store = store
        self._clock = clock
        self._forget = forget

    async def open(
        self,
        owner: Owner,
        *,
        quiet: timedelta,
        metadata: Mapping[str, Any] | None = None,
        created_at: datetime | None = None,
    ) -> Session:
        """A new session of a known user, processed by itself once no message came for ``quiet``.

        ``created_at``: for conversations brought in from elsewhere; memories made of it date from then.
        Raises UserNotFound.
        """
        await self._store.require_user(owner)
        now = self._clock.now()
        session = Session(
            id=str(uuid4()),
            channel_id=str(uuid4()),
            agent_id="",
            user_id=owner.user_id,
            project=owner.project,
            created_at=created_at or now,
            last_activity=now,
            expires_at=now + LONGEST,
            timeout=UNENDING,
            metadata=metadata or {},
            processing=Processing(quiet=quiet),
            last_at=created_at or now,
        )
        return await self._store.create(rules.opened(session))

    async def get(self, owner: Owner, session_id: str) -> Session:
        """The session, alive or not. Raises UserNotFound before SessionNotFound."""
        return await self._store.session_of(owner, session_id)

    async def list(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        statuses: Sequence[MemoryStatus] = (),
    ) -> Page[Session]:
        """The user's sessions, newest first. Raises UserNotFound."""
        return await self._store.sessions_of(owner, limit=limit, offset=offset, matching=matching, statuses=statuses)

    async def redescribe(self, owner: Owner, session_id: str, metadata: Mapping[str, Any]) -> Session:
        """Replace the session's metadata. Raises UserNotFound, SessionNotFound."""
        await self.get(owner, session_id)
        return await self._store.change(session_id, partial(rules.redescribed, metadata=metadata))

    async def remove(self, owner: Owner, session_id: str) -> None:
        """Erase the session and everything made from it. Raises UserNotFound, SessionNotFound."""
        await self.get(owner, session_id)
        await self._forget(owner, session_id=session_id)  # first: if that fails, it can be tried again
        await self._store.remove_session(owner, session_id)
        await self._forget(owner, session_id=session_id)  # what was remembered meanwhile

    async def add_message(
        self, owner: Owner, session_id: str, *, role: Role, text: str, speaker: str | None = None
    ) -> None:
        """Something was said; the time of quiet begins anew. ``speaker``: the name of who spoke, in chats of several.

        Raises UserNotFound, SessionNotFound, or WrongSessionState unless the session is pending.
        """
        await self.get(owner, session_id)

        def decide(session: Session) -> Change:
            _ensure_status(session, MemoryStatus.PENDING, doing="add a message to")
            return rules.noted(session, _message(session, role, text, speaker), now=self._clock.now())

        await self._store.change(session_id, decide)

    async def process(self, owner: Owner, session_id: str) -> None:
        """Have the conversation made into memories now; returns once that has begun.

        Raises UserNotFound, SessionNotFound, or WrongSessionState unless the session is pending or has failed.
        """
        await self.get(owner, session_id)

        def decide(session: Session) -> Change:
            _ensure_status(session, MemoryStatus.PENDING, MemoryStatus.FAILED, doing="process")
            return rules.processing_begun(session, now=self._clock.now())

        await self._store.change(session_id, decide)

    async def messages(self, owner: Owner, session_id: str, *, limit: int, offset: int = 0) -> Page[LogEntry]:
        """The session's messages, oldest first. Raises UserNotFound, SessionNotFound."""
        await self.get(owner, session_id)
        return await self._store.messages_page(owner, session_id, limit=limit, offset=offset)


def _ensure_status(session: Session, *allowed: MemoryStatus, doing: str) -> None:
    status = session.processing.status
    if status not in allowed:
        wanted = " or ".join(each.value.upper() for each in allowed)
        raise WrongSessionState(f"Cannot {doing} a session in state {status.value.upper()}; it must be {wanted}")


def _message(session: Session, role: Role, text: str, speaker: str | None) -> Message:
    author = Author.USER if role is Role.USER else Author.AGENT
    author_id = session.user_id if role is Role.USER else session.agent_id
    metadata = {"speaker": speaker} if speaker else {}
    return Message(id=str(uuid4()), author=author, author_id=author_id, text=text, metadata=metadata)
