"""Sessions: begin, look up, keep alive, change, end, and read back what was said.

Knows the rules (``domain.session``), the store and who is running; nothing of HTTP or of how replies are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..domain import session as rules
from ..domain.ids import channel_of, new_id
from ..domain.session import Processing, Session, ensure_known, ensure_live
from ..domain.timeouts import NOTHING, expiry
from ..ports import Owner, SessionFilter
from .backends import nothing_to_forget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from ..domain.log import LogEntry
    from ..domain.session import Change
    from ..domain.timeouts import TimeoutOverrides, TimeoutPolicy
    from ..ports import Clock, Decide, SessionCounts, SessionPage, Store
    from .agents import AgentDirectory
    from .backends import Forget
    from .recent import RecentMessages


@dataclass(frozen=True, slots=True)
class History:
    """A page of a session's messages, oldest first. ``has_more``: whether the range holds messages beyond the page."""

    session: Session
    entries: Sequence[LogEntry]
    has_more: bool


async def history_of(
    recent: RecentMessages, session: Session, *, before: datetime | None, after: datetime | None, limit: int
) -> History:
    """The page of this session, as the store just gave it, that :meth:`SessionService.history` tells of."""
    entries = await recent.messages(session, before=before, after=after, limit=limit + 1)
    has_more = len(entries) > limit
    forwards = after is not None and before is None
    return History(session, (entries[:limit] if forwards else entries[-limit:]) if has_more else entries, has_more)


