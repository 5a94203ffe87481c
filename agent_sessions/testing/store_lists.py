"""Promises about many sessions: lists, counts, what is due, and what waits for a reply of nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..domain.errors import InvalidInput
from ..domain.log import ReplyMissing, Silence
from ..domain.session import Processing, concluded, ended, fallen_due, renewed
from ..ports import SessionCounts, SessionFilter
from .store_promises import Promises
from .store_samples import HALF_AN_HOUR, HOUR, MINUTE, SECOND, message, open_session, saying

if TYPE_CHECKING:
    from ..domain.session import Change, Session
    from ..ports import Store
    from .clock import FakeClock


class ListPromises(Promises):
    """Many sessions."""

    async def test_live_sessions_are_listed_in_order_of_creation(self, store: Store, clock: FakeClock) -> None:
        sessions = await _sessions(store, clock, 5)
        page = await store.list(SessionFilter(clock.now()), limit=10)
        assert list(page.sessions) == sessions
        assert (page.total, page.next_after) == (5, None)

    async def test_pages_show_each_session_once(self, store: Store, clock: FakeClock) -> None:
        made = [await open_session(store, clock.now()) for _ in range(7)]  # all made in the same instant
        made += await _sessions(store, clock, 6)
        seen: list[str] = []
        after = None
        for _ in range(5):
            page = await store.list(SessionFilter(clock.now()), limit=3, after=after)
            assert page.total == 13
            seen += [session.id for session in page.sessions]
            after = page.next_after
        assert after is None
        assert len(seen) == 13
        assert set(seen) == {session.id for session in made}
        offset = await store.list(SessionFilter(clock.now()), limit=3, offset=4)
        assert [session.id for session in offset.sessions] == seen[4:7]

    async def test_a_page_goes_on_where_sessions_went_meanwhile(self, store: Store, clock: FakeClock) -> None:
        sessions = await _sessions(store, clock, 6)
        first = await store.list(SessionFilter(clock.now()), limit=3)
        for session in sessions[1:4]:
            await store.change(session.id, lambda known: ended(known, now=clock.now()))
        second = await store.list(SessionFilter(clock.now()), limit=3, after=first.next_after)
        assert list(second.sessions) == sessions[4:]
        assert second.total == 3

    async def test_lists_are_narrowed_by_agent_and_user(self, store: Store, clock: FakeClock) -> None:
        made = {
            (agent, user): await open_session(store, clock.now(), agent_id=agent, user_id=user)
            for agent in ("a", "b")
            for user in ("u", "v")
        }

        async def listed(**which: str) -> set[str]:
            page = await store.list(SessionFilter(clock.now(), **which), limit=10)
            assert page.total == len(page.sessions)
            return {session.id for session in page.sessions}

        assert await listed(agent_id="a") == {made["a", "u"].id, made["a", "v"].id}
        assert await listed(user_id="v") == {made["a", "v"].id, made["b", "v"].id}
        assert await listed(agent_id="b", user_id="u") == {made["b", "u"].id}
        assert await listed(agent_id="c") == set()

    async def test_what_is_over_is_not_listed(self, store: Store, clock: FakeClock) -> None:
        live, gone, over = await _sessions(store, clock, 3)
        unnoticed = await open_session(store, clock.now(), timeout=replace(HALF_AN_HOUR, timeout=MINUTE))
        await store.change(gone.id, lambda known: ended(known, now=clock.now()))
        await store.change(over.id, lambda known: fallen_due(known, now=known.expires_at))
        page = await store.list(SessionFilter(unnoticed.expires_at), limit=10)
        assert list(page.sessions) == [live]
        assert page.total == 1
        page = await store.list(SessionFilter(unnoticed.expires_at, user_id=live.user_id), limit=10)
        assert (page.total, list(page.sessions)) == (1, [live])
        page = await store.list(SessionFilter(unnoticed.expires_at, agent_id=live.agent_id), limit=10)
        assert (page.total, list(page.sessions)) == (1, [live])

    async def test_totals_of_an_agent_survive_a_restart(self, store: Store, clock: FakeClock) -> None:
        sessions = [await open_session(store, clock.now(), agent_id=agent) for agent in ("a", "a", "b")]
        await store.change(sessions[0].id, lambda known: ended(known, now=clock.now()))
        await store.close()
        await store.open()
        totals = [
            (await store.list(SessionFilter(clock.now(), agent_id=one), limit=1)).total for one in ("a", "b", "c")
        ]
        assert totals == [1, 1, 0]

    @pytest.mark.parametrize("cursor", ["", "x", "12", "_", "12_", "x_y", "99999999999999999999_y", "١_y"])
    async def test_a_cursor_that_no_page_gave_is_refused(self, store: Store, clock: FakeClock, cursor: str) -> None:
        with pytest.raises(InvalidInput):
            await store.list(SessionFilter(clock.now()), limit=10, after=cursor)

    async def test_counts_tell_live_ending_and_remembered_ones(self, store: Store, clock: FakeClock) -> None:
        sessions = await _sessions(store, clock, 6)
        ends = sessions[-1].expires_at
        assert await self._counted(store, clock) == SessionCounts(6, 0, 0)
        await store.change(sessions[0].id, lambda known: ended(known, now=clock.now()))
        await store.change(sessions[1].id, lambda known: fallen_due(known, now=ends))
        await store.change(sessions[2].id, lambda known: fallen_due(known, now=ends - 4 * MINUTE))
        counted = await store.counts(now=clock.now(), remember=HOUR)
        assert (counted.active, counted.expired) == (4, 1)
        again = await self.reopened(store, clock)
        clock.step(ends - MINUTE - clock.now())
        assert await self._counted(again, clock) == SessionCounts(4, 4, 1)
        clock.step(2 * MINUTE)
        assert await self._counted(again, clock) == SessionCounts(0, 0, 5)
        for session in sessions[2:]:
            await again.change(session.id, lambda known: fallen_due(known, now=clock.now()))
        assert await self._counted(again, clock) == SessionCounts(0, 0, 5)
        clock.step(HOUR)
        assert await self._counted(again, clock) == SessionCounts(0, 0, 0)
        await again.close()

    async def test_counts_follow_a_renewal(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        clock.step(26 * MINUTE)
        assert await self._counted(store, clock) == SessionCounts(1, 1, 0)
        await store.change(session.id, lambda known: fallen_due(known, now=clock.now()))
        assert await self._counted(store, clock) == SessionCounts(1, 1, 0)
        await store.change(session.id, lambda known: renewed(known, now=clock.now()))
        assert await self._counted(store, clock) == SessionCounts(1, 0, 0)

    async def _counted(self, store: Store, clock: FakeClock) -> SessionCounts:
        return await store.counts(now=clock.now(), remember=HOUR)

    async def test_what_is_due_comes_in_order(self, store: Store, clock: FakeClock) -> None:
        same = [await open_session(store, clock.now()) for _ in range(4)]
        sessions = [*same, *await _sessions(store, clock, 3)]
        expected = sorted((session.deadline, session.id) for session in sessions if session.deadline)
        last = expected[-1][0]
        assert list(await store.due(before=last, limit=10)) == expected[:-1]
        assert list(await store.due(before=last + SECOND, limit=10)) == expected
        seen: list[object] = []
        after = None
        while page := await store.due(before=last + SECOND, limit=2, after=after):
            seen += page
            after = page[-1]
        assert seen == expected

    async def test_what_is_due_follows_each_change(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        ends = session.expires_at
        far = ends + 10 * HOUR
        assert list(await store.due(before=far, limit=9)) == [(ends - 5 * MINUTE, session.id)]
        await store.change(session.id, lambda known: fallen_due(known, now=ends - 5 * MINUTE))
        assert list(await store.due(before=far, limit=9)) == [(ends, session.id)]
        await store.change(session.id, lambda known: renewed(known, now=ends - SECOND))
        assert list(await store.due(before=far, limit=9)) == [(ends - SECOND + 25 * MINUTE, session.id)]
        await store.change(session.id, lambda known: ended(known, now=ends))
        assert list(await store.due(before=far, limit=9)) == []

    async def test_a_conversation_to_process_is_due_after_its_session_too(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now(), processing=Processing(quiet=MINUTE))
        assert (await store.due(before=clock.now() + HOUR, limit=9))[0][0] == session.expires_at - 5 * MINUTE
        await store.change(session.id, saying(message(), clock.now()))
        assert list(await store.due(before=clock.now() + HOUR, limit=9)) == [(clock.now() + MINUTE, session.id)]
        await store.change(session.id, lambda known: ended(known, now=clock.now()))
        assert list(await store.due(before=clock.now() + HOUR, limit=9)) == [(clock.now(), session.id)]

    async def test_a_message_left_by_an_earlier_process_is_found(self, store: Store, clock: FakeClock) -> None:
        session, quiet = await _sessions(store, clock, 2)
        await store.change(session.id, saying(message(), clock.now(), room=2))
        await store.change(quiet.id, saying(message(), clock.now()))
        lost = (await store.change(session.id, saying(message(), clock.now(), room=2))).awaiting
        assert await store.awaiting() == []
        again = await self.reopened(store, clock)
        assert list(await again.awaiting()) == [(session.id, lost[0]), (session.id, lost[1])]
        await again.change(session.id, lambda known: _interrupted(known, clock))
        assert list(await again.awaiting()) == [(session.id, lost[1])]
        await again.change(session.id, lambda known: renewed(known, now=clock.now()))
        assert list(await again.awaiting()) == [(session.id, lost[1])]
        await again.change(session.id, lambda known: _interrupted(known, clock))
        assert await again.awaiting() == []
        await again.close()


def _interrupted(session: Session, clock: FakeClock) -> Change | None:
    """The wait of the session's first message ends without a reply."""
    missing = ReplyMissing(session.awaiting[0], Silence.INTERRUPTED)
    return concluded(session, missing, now=clock.now())


async def _sessions(store: Store, clock: FakeClock, count: int) -> list[Session]:
    """Sessions made a second apart."""
    made = []
    for _ in range(count):
        clock.step(SECOND)
        made.append(await open_session(store, clock.now()))
    return made
