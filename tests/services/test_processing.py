"""Conversations become memories: once, in their time, those of one user one after another, whatever fails meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain.errors import ExtractionFailed
from agent_sessions.domain.log import Processed, ProcessingBegun, ProcessingFailed
from agent_sessions.domain.session import MemoryStatus
from agent_sessions.ports import MemoriesChanged
from agent_sessions.services.processing import ProcessingRules

from .remembering import ANN, QUIET, remembering, somebody
from .scripted_backend import ScriptedBackend, for_ever
from .stage import soon

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.domain.log import Fact
    from agent_sessions.domain.session import Session
    from agent_sessions.ports import ConversationToRemember
    from agent_sessions.testing import FakeClock

    from .remembering import Memory

LATE = timedelta(milliseconds=1)


async def facts(memory: Memory, session: Session, *kinds: type[Any]) -> list[Fact]:
    return [entry.fact for entry in await memory.store.log(session.id, limit=1000) if isinstance(entry.fact, kinds)]


async def test_a_conversation_becomes_memories_once_it_is_quiet(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock, ticking=True) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await clock.advance(QUIET - LATE)
        await memory.say(session, "U: I have a dog called Bruno")
        await clock.advance(QUIET - LATE)
        assert await facts(memory, session, ProcessingBegun) == []
        await clock.advance(LATE)
        await memory.processor.settled()
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.PROCESSED
        assert "User lives in Porto" in await memory.known(ANN)
        await clock.advance(timedelta(days=2))
        await memory.processor.settled()
        assert len(await facts(memory, session, ProcessingBegun)) == 1
        assert len(await facts(memory, session, Processed)) == 1


async def test_what_is_said_meanwhile_is_processed_after(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend, ticking=True) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await memory.sessions.process(ANN, session.id)
        await memory.note(session, "I work at Zalando")
        await memory.processor.settled()
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.PENDING
        await clock.advance(QUIET)
        await memory.processor.settled()
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.PROCESSED
        assert sorted(await memory.known(ANN)) == ["User lives in Porto", "User works at Zalando"]


async def test_five_conversations_of_a_user_at_once_follow_each_other(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        towns = ["Porto", "Berlin", "Oslo", "Paris", "Rome"]
        sessions = [await memory.session(ANN, f"U: I moved to {town}") for town in towns]
        await asyncio.gather(*(memory.sessions.process(ANN, session.id) for session in sessions))
        await memory.processor.settled()
        assert backend.most_at_once == 1
        (home,) = await memory.store.current_memories(ANN)
        assert home.total_versions == len(towns)
        versions = (await memory.store.versions(ANN, [home.lineage]))[home.lineage]
        assert [kept.version for kept in versions] == [5, 4, 3, 2, 1]
        assert {kept.memory.content for kept in versions} == {f"User moved to {town}" for town in towns}


async def test_users_are_processed_side_by_side(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        sessions = [await memory.session(somebody(), "U: I live in Porto") for _ in range(6)]
        await memory.process(*sessions)
        assert len(backend.given) == 6


@pytest.mark.parametrize("trouble", [ExtractionFailed("The model is away"), RuntimeError("password=hunter2")])
async def test_what_fails_changes_nothing_and_can_be_tried_again(
    tmp_path: Path, clock: FakeClock, trouble: Exception
) -> None:
    async with remembering(tmp_path, clock, backend=ScriptedBackend(trouble)) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await memory.process(session)
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.FAILED
        assert await memory.known(ANN) == []
        (failed,) = await facts(memory, session, ProcessingFailed)
        assert isinstance(failed, ProcessingFailed)
        assert "hunter2" not in failed.explanation
        await memory.process(session)
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.PROCESSED
        assert await memory.known(ANN) == ["User lives in Porto"]


async def test_a_message_after_a_failure_has_it_tried_again(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock, backend=ScriptedBackend(ExtractionFailed("away")), ticking=True) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await clock.advance(QUIET)
        await memory.processor.settled()
        await memory.note(session, "Hello?")
        await clock.advance(QUIET)
        await memory.processor.settled()
        assert await memory.known(ANN) == ["User lives in Porto"]


async def test_memories_that_changed_meanwhile_are_read_again(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        await memory.processed(ANN, "U: I live in Porto")
        session = await memory.session(ANN, "U: I moved to Berlin")

        async def change(_conversation: ConversationToRemember) -> None:
            if len(backend.given) == 2:
                (kept,) = await memory.store.current_memories(ANN)
                await memory.store.remove_memory(ANN, kept.memory.id, with_previous=True)

        backend.meanwhile = change
        await memory.process(session)
        assert len(backend.given) == 3
        assert await memory.known(ANN) == ["User moved to Berlin"]


async def test_memories_that_keep_changing_fail_the_session(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock, backend=ScriptedBackend(*[MemoriesChanged("x")] * 5)) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await memory.process(session)
        assert (await memory.store.get(session.id)).processing.status is MemoryStatus.FAILED


async def test_a_session_erased_while_it_is_processed_is_gone(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        session = await memory.session(ANN, "U: I live in Porto")

        async def erase(_conversation: ConversationToRemember) -> None:
            await memory.sessions.remove(ANN, session.id)

        backend.meanwhile = erase
        await memory.process(session)
        assert await memory.known(ANN) == []


async def test_a_user_renamed_while_processed_keeps_the_memories(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        session = await memory.session(ANN, "U: I live in Porto")

        async def rename(conversation: ConversationToRemember) -> None:
            if conversation.owner == ANN:
                await memory.users.update(ANN, new_id="anna")

        backend.meanwhile = rename
        await memory.process(session)
        assert await memory.known(ANN._replace(user_id="anna")) == ["User lives in Porto"]


async def test_what_was_begun_is_finished_by_the_next_process(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock, backend=ScriptedBackend(meanwhile=for_ever)) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await memory.sessions.process(ANN, session.id)
        await clock.settle()
    async with remembering(tmp_path, clock) as memory:
        await soon(memory.processor.settled())
        assert await memory.known(ANN) == ["User lives in Porto"]
        assert len(await facts(memory, session, Processed)) == 1
    async with remembering(tmp_path, clock) as memory:
        await soon(memory.processor.settled())
        assert len(await facts(memory, session, Processed)) == 1


async def test_only_what_is_new_in_a_conversation_becomes_memories(tmp_path: Path, clock: FakeClock) -> None:
    backend = ScriptedBackend()
    async with remembering(tmp_path, clock, backend=backend, ticking=True) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await clock.advance(QUIET)
        await memory.processor.settled()
        (home,) = await memory.store.current_memories(ANN)
        await memory.store.remove_memory(ANN, home.memory.id, with_previous=True)
        await memory.note(session, "I work at Zalando")
        await clock.advance(QUIET)
        await memory.processor.settled()
        assert await memory.known(ANN) == ["User works at Zalando"]
        (summary,) = await memory.store.summaries(ANN)
        assert "Porto" in summary.summary.text
        assert "Zalando" in summary.summary.text


async def test_a_backdated_conversation_is_read_in_its_own_time(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        then = datetime(2023, 3, 22, 10, tzinfo=UTC)
        await memory.processed(ANN, "U: I moved to Berlin yesterday", created_at=then)
        (home,) = await memory.store.current_memories(ANN)
        assert home.memory.event_start == datetime(2023, 3, 21, tzinfo=UTC)
        assert home.memory.created_at == then
        (found,) = [each for each in await memory.recall(ANN, "Berlin") if each.kind == "message"]
        assert found.start.date() == then.date()


async def test_contradictions_are_put_to_a_human_where_the_user_wants_it(tmp_path: Path, clock: FakeClock) -> None:
    lines = ("U: My birthday is on March 15", "U: My birthday is on June 20")
    async with remembering(tmp_path, clock, rules=ProcessingRules(conflicts=True)) as memory:
        await memory.processed(ANN, lines[0])
        await memory.processed(ANN, lines[1])
        assert (await memory.store.conflicts(ANN, limit=10)).total == 1
        await memory.users.update(ANN, merge_conflicts=False)
        await memory.processed(ANN, "U: My birthday is on July 1")
        assert (await memory.store.conflicts(ANN, limit=10)).total == 1
