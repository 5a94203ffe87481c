"""Renewals that are told before they are written.

A renewal may wait for its commit only while the session, as the database has it, ends at most a second earlier than
anybody was told; after a crash open sessions are read as ending that second later. Several renewals of a session
become one row. Everything else that happens to the session takes the waiting renewal into its own transaction.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ...domain.errors import AgentSessionsError
from ...domain.log import Renewed
from ...domain.session import State, changed
from ..batch import Told
from ..rows import GRACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from ...domain.session import Change, Session
    from ...ports import Clock, Decide, TimerHandle
    from ..group_commit import GroupCommit

logger = structlog.get_logger(__name__)

FLUSH_AFTER = timedelta(milliseconds=800)
"""How long after the first renewal all waiting ones are written. The commit has the rest of the second; should it take
longer, renewals that would then be more than a second ahead wait for it."""


class WriteBehind:
    """The renewals of a store that were told and are not written."""

    def __init__(self, commits: GroupCommit, clock: Clock) -> None:
        self._commits = commits
        self._clock = clock
        self._told: dict[str, Told] = {}
        self._timer: TimerHandle | None = None
        self._stopped = False

    def get(self, session_id: str) -> Session | None:
        """The session as told, if a renewal of it waits."""
        told = self._told.get(session_id)
        return told.session if told else None

    def of(self, session_ids: Iterable[str]) -> dict[str, Told]:
        """The waiting renewals of these sessions."""
        return {session_id: told for session_id in session_ids if (told := self._told.get(session_id))}

    def tell(self, session: Session, rule: Decide) -> Session | None:
        """Apply the rule to the session as told, and remember to write what comes of it. None: it must be committed.

        The caller has seen to it that no write of this session is under way. What the rule raises comes through.
        """
        if self._stopped:
            return None
        told = self._told.get(session.id)
        durable = told.durable if told else session
        entry = told.entry if told else None
        change = rule(_without(session, entry, durable))
        if change is None:
            return session
        if not _may_wait(durable, change):
            return None
        after = change.session
        if entry and not change.entries:
            after = changed(after, {"last_seq": entry.seq, "last_at": entry.at})
        self._told[session.id] = Told(durable, after, change.entries[0] if change.entries else entry)
        self._set_timer()
        return after

    def committed(self, session_ids: Iterable[str]) -> None:
        """The renewals of these sessions are written."""
        if self._told:
            for session_id in session_ids:
                self._told.pop(session_id, None)

    def renamed(self, session_ids: Iterable[str], *, user_id: str) -> None:
        """The user of these sessions goes by another id."""
        for session_id in session_ids:
            if told := self._told.get(session_id):
                told.durable = changed(told.durable, {"user_id": user_id})
                told.session = changed(told.session, {"user_id": user_id})

    async def drain(self) -> bool:
        """Write all that waits, and from now on let nothing wait; whether that succeeded."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for written in self._flush():
            try:
                await written
            except AgentSessionsError as error:
                logger.warning("renewals_not_written", reason=str(error))
        return not self._told

    def _set_timer(self) -> None:
        if self._timer is None and not self._stopped:
            self._timer = self._clock.call_at(self._clock.now() + FLUSH_AFTER, self._on_timer)

    def _on_timer(self) -> Awaitable[object]:
        """Returns what is done when all is written, for clocks that wait for that before they move on."""
        self._timer = None
        written = self._flush()
        for one in written:
            one.add_done_callback(self._on_written)
        return asyncio.gather(*written, return_exceptions=True)

    def _flush(self) -> list[asyncio.Future[Session]]:
        """Ask for the commit of what waits and is not on its way in a transaction of its own."""
        idle = [session_id for session_id in self._told if not self._commits.is_busy(session_id)]
        return [self._commits.change(session_id, _nothing_more) for session_id in idle]

    def _on_written(self, written: asyncio.Future[Session]) -> None:
        """After a failure, try again later: the told state is still here."""
        if not written.cancelled() and (error := written.exception()):
            logger.warning("renewals_not_written", reason=str(error))
            self._set_timer()


def _nothing_more(_: Session) -> None:
    """The rule of a flush: only what waits is written."""


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
        and len(change.entries) <= 1
        and all(isinstance(entry.fact, Renewed) for entry in change.entries)
    )
