"""Promises about sessions: what is kept is read back, and rules change it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ..domain.errors import AlreadyExists, SessionBusy, SessionNotFound
from ..domain.log import Expired
from ..domain.session import (
    MemoryStatus,
    Processing,
    State,
    ended,
    fallen_due,
    reconfigured,
    renewed,
    touched,
)
from .store_promises import Promises
from .store_samples import HALF_AN_HOUR, HOUR, MINUTE, SECOND, failing, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..ports import Store
    from .clock import FakeClock


class SessionPromises(Promises):
    """One session after another."""

    async def test_a_session_is_read_back_whole(self, store: Store, clock: FakeClock) -> None:
        change = session_to_open(
            clock.now(), metadata={"who": "Zoë \U0001f389", "deep": {"list": [1, 2.5, None, True]}}
        )
        assert await store.create(change) == change.session
        assert await store.get(change.session.id) == change.session

    async def test_every_member_outlives_the_process(self, store: Store, clock: FakeClock) -> None:
        now = clock.now()
        plan = Processing(status=MemoryStatus.FAILED, quiet=10 * MINUTE, due_at=now + HOUR, done_seq=3)
        change = session_to_open(now, metadata={"a": [1]}, renewal_count=7, processing=plan)
        session = await store.create(change)
        session = await store.change(session.id, saying(message(), now, room=3))
        session = await store.change(session.id, lambda known: fallen_due(known, now=known.expires_at - SECOND))
        assert session.warned_at
        assert session.awaiting
        assert session.processing.due_at == now + 10 * MINUTE
        again = await self.reopened(store, clock)
        assert await again.get(session.id) == session
        await again.close()

    @pytest.mark.parametrize("ask", ["get", "change", "log", "messages", "replies_to"])
    async def test_an_unknown_session_is_not_found(self, store: Store, clock: FakeClock, ask: str) -> None:
        unknown = str(uuid4())
        requests: dict[str, Callable[[], Awaitable[object]]] = {
            "get": lambda: store.get(unknown),
            "change": lambda: store.change(unknown, lambda session: renewed(session, now=clock.now())),
            "log": lambda: store.log(unknown, limit=10),
            "messages": lambda: store.messages(unknown, limit=10),
            "replies_to": lambda: store.replies_to(unknown, "x", after=0),
        }
        with pytest.raises(SessionNotFound):
            await requests[ask]()

    async def test_an_id_is_given_once(self, store: Store, clock: FakeClock) -> None:
        first = await open_session(store, clock.now(), metadata={"first": True})
        with pytest.raises(AlreadyExists):
            await open_session(store, clock.now(), id=first.id, metadata={"first": False})
        assert await store.get(first.id) == first

    async def test_a_rule_changes_the_session_it_names(self, store: Store, clock: FakeClock) -> None:
        session, other = [await open_session(store, clock.now()) for _ in range(2)]
        clock.step(MINUTE)
        after = await store.change(session.id, lambda known: renewed(known, now=clock.now()))
        assert after.expires_at == clock.now() + 30 * MINUTE
        assert after.renewal_count == 1
        assert await store.get(session.id) == after
        assert await store.get(other.id) == other

    async def test_every_kind_of_change_is_kept(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        longer = replace(HALF_AN_HOUR, timeout=HOUR, auto_renew=False)
        configured = await store.change(session.id, lambda known: reconfigured(known, longer, now=clock.now()))
        over = await store.change(session.id, lambda known: ended(known, now=clock.now()))
        assert configured.timeout == longer
        assert over.state is State.ENDED
        again = await self.reopened(store, clock)
        assert await again.get(session.id) == over
        assert [entry.seq for entry in await again.log(session.id, limit=10)] == [1, 2, 3]
        await again.close()

    async def test_a_rule_may_leave_everything_as_it_is(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        assert await store.change(session.id, lambda _: None) == session
        assert len(await store.log(session.id, limit=10)) == 1

    async def test_what_a_rule_raises_reaches_who_asked(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        with pytest.raises(SessionBusy):
            await store.change(session.id, failing(SessionBusy(session.id, limit=1, retry_after=SECOND)))
        with pytest.raises(ZeroDivisionError):
            await store.change(session.id, failing(ZeroDivisionError()))
        assert await store.get(session.id) == session
        assert len(await store.log(session.id, limit=10)) == 1

    async def test_a_deadline_fires_once(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        late = session.expires_at + SECOND
        await asyncio.gather(*(store.change(session.id, lambda known: fallen_due(known, now=late)) for _ in range(20)))
        fired = [entry for entry in await store.log(session.id, limit=100) if isinstance(entry.fact, Expired)]
        assert [entry.fact for entry in fired] == [Expired(session.expires_at, 1000)]

    async def test_a_renewal_that_may_be_written_behind_is_read_at_once(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        for _ in range(5):
            clock.step(SECOND / 4)
            told = await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
            assert told.expires_at == clock.now() + 30 * MINUTE
            assert await store.get(session.id) == told
        assert told.renewal_count == 5

    async def test_a_renewal_written_behind_outlives_the_process(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        clock.step(SECOND / 2)
        told = await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
        again = await self.reopened(store, clock)
        assert await again.get(session.id) == told
        assert [entry.seq for entry in await again.log(session.id, limit=10)] == [1, 2]
        await again.close()

    async def test_renewals_written_behind_leave_no_gap(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        for _ in range(3):
            for _ in range(3):
                clock.step(SECOND / 8)
                await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
            await store.change(session.id, saying(message(), clock.now()))
        told = await store.get(session.id)
        rows = await store.log(session.id, limit=100)
        assert [entry.seq for entry in rows] == list(range(1, told.last_seq + 1))
        assert all(earlier.at < later.at for earlier, later in pairwise(rows))
        assert told.renewal_count == 12
        assert told.last_at == rows[-1].at

    async def test_a_heartbeat_without_renewal_leaves_no_row(self, store: Store, clock: FakeClock) -> None:
        still = replace(HALF_AN_HOUR, auto_renew=False)
        session = await open_session(store, clock.now(), timeout=still)
        clock.step(MINUTE)
        await store.change(session.id, lambda known: touched(known, now=clock.now()), behind=True)
        again = await self.reopened(store, clock)
        assert (await again.get(session.id)).last_activity == clock.now()
        assert len(await again.log(session.id, limit=10)) == 1
        await again.close()
