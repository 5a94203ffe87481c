"""Renewals that are told before they are written.

A renewal may wait for its commit only while the session, as the database has it, ends at most a second earlier than
anybody was told; after a crash open sessions are read as ending that second later. Several renewals of a session
become one row. Everything else that happens to the session takes the waiting renewal into its own transaction.
While a renewal is being written, further ones of its session are told as before and wait for the next time.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

import structlog

from ...domain.errors import AgentSessionsError
from ...domain.log import Renewed
from ...domain.session import State, changed
from ..batch import Told
from ..rows import GRACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from datetime import datetime

    from ...domain.log import LogEntry
    from ...domain.session import Change, Session
    from ...ports import Clock, Decide, TimerHandle
    from ..group_commit import GroupCommit

logger = structlog.get_logger(__name__)

WRITE_AFTER = timedelta(milliseconds=800)
"""How long after its first renewal a session is written. The commit has the rest of the second; should it take longer,
renewals that would then be more than a second ahead wait for it."""

WRITE_EVERY = timedelta(milliseconds=20)
"""The least time between two looks for what waited for so long."""

AT_ONCE = 256
"""How many sessions share such a commit, so that everybody else's writes wait a few milliseconds for it at most."""


class WriteBehind:
    """The renewals of a store that were told and are not written: those that wait, and those under way."""

    def __init__(self, commits: GroupCommit, clock: Clock) -> None:
        self._commits = commits
        self._clock = clock
        self._waiting: dict[str, Told] = {}
        self._under_way: dict[str, Told] = {}
        self._timer: TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._stopped = False

    def get(self, session_id: str) -> Session | None:
        """The session as told, if a renewal of it is not written."""
        told = self._waiting.get(session_id) or self._under_way.get(session_id)
        return told.session if told else None

    def tell(self, session: Session, rule: Decide) -> Session | None:
        """Apply the rule to the session as told, and remember to write what comes of it. None: it must be committed.

        The caller has seen to it that no other write of this session is asked for. What the rule raises comes through.
        """
        if self._stopped:
            return None
        told, under_way = self._waiting.get(session.id), self._under_way.get(session.id)
        durable, entry = (told.durable, told.entry) if told else (session, None)
        change = rule(_without(session, entry, durable))
        if change is None:
            return session
        if not _may_wait(under_way.durable if under_way else durable, change):
            return None
        after = change.session
        if entry and not change.entries:
            after = changed(after, {"last_seq": entry.seq, "last_at": entry.at})
        newest = change.entries[0] if change.entries else entry
        if told:
            told.session, told.entry = after, newest
        else:
            self._remember(Told(durable, after, newest, self._clock.now()))
        return after

    def _remember(self, told: Told) -> None:
        self._waiting[told.session.id] = told
        if self._timer is None:
            self._set_timer(told.since + WRITE_AFTER)

    def take(self, session_ids: Iterable[str]) -> dict[str, Told]:
        """The waiting renewals of these sessions. They are under way from now on, until committed or given back."""
        taken = {session_id: told for session_id in session_ids if (told := self._waiting.pop(session_id, None))}
        self._under_way |= taken
        return taken

    def give_back(self) -> list[Session]:
        """What is under way was not written and waits again; the sessions that are now told otherwise than before.

        What was told meanwhile counted on the row that was not written, and takes its place.
        """
        again, self._under_way = self._under_way, {}
        otherwise = []
        for session_id, told in again.items():
            if (later := self._waiting.get(session_id)) is not None:
                _put_in_place(later, of=told)
                otherwise.append(later.session)
            else:
                self._remember(told)
        return otherwise

    def committed(self, session_ids: Iterable[str]) -> None:
        """What was under way of these sessions is written."""
        if self._under_way:
            for session_id in session_ids:
                self._under_way.pop(session_id, None)

    def erased(self, session_ids: Iterable[str]) -> None:
        """These sessions are no more."""
        for session_id in session_ids:
            self._waiting.pop(session_id, None)

    def renamed(self, session_ids: Iterable[str], *, user_id: str) -> None:
        """The user of these sessions goes by another id."""
        for session_id in session_ids:
            if told := self._waiting.get(session_id):
                told.durable = changed(told.durable, {"user_id": user_id})
                told.session = changed(told.session, {"user_id": user_id})

    @property
    def is_written(self) -> bool:
        """Whether everything that was told is written."""
        return not self._waiting and not self._under_way

    async def drain(self) -> None:
        """Write all that waits, if that can be done, and from now on let nothing wait."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None:
            await self._writing
        if self._waiting:
            await self._commit(list(self._waiting))

    def _set_timer(self, instant: datetime) -> None:
        if not self._stopped:
            self._timer = self._clock.call_at(instant, self._on_timer)

    def _on_timer(self) -> Awaitable[object] | None:
        """Write what waited for long enough, and come again for the rest.

        Returns what is done when it is written, for clocks that wait for that before they move on.
        """
        now, self._timer = self._clock.now(), None
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._ripe(now)), name="store-write-renewals")
        if self._waiting:
            oldest = next(iter(self._waiting.values()))
            self._set_timer(max(oldest.since + WRITE_AFTER, now + WRITE_EVERY))
        return self._writing

    def _ripe(self, now: datetime) -> list[str]:
        """What waited for long enough, longest first."""
        ripe = takewhile(lambda one: one[1].since + WRITE_AFTER <= now, self._waiting.items())
        return [session_id for session_id, _ in ripe]

    async def _write(self, session_ids: list[str]) -> None:
        """Some at a time, apart from those that are on their way in a transaction of their own."""
        for first in range(0, len(session_ids), AT_ONCE):
            some = session_ids[first : first + AT_ONCE]
            if idle := [one for one in some if one in self._waiting and not self._commits.is_busy(one)]:
                await self._commit(idle)

    async def _commit(self, session_ids: list[str]) -> None:
        """What fails is still told, and waits as long again for the next attempt."""
        try:
            await self._commits.write_told(session_ids)
        except AgentSessionsError as error:
            logger.warning("renewals_not_written", reason=str(error), sessions=len(session_ids))
            for session_id in session_ids:
                if told := self._waiting.get(session_id):
                    told.since = self._clock.now()


def _put_in_place(later: Told, *, of: Told) -> None:
    """What was told later takes the number of the row before it, which was not written."""
    later.durable, later.since = of.durable, of.since
    if later.entry is None:
        later.entry = of.entry
    elif of.entry is not None:
        later.entry = replace(later.entry, seq=of.entry.seq)
        later.session = changed(later.session, {"last_seq": of.entry.seq})


def _without(session: Session, entry: object, durable: Session) -> Session:
    """The session without its unwritten row, whose number and place the next row takes."""
    if entry is None:
        return session
    return changed(session, {"last_seq": durable.last_seq, "last_at": durable.last_at})


def _may_wait(durable: Session, change: Change) -> bool:
    after = change.session
    return (
        after.state is State.ACTIVE
        and durable.state is State.ACTIVE
        and after.expires_at - durable.expires_at <= GRACE
        and after.warned_at is durable.warned_at
        and after.timeout is durable.timeout
        and after.awaiting is durable.awaiting
        and after.processing is durable.processing
        and after.metadata is durable.metadata
        and (not change.entries or _is_renewal(change.entries))
    )


def _is_renewal(entries: tuple[LogEntry, ...]) -> bool:
    return len(entries) == 1 and isinstance(entries[0].fact, Renewed)