class SessionService:
    """The life of sessions. An expired session is told apart from an unknown one for the time ``remember``.

    ``quiet_of``: after how long without a message the sessions of an agent (by id) become memories; None: they do not.
    ``forget_ended``: whether sessions that somebody ends are erased, unless they say otherwise; ``forget`` is called
    for those of whom one was.
    """

    def __init__(
        self,
        store: Store,
        agents: AgentDirectory,
        *,
        recent: RecentMessages,
        clock: Clock,
        policy: TimeoutPolicy,
        remember: timedelta,
        quiet_of: Callable[[str], timedelta | None] = lambda _agent_id: None,
        forget: Forget = nothing_to_forget,
        forget_ended: bool = False,
    ) -> None:
        self.policy = policy
        self._quiet_of = quiet_of
        self._forget = forget
        self._forget_ended = forget_ended
        self._store = store
        self._recent = recent
        self._agents = agents
        self._clock = clock
        self._remember = remember

    async def create(
        self,
        *,
        agent_id: str,
        user_id: str,
        metadata: Mapping[str, Any] | None = None,
        timeouts: TimeoutOverrides = NOTHING,
        idempotency_key: str | None = None,
    ) -> Session:
        """Begin a session between a user and a running agent; publishes ``Created``.

        With an idempotency key that was used before, the session of then is returned.
        Raises :class:`~agent_sessions.domain.errors.AgentNotFound`.
        """
        agent = self._agents.running(agent_id).definition
        config = self.policy.for_new_session(timeouts, agent.timeouts)
        now = self._clock.now()
        session_id = new_id(now)
        session = Session(
            id=session_id,
            channel_id=channel_of(session_id),
            agent_id=agent_id,
            user_id=user_id,
            created_at=now,
            last_activity=now,
            expires_at=expiry(config, created_at=now, last_activity=now),
            timeout=config,
            metadata=metadata or {},
            processing=Processing(quiet=self._quiet_of(agent_id)),
            last_at=now,
        )
        return await self._store.create(rules.opened(session), idempotency_key=idempotency_key)

    async def get(self, session_id: str) -> Session:
        """The session if it is alive. Raises SessionNotFound, or SessionExpired while that is remembered."""
        session = await self._store.get(session_id)
        self.ensure_live(session)
        return session

    async def list(
        self,
        *,
        agent_id: str | None = None,
        user_id: str | None = None,
        limit: int = 100,
        after: str | None = None,
        offset: int = 0,
    ) -> SessionPage:
        """Live sessions in order of creation, of one agent or user where named. ``after``: a page's ``next_after``."""
        which = SessionFilter(self._clock.now(), agent_id=agent_id, user_id=user_id)
        return await self._store.list(which, limit=limit, after=after, offset=offset)

    async def counts(self) -> SessionCounts:
        """How many sessions live, are near their end, and are remembered as expired."""
        return await self._store.counts(now=self._clock.now(), remember=self._remember)

    async def renew(self, session_id: str) -> Session:
        """Move the end as if there had just been activity, whatever ``auto_renew`` says; publishes ``Renewed``."""
        return await self._change(session_id, rules.renewed, behind=True)

    async def heartbeat(self, session_id: str) -> Session:
        """Record activity; that renews the session where ``auto_renew`` is on."""
        return await self._change(session_id, rules.touched, behind=True)

    async def reconfigure(self, session_id: str, wishes: TimeoutOverrides) -> Session:
        """Change the timeouts that ``wishes`` names; publishes ``Reconfigured``. The end may then lie in the past."""
        return await self._change(session_id, partial(self._reconfigured, wishes))

    async def end(self, session_id: str, *, forget: bool | None = None) -> Session:
        """End the session for good, expired or not; publishes ``Ended``. Raises SessionNotFound when it was ended.

        ``forget``: whether to erase it with its log and all that was made of it, instead of remembering what was said;
        None: as this service was told.
        """
        forgotten = self._forget_ended if forget is None else forget

        def decide(session: Session) -> Change:
            now = self._clock.now()
            ensure_known(session, now, remember=self._remember)
            return rules.ended(session, now=now, forgotten=forgotten)

        return await (self._erase if forgotten else self._store.change)(session_id, decide)

    async def _erase(self, session_id: str, decide: Decide) -> Session:
        """Make the last change of a session that goes with all that was made of it."""
        known = await self._store.get(session_id)
        owner = Owner(known.project, known.user_id)
        decide(known)  # raises what there is to raise before anything is forgotten
        await self._forget(owner, session_id=session_id)  # first: if that fails, it can be tried again
        session = await self._store.change_and_remove_session(owner, session_id, decide)
        await self._forget(owner, session_id=session_id)  # what was remembered meanwhile
        return session

    async def history(
        self,
        session_id: str,
        *,
        before: datetime | None = None,
        after: datetime | None = None,
        after_seq: int | None = None,
        limit: int,
    ) -> History:
        """Messages with ``after < at < before``: the newest ``limit``, or the oldest when only ``after`` is given.

        ``after_seq``: beyond this row of the log, in place of ``after``.
        """
        session = await self.get(session_id)
        if after_seq is not None:
            after = await self._instant_of(session, after_seq)
        return await history_of(self._recent, session, before=before, after=after, limit=limit)

    async def _instant_of(self, session: Session, seq: int) -> datetime:
        """The time of a row of the log, which tells as exactly as its number which rows come after it."""
        if seq >= session.last_seq:
            return session.last_at
        (row,) = await self._store.log(session.id, after=max(seq, 1) - 1, limit=1)
        return row.at if seq else row.at - rules.TICK

    def ensure_live(self, session: Session) -> None:
        """Raise unless the session can be used now."""
        ensure_live(session, self._clock.now(), remember=self._remember)

    async def _change(self, session_id: str, rule: Callable[..., Change], *, behind: bool = False) -> Session:
        def decide(session: Session) -> Change:
            now = self._clock.now()
            ensure_live(session, now, remember=self._remember)
            return rule(session, now=now)

        return await self._store.change(session_id, decide, behind=behind)

    def _reconfigured(self, wishes: TimeoutOverrides, session: Session, *, now: datetime) -> Change:
        agent = self._agents.timeouts(session.agent_id)
        config = self.policy.for_changed_session(session.timeout, wishes, agent=agent)
        return rules.reconfigured(session, config, now=now)
