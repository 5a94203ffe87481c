"""Processing across processes: one that is killed in the middle of it, and two that share a database."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent_sessions.domain.log import Processed, ProcessingBegun
from agent_sessions.domain.session import MemoryStatus
from agent_sessions.testing import FakeClock

from .remembering import ANN, QUIET, remembering
from .scripted_backend import ScriptedBackend, for_ever
from .stage import soon

if TYPE_CHECKING:
    from agent_sessions.ports import Store

ROOT = Path(__file__).parent.parent.parent
TWO_FACTS = ["User has a dog called Bruno", "User lives in Porto"]


async def count(store: Store, session_id: str, kind: type[object]) -> int:
    return sum(isinstance(entry.fact, kind) for entry in await store.log(session_id, limit=1000))


async def test_killed_in_the_middle_it_is_processed_once_after_the_restart(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.services.processing_victim", str(tmp_path))
    victim = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert victim.stdout is not None
    session_id = (await soon(victim.stdout.readline())).decode().strip()
    victim.kill()
    await victim.wait()
    for _ in range(2):
        async with remembering(tmp_path, FakeClock()) as memory:
            await soon(memory.processor.settled())
            assert sorted(await memory.known(ANN)) == TWO_FACTS
            assert (await memory.store.get(session_id)).processing.status is MemoryStatus.PROCESSED
            assert await count(memory.store, session_id, ProcessingBegun) == 1
            assert await count(memory.store, session_id, Processed) == 1
            assert len(await memory.store.summaries(ANN)) == 1


async def test_two_servers_process_each_conversation_once(postgres_url: str) -> None:
    clock = FakeClock()
    async with (
        remembering(postgres_url, clock, ticking=True) as here,
        remembering(postgres_url, clock, ticking=True) as there,
    ):
        sessions = [
            await memory.session(ANN, f"U: I moved to {town}")
            for memory, town in ((here, "Porto"), (there, "Berlin"), (here, "Oslo"), (there, "Rome"))
        ]
        await clock.advance(QUIET + timedelta(minutes=2))
        for memory in (here, there):
            await soon(memory.processor.settled())
        for session in sessions:
            assert await count(here.store, session.id, ProcessingBegun) == 1
            assert await count(here.store, session.id, Processed) == 1
        (home,) = await there.store.current_memories(ANN)
        assert home.total_versions == len(sessions)


async def test_what_one_server_left_behind_another_finishes(postgres_url: str) -> None:
    clock = FakeClock()
    async with remembering(postgres_url, clock) as there:
        async with remembering(postgres_url, clock, backend=ScriptedBackend(meanwhile=for_ever)) as here:
            session = await here.session(ANN, "U: I live in Porto")
            await here.sessions.process(ANN, session.id)
        await clock.advance(timedelta(minutes=20))
        await soon(there.processor.settled())
        assert await there.known(ANN) == ["User lives in Porto"]
        assert await count(there.store, session.id, Processed) == 1
