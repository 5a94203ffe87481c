"""What memory adds to an agent's context: sourced and dated, within time and size, and never at the cost of a reply."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from agent_sessions.domain.agent import Character
from agent_sessions.domain.log import Author, Message
from agent_sessions.domain.recalled import Recalled, RecalledKind
from agent_sessions.services.backends import Backends
from agent_sessions.services.context import ContextBuilder
from agent_sessions.services.recalling import RecallBudget, Recalling
from agent_sessions.testing.store_samples import message, open_session, saying

from .remembering import ANN, remembering
from .scripted_backend import ScriptedBackend
from .stage import soon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.recalled import Question
    from agent_sessions.domain.session import Session
    from agent_sessions.ports import Clock, MemoryBackend, Owner, Store
    from agent_sessions.testing import FakeClock

WHO = Character(id="11111111-1111-4111-8111-111111111111", name="Ada")


class Recaller(ScriptedBackend):
    """Finds what a test says, and notes what it was asked."""

    def __init__(self, *found: Recalled, failure: Exception | None = None, hangs: bool = False) -> None:
        super().__init__()
        self.found = found
        self.failure = failure
        self.hangs = hangs
        self.asked: list[tuple[Owner, Question]] = []
        self.begun = asyncio.Event()

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        self.asked.append((owner, question))
        self.begun.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure
        return self.found[: question.limit]


class Forgetful(Recaller):
    """Says that it keeps nothing."""

    remembers = False


class Talk:
    """A session with an agent, and the contexts it gets."""

    def __init__(self, store: Store, session: Session, builder: ContextBuilder, clock: Clock) -> None:
        self.store = store
        self.session = session
        self.builder = builder
        self.clock = clock

    async def context(self, text: str, *, recalling: bool = True) -> Context:
        """The context in which this is to be answered."""
        asked = message(text, author_id=ANN.user_id)
        self.session = await self.store.change(self.session.id, saying(asked, self.clock.now(), room=32))
        return await self.builder.build(self.session.id, WHO, asked, recalling=recalling)


@asynccontextmanager
async def talking(
    folder: Path, clock: FakeClock, backend: MemoryBackend, *, budget: RecallBudget | None = None
) -> AsyncIterator[Talk]:
    async with remembering(folder, clock) as memory:
        recalling = Recalling(Backends(backend), clock=clock, budget=budget)
        session = await open_session(memory.store, clock.now(), user_id=ANN.user_id)
        builder = ContextBuilder(memory.store, memory.recent, clock=clock, memory=recalling)
        try:
            yield Talk(memory.store, session, builder, clock)
        finally:
            await recalling.close()


def found(
    text: str, *, kind: RecalledKind = RecalledKind.MEMORY, similarity: float = 0.9, **members: object
) -> Recalled:
    """Something found about the user."""
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    given = {"session_id": "earlier", "start": at, "end": at, "score": 1.0, "sources": (f"said {text}",), **members}
    return Recalled(id=f"id of {text}", kind=kind, text=text, similarity=similarity, **given)  # type: ignore[arg-type]


async def test_monday_is_known_on_friday(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I have a dog called Bruno", "A: What a lovely name!")
        await clock.advance(timedelta(days=4))
        session = await open_session(memory.store, clock.now(), user_id=ANN.user_id)
        builder = ContextBuilder(
            memory.store, memory.recent, clock=clock, memory=Recalling(memory.backends, clock=clock)
        )
        talk = Talk(memory.store, session, builder, clock)
        context = await talk.context("What is my dog called?")
        assert "[2026-01-01] User has a dog called Bruno" in context.memories
        (best,) = [each for each in context.recalled if each.text == "User has a dog called Bruno"]
        assert best.kind is RecalledKind.MEMORY
        assert best.sources
        assert context.history == ()
        greeted = await talk.context("Hello again!")
        assert "[2026-01-01] User has a dog called Bruno" in greeted.memories


async def test_the_question_is_the_message_and_the_user_its_author(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller(found("User likes tea"))
    async with talking(tmp_path, clock, backend) as talk:
        context = await talk.context("What do I drink?")
        ((owner, question),) = backend.asked
        assert owner == ANN
        assert question.text == "What do I drink?"
        assert question.now == clock.now()
        assert context.memories == ("[2026-01-01] User likes tea",)


async def test_what_is_in_the_history_is_not_told_again(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller()
    async with talking(tmp_path, clock, backend) as talk:
        first = await talk.context("I like tea")
        said = first.message.id
        reply = Message(id="r1", author=Author.AGENT, author_id=WHO.id, text="Noted", in_reply_to=said)
        from agent_sessions.domain import session as rules

        await talk.store.change(talk.session.id, lambda known: rules.concluded(known, reply, now=clock.now()))
        backend.found = (
            found("I like tea", kind=RecalledKind.MESSAGE, sources=(said,)),
            found("User likes tea", sources=(said,)),
            found("User likes tea and coffee", sources=(said, "another message")),
            found("This very session", kind=RecalledKind.SUMMARY, session_id=talk.session.id, sources=()),
            found("Another session", kind=RecalledKind.SUMMARY, sources=()),
        )
        context = await talk.context("And coffee?")
        assert [each.text for each in context.history] == ["I like tea", "Noted"]
        assert [each.text for each in context.recalled] == ["User likes tea and coffee", "Another session"]


async def test_a_thing_is_told_once_as_said_or_as_remembered(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller(
        found("User likes green tea", sources=("m1",)),
        found("I like green tea", kind=RecalledKind.MESSAGE, sources=("m1",)),
        found("I like coffee, and I have it at eight, always", kind=RecalledKind.MESSAGE, sources=("m2",)),
        found("User likes coffee", sources=("m2",)),
        found("User has tea", sources=("m3",)),
        found("I have tea. " + "It is a long story. " * 9, kind=RecalledKind.MESSAGE, sources=("m3",)),
    )
    async with talking(tmp_path, clock, backend) as talk:
        context = await talk.context("Hm?")
        told = [(each.sources[0], each.kind.value) for each in context.recalled]
        assert told == [("m1", "memory"), ("m2", "message"), ("m3", "memory"), ("m3", "message")]


async def test_no_more_than_the_budget_and_nothing_far_fetched(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller(
        found("a" * 60, kind=RecalledKind.MESSAGE),
        found("b" * 10, kind=RecalledKind.MESSAGE, similarity=0.1),
        found("c" * 30),
        found("d" * 20),
    )
    async with talking(tmp_path, clock, backend, budget=RecallBudget(items=12, characters=100)) as talk:
        assert [each.text for each in (await talk.context("Hm?")).recalled] == [
            *(letter * 25 + " ..." for letter in "ac"),
            "d" * 20,
        ]
    async with talking(tmp_path, clock, backend, budget=RecallBudget(items=1)) as talk:
        assert [each.text[0] for each in (await talk.context("Hm?")).recalled] == ["a"]
    backend.asked.clear()
    async with talking(tmp_path, clock, backend, budget=RecallBudget(items=0)) as talk:
        assert (await talk.context("Hm?")).recalled == ()
        assert backend.asked == []


@pytest.mark.parametrize("failure", [RuntimeError("boom"), OSError("away")])
async def test_a_backend_that_fails_leaves_the_history(tmp_path: Path, clock: FakeClock, failure: Exception) -> None:
    async with talking(tmp_path, clock, Recaller(failure=failure)) as talk:
        with capture_logs() as logs:
            context = await talk.context("Hm?")
        assert context.memories == ()
        assert [entry["log_level"] for entry in logs if entry["event"] == "recall_skipped"] == ["warning"]


async def test_a_backend_that_is_slow_is_not_waited_for(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller(hangs=True)
    async with talking(tmp_path, clock, backend) as talk:
        with capture_logs() as logs:
            building = asyncio.create_task(talk.context("Hm?"))
            await soon(backend.begun.wait())
            await clock.advance(timedelta(milliseconds=299))
            assert not building.done()
            await clock.advance(timedelta(milliseconds=1))
            assert (await soon(building)).memories == ()
        assert [entry["reason"] for entry in logs if entry["event"] == "recall_skipped"] == ["took too long"]


async def test_agents_and_backends_without_memory_cost_nothing(tmp_path: Path, clock: FakeClock) -> None:
    backend = Recaller(found("User likes tea"))
    async with talking(tmp_path, clock, backend) as talk:
        assert (await talk.context("Hm?", recalling=False)).memories == ()
        assert (await talk.context("   ")).memories == ()
    assert backend.asked == []
    forgetful = Forgetful(found("User likes tea"))
    async with talking(tmp_path, clock, forgetful) as talk:
        assert (await talk.context("Hm?")).memories == ()
    assert forgetful.asked == []
    assert Backends(forgetful).quiet_of("any agent") is None
    assert Backends(backend).quiet_of("any agent") == timedelta(minutes=10)
    other = Backends(backend, by_agent={"a": forgetful}, quiet_by_agent={"b": timedelta(minutes=3)})
    assert [other.quiet_of(agent) for agent in "abc"] == [None, timedelta(minutes=3), timedelta(minutes=10)]
