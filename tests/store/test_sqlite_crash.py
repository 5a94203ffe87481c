"""A SQLite store after its process was killed: nothing acknowledged is lost, nothing ends earlier than was told."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_sessions.clock import SystemClock
from agent_sessions.domain.encoding import from_micros
from agent_sessions.domain.errors import StoreInUse
from agent_sessions.domain.log import Message
from agent_sessions.domain.session import noted
from agent_sessions.store import open_store
from agent_sessions.testing.store_samples import message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.ports import Store

ROOT = Path(__file__).parent.parent.parent
CLOCK = SystemClock()
SECOND = timedelta(seconds=1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/sessions.db"


async def killed_after(url: str, what: str, *, lines: int) -> list[list[str]]:
    """What a process told that was killed -9 after so many lines."""
    async with running(url, what) as process:
        return await said_by(process, lines=lines)


@asynccontextmanager
async def running(url: str, what: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store.victim", url, what), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        await process.communicate()


async def said_by(process: asyncio.subprocess.Process, *, lines: int) -> list[list[str]]:
    assert process.stdout
    return [(await process.stdout.readline()).decode().split() for _ in range(lines)]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    store = open_store(url, clock=CLOCK)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("lines", [40, 333, 1000])
async def test_a_killed_process_loses_nothing_it_acknowledged(url: str, lines: int) -> None:
    said = defaultdict(set)
    ends = {}
    for kind, session_id, detail in await killed_after(url, "load", lines=lines):
        if kind == "message":
            said[session_id].add(detail)
        else:
            ends[session_id] = from_micros(int(detail))
    async with opened(url) as store:
        for session_id, acknowledged in said.items():
            rows = await store.log(session_id, limit=100_000)
            assert acknowledged <= {row.fact.id for row in rows if isinstance(row.fact, Message)}
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
            session = await store.get(session_id)
            assert session.last_seq == len(rows)
            assert session.expires_at >= ends.get(session_id, session.expires_at)


async def test_what_a_killed_process_wrote_ends_a_second_later_until_it_is_written_again(url: str) -> None:
    [[_, session_id, micros]] = await killed_after(url, "quiet", lines=1)
    told = from_micros(int(micros))
    for _ in range(2):
        async with opened(url) as store:
            assert (await store.get(session_id)).expires_at == told + SECOND
            assert (await store.due(before=told, limit=1))[0][1] == session_id
    async with opened(url) as store:
        after = await store.change(session_id, lambda known: noted(known, message(), now=CLOCK.now()))
        assert after.expires_at == told + SECOND
    async with opened(url) as store:
        assert (await store.get(session_id)).expires_at == told + SECOND


async def test_a_listed_session_of_a_killed_process_ends_when_it_is_told_to(url: str) -> None:
    [[_, _, micros]] = await killed_after(url, "quiet", lines=1)
    told = from_micros(int(micros))
    async with opened(url) as store:
        for late, live in ((SECOND / 2, 1), (SECOND, 0)):
            counts = await store.counts(now=told + late, remember=SECOND)
            assert counts.active == counts.expiring == live
            assert counts.expired == 1 - live


async def test_a_reply_that_a_killed_process_owed_is_found(url: str) -> None:
    [[_, session_id, _]] = await killed_after(url, "quiet", lines=1)
    async with opened(url) as store:
        assert {each for each, _ in await store.awaiting()} == {session_id}


async def test_a_second_process_is_refused(url: str) -> None:
    async with running(url, "quiet") as process:
        await said_by(process, lines=1)
        with pytest.raises(StoreInUse, match=r"sessions\.db"):
            async with opened(url):
                pass
    async with opened(url) as store:
        await store.check()
