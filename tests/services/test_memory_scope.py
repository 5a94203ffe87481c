"""No user ever sees another's: over every way of asking, whatever users said, asked, erased and in which order."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sessions.domain.agent import Character
from agent_sessions.domain.context_request import ContextRequest, Strategy
from agent_sessions.domain.errors import UserNotFound
from agent_sessions.domain.recalled import Question
from agent_sessions.ports import MemoryFilter, Owner
from agent_sessions.services.context import ContextBuilder
from agent_sessions.services.processing import ProcessingRules
from agent_sessions.services.recalling import Recalling
from agent_sessions.testing import FakeClock
from agent_sessions.testing.store_samples import message, open_session, saying

from .remembering import remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .remembering import Memory

OWNERS = (Owner("default", "ann"), Owner("default", "ben"), Owner("elsewhere", "ann"))
MARKS = ("Aardvark", "Bandicoot", "Chinchilla")
"""A word that only this owner says, in everything they say; asked for without the capital."""
SAYINGS = (
    "I have a pet called {mark}",
    "My sister {mark} lives in Porto",
    "I moved to {mark}",
    "My birthday is on March {day} with {mark}",
    "Can you recommend a book about {mark}?",
)
QUESTIONS = (
    "What is my pet called?",
    "Where do I live, and what did you recommend last week?",
    "aardvark, bandicoot or chinchilla?",
    "hi",
)
WHO = Character(id="11111111-1111-4111-8111-111111111111", name="Ada")

owners = st.integers(0, len(OWNERS) - 1)
steps = st.one_of(
    st.tuples(st.just("say"), owners, st.integers(0, len(SAYINGS) - 1)),
    st.tuples(st.just("process"), owners, st.just(0)),
    st.tuples(st.just("ask"), owners, st.integers(0, len(QUESTIONS) - 1)),
    st.tuples(st.just("drop"), owners, st.just(0)),
    st.tuples(st.just("erase session"), owners, st.just(0)),
    st.tuples(st.just("erase user"), owners, st.just(0)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=4, max_size=14))
def test_no_user_ever_sees_anothers(taken: list[tuple[str, int, int]]) -> None:
    asyncio.run(_play(taken))


async def _play(taken: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock()
        async with remembering(Path(folder), clock, rules=ProcessingRules(conflicts=True)) as memory:
            # A bound so small that indexes come and go all the time.
            memory.indexes._most = 6
            for what, number, choice in taken:
                await _step(memory, what, OWNERS[number], choice)
            for owner in OWNERS:
                for question in QUESTIONS:
                    await _check(memory, owner, question)


async def _step(memory: Memory, what: str, owner: Owner, choice: int) -> None:
    mark = MARKS[OWNERS.index(owner)]
    try:
        if what == "say":
            said = SAYINGS[choice].format(mark=mark, day=choice + 1 + memory.clock.now().minute)
            await memory.session(owner, f"U: {said}", f"A: I will remember {mark}.")
        elif what == "ask":
            await _check(memory, owner, QUESTIONS[choice])
        elif what == "drop":
            memory.indexes.drop(owner)
        elif what == "erase user":
            await memory.users.erase(owner)
        else:
            sessions = (await memory.store.sessions_of(owner, limit=20)).items
            if what == "process":
                await memory.process(*(each for each in sessions if each.processing.status == "pending"))
            elif sessions:
                await memory.sessions.remove(owner, sessions[0].id)
    except UserNotFound:
        pass
    await memory.clock.advance(timedelta(minutes=1))


async def _check(memory: Memory, owner: Owner, question: str) -> None:
    others = [mark for mark in MARKS if mark != MARKS[OWNERS.index(owner)]]
    async for told in _told(memory, owner, question):
        assert not [mark for mark in others if mark in told], told


async def _told(memory: Memory, owner: Owner, question: str) -> AsyncIterator[str]:
    """Everything each way of asking tells, as text."""
    try:
        await memory.store.user(owner)
    except UserNotFound:
        return
    asked = Question(text=question, now=memory.clock.now(), limit=50, zone=UTC)
    yield str(await memory.local.search(owner, asked, explain=True))
    yield str(await memory.local.recall(owner, asked))
    yield str(await memory.store.memories(owner, MemoryFilter(), limit=50))
    yield str(await memory.store.conflicts(owner, limit=50))
    yield str(await memory.users.last_messages(owner, limit=50))
    async for context in _contexts(memory, owner, question):
        yield context


async def _contexts(memory: Memory, owner: Owner, question: str) -> AsyncIterator[str]:
    asking = await memory.session(owner, f"U: {question}")
    for strategy in Strategy:
        request = ContextRequest(
            strategy=strategy, memories_threshold=0.2, summaries_threshold=0.2, metadata_ids=True, last_messages=20
        )
        async for answer in memory.contexts.stream(owner, asking.id, request):
            yield str((answer.text, answer.status, answer.sources))
    await memory.sessions.remove(owner, asking.id)
    session = await open_session(memory.store, memory.clock.now(), user_id=owner.user_id, project=owner.project)
    recalling = Recalling(memory.backends, clock=memory.clock)
    builder = ContextBuilder(memory.store, memory.recent, clock=memory.clock, memory=recalling)
    said = message(question, author_id=owner.user_id)
    await memory.store.change(session.id, saying(said, memory.clock.now(), room=4))
    context = await builder.build(session.id, WHO, said)
    yield str((context.memories, context.recalled, context.history))
    await memory.store.remove_session(owner, session.id)
