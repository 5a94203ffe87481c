"""The memory backend ``local``: the promises of all backends, and what it finds and says beyond them."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Question, RecalledKind
from agent_sessions.recall.search.document import Kind
from agent_sessions.services.local_memory import LONGEST_QUESTION
from agent_sessions.testing.memory_backend_contract import MemoryBackendContract

from .remembering import ANN, remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent_sessions.ports import MemoryBackend, Owner
    from agent_sessions.services.local_memory import LocalMemory, Survey
    from agent_sessions.testing import FakeClock

    from .remembering import Memory


class TestLocalMemory(MemoryBackendContract):
    memory: Memory

    @pytest.fixture
    async def backend(self, tmp_path: Path, clock: FakeClock) -> AsyncIterator[LocalMemory]:
        async with remembering(tmp_path, clock) as memory:
            self.memory = memory
            yield memory.local

    async def converse(self, backend: MemoryBackend, owner: Owner, *lines: str) -> str:
        turns = [f"{'A' if place % 2 else 'U'}: {line}" for place, line in enumerate(lines)]
        return (await self.memory.processed(owner, *turns)).id

    async def erase(self, backend: MemoryBackend, owner: Owner, session_id: str | None) -> None:
        if session_id is None:
            await self.memory.users.erase(owner)
        else:
            await self.memory.sessions.remove(owner, session_id)


async def test_messages_memories_and_summaries_are_found_with_their_sources(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        session = await memory.processed(ANN, "U: I have a dog called Bruno", "A: Bruno is a lovely name!")
        said = await memory.store.messages(session.id, limit=10)
        found = {(each.kind, each.role): each for each in await memory.recall(ANN, "Bruno")}
        assert found[RecalledKind.MESSAGE, Role.USER].text == "I have a dog called Bruno"
        assert found[RecalledKind.MESSAGE, Role.ASSISTANT].text == "Bruno is a lovely name!"
        assert found[RecalledKind.MESSAGE, Role.USER].start == said[0].at
        fact = found[RecalledKind.MEMORY, None]
        assert fact.text == "User has a dog called Bruno"
        assert fact.sources == (found[RecalledKind.MESSAGE, Role.USER].id,)
        assert found[RecalledKind.SUMMARY, None].session_id == session.id
        assert all(each.why is None for each in found.values())


async def test_it_says_why_it_was_found(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I have a dog called Bruno")
        question = Question(text="dog", now=clock.now(), limit=5, zone=UTC)
        found = await memory.local.search(ANN, question, kinds={Kind.MEMORY}, explain=True)
        assert [each.kind for each in found] == [RecalledKind.MEMORY]
        assert found[0].why
        assert "dog" in found[0].why


async def test_an_agent_is_told_something_whatever_was_asked(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I have a dog called Bruno", "U: I live in Porto", "U: I work at Zalando")
        greeting = Question(text="Good morning", now=clock.now(), limit=10, zone=UTC)
        texts = {each.text for each in await memory.local.recall(ANN, greeting)}
        assert {"User has a dog called Bruno", "User lives in Porto", "User works at Zalando"} <= texts
        assert await memory.recall(ANN, "Good morning") == []
        one = Question(text="Bruno", now=clock.now(), limit=1, zone=UTC)
        assert len(await memory.local.recall(ANN, one)) == 1


async def test_a_page_that_is_pasted_is_looked_for_by_its_beginning(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I have a dog called Bruno")
        page = "x " * LONGEST_QUESTION
        assert await memory.texts(ANN, f"Bruno {page}")
        assert not await memory.texts(ANN, f"{page} Bruno")


async def test_what_the_store_says_the_backend_says(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.local.health()
        survey = await _survey(memory)
        assert (survey.memories, survey.summaries, survey.messages) == ([], [], [])
        await memory.processed(ANN, "U: I have a dog called Bruno")
        survey = await _survey(memory)
        assert [kept.memory.content for kept, _ in survey.memories] == ["User has a dog called Bruno"]
        assert len(survey.summaries) == len(survey.messages) == 1


async def _survey(memory: Memory) -> Survey:
    await memory.session(ANN)
    return await memory.local.survey(
        ANN,
        ["What is my dog called?", "Bruno"],
        now=memory.clock.now() + timedelta(days=1),
        zone=UTC,
        limits={Kind.MEMORY: 5, Kind.SUMMARY: 5, Kind.MESSAGE: 5},
    )


@pytest.mark.parametrize("question", ["Where do I live?", "Do I still live in Porto?"])
async def test_what_changed_is_told_before_what_was_said_of_it_earlier(
    tmp_path: Path, clock: FakeClock, question: str
) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I live in Porto with my dog", "A: Nice.")
        await memory.processed(ANN, "U: I moved to Berlin")
        found = [each.text for each in await memory.recall(ANN, question)]
        assert found[0] == "User moved to Berlin"
        assert "I live in Porto with my dog" in found


async def test_what_was_only_added_to_keeps_its_place(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I have a dog")
        await memory.processed(ANN, "U: I have a dog called Bruno")
        await memory.processed(ANN, "U: I like tea")
        found = [each.text for each in await memory.recall(ANN, "Do I have a dog?")]
        assert found.index("I have a dog") < found.index("I have a dog called Bruno")
