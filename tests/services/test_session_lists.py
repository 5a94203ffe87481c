"""Sessions found again by whoever looks for them, and what was said in them page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from agent_sessions.domain.errors import (
    InvalidInput,
)
from agent_sessions.domain.log import LogEntry, Message
from agent_sessions.domain.timeouts import TimeoutOverrides

from .stage import REMEMBER, on_stage, soon

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.domain.session import Session
    from agent_sessions.testing import FakeClock

    from .stage import Stage

MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
USER = "11111111-1111-4111-8111-111111111111"


async def begin(stage: Stage, *, user_id: str = USER, **wishes: object) -> Session:
    return await stage.sessions.create(agent_id=stage.agent_id, user_id=user_id, timeouts=TimeoutOverrides(**wishes))  # type: ignore[arg-type]


async def talk(stage: Stage, session: Session, *texts: str) -> None:
    for text in texts:
        await soon((await stage.send(session, text)).turn.outcome())


def texts(entries: object) -> list[str]:
    return [entry.fact.text for entry in entries]  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------------------------------- listed


async def test_live_sessions_are_listed_oldest_first_page_by_page(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        made = []
        for _ in range(7):
            made.append(await begin(stage))
            await clock.advance(MILLISECOND)
        await stage.sessions.end(made[2].id)
        expected = [session.id for session in made if session != made[2]]

        found: list[str] = []
        after = None
        while True:
            page = await stage.sessions.list(limit=4, after=after)
            assert page.total == 6
            found += [session.id for session in page.sessions]
            if (after := page.next_after) is None:
                break
        assert found == expected
        skipped = await stage.sessions.list(limit=2, offset=3)
        assert [session.id for session in skipped.sessions] == expected[3:5]
        with pytest.raises(InvalidInput):
            await stage.sessions.list(limit=4, after="no page's mark")


async def test_the_list_is_filtered_by_user_and_agent_and_life(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        other = str(uuid4())
        mine, theirs = await begin(stage), await begin(stage, user_id=other)
        short = await begin(stage, timeout=5 * MINUTE)

        async def ids(**which: str) -> set[str]:
            page = await stage.sessions.list(limit=10, **which)  # type: ignore[arg-type]
            assert page.total == len(page.sessions)
            return {session.id for session in page.sessions}

        assert await ids(user_id=other) == {theirs.id}
        assert await ids(user_id=USER) == {mine.id, short.id}
        assert await ids(agent_id=stage.agent_id, user_id=USER) == {mine.id, short.id}
        assert await ids(agent_id=str(uuid4())) == set()
        await clock.advance(5 * MINUTE)
        assert await ids(user_id=USER) == {mine.id}, "the clock decides, noticed or not"


async def test_counts_tell_the_truth_at_any_moment(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        await begin(stage)
        await begin(stage, timeout=10 * MINUTE)
        ended = await begin(stage)
        await stage.sessions.end(ended.id)

        async def counts() -> tuple[int, int, int]:
            found = await stage.sessions.counts()
            return found.active, found.expiring, found.expired

        assert await counts() == (2, 0, 0)
        await clock.advance(5 * MINUTE)
        assert await counts() == (2, 1, 0)
        await clock.advance(5 * MINUTE)
        assert await counts() == (1, 0, 1)
        await clock.advance(REMEMBER)
        assert await counts() == (0, 0, 1), "the first is remembered for a while yet"


# ------------------------------------------------------------------------------------------------------------ read back


async def test_history_walks_both_ways_without_a_gap(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await talk(stage, session, *"abcdefg")
        everything = await stage.said(session)
        assert len(everything) == 14

        async def page(**range_: object) -> tuple[list[LogEntry], bool]:
            found = await stage.sessions.history(session.id, limit=4, **range_)  # type: ignore[arg-type]
            return list(found.entries), found.has_more

        newest, more = await page()
        back, before = texts(newest), newest[0].at
        while more:
            older, more = await page(before=before)
            back, before = texts(older) + back, older[0].at
        assert back == everything

        oldest, more = await page(after=session.created_at - MILLISECOND)
        forth, after = texts(oldest), oldest[-1].at
        while more:
            newer, more = await page(after=after)
            forth, after = forth + texts(newer), newer[-1].at
        assert forth == everything


async def test_a_range_gives_its_newest_and_says_exactly_whether_there_is_more(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await talk(stage, session, "a", "b", "c")
        rows = [entry for entry in await stage.log(session) if isinstance(entry.fact, Message)]
        first, last = rows[0].at, rows[5].at
        some = await stage.sessions.history(session.id, limit=2, after=first, before=last)
        assert (texts(some.entries), some.has_more) == (texts(rows[3:5]), True)
        exact = await stage.sessions.history(session.id, limit=4, after=first, before=last)
        assert (texts(exact.entries), exact.has_more) == (texts(rows[1:5]), False)
        nothing = await stage.sessions.history(session.id, limit=4, before=rows[0].at)
        assert (list(nothing.entries), nothing.has_more) == ([], False)


async def test_reading_does_not_keep_a_session_alive(tmp_path: Path, clock: FakeClock) -> None:
    async with on_stage(tmp_path, clock) as stage:
        session = await begin(stage)
        await clock.advance(10 * MINUTE)
        await stage.sessions.history(session.id, limit=10)
        await stage.sessions.list(limit=10)
        assert await stage.sessions.get(session.id) == session
