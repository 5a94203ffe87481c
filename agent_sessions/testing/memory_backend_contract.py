"""What every :class:`~agent_sessions.ports.MemoryBackend` promises, as tests.

Subclass :class:`MemoryBackendContract` in a test file, give it the fixture, and pytest runs the rest::

    class TestMyBackend(MemoryBackendContract):
        @pytest.fixture
        async def backend(self): ...      # an open backend that knows nobody

A backend whose memories are in the server's store says how a conversation gets there (``converse``) and how the store
lets go of one (``erase``).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from ..domain.memory import ProcessingResult, Role, Utterance
from ..domain.recalled import Question
from ..ports import ConversationToRemember, Owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.recalled import Recalled
    from ..ports import MemoryBackend

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANN, BEN = Owner("default", "ann"), Owner("default", "ben")
ANN_ELSEWHERE = Owner("elsewhere", "ann")
TALK = ("I have a dog called Bruno", "What a lovely name!", "We live in Lisbon")


class MemoryBackendContract:
    """The promises. ``keeps``: whether the backend keeps anything at all."""

    keeps = True

    async def converse(self, backend: MemoryBackend, owner: Owner, *lines: str) -> str:
        """Have the user (first) and the assistant say these in turn, and have it remembered; returns the session's
        id."""
        conversation = conversation_of(owner, *lines)
        await backend.remember(conversation)
        return conversation.session_id

    async def erase(self, backend: MemoryBackend, owner: Owner, session_id: str | None) -> None:
        """Have everything of the owner forgotten, or what was made from one session."""
        await backend.forget(owner, session_id=session_id)

    async def test_what_was_said_is_recalled(self, backend: MemoryBackend) -> None:
        await self.converse(backend, ANN, *TALK)
        await self.converse(backend, ANN, "I am learning the cello")
        assert self.found("Bruno", await recall(backend, ANN, "What is my dog called?"))
        assert self.found("cello", await recall(backend, ANN, "Which instrument do I play, the cello?"))

    async def test_what_is_found_can_be_told(self, backend: MemoryBackend) -> None:
        session_id = await self.converse(backend, ANN, *TALK)
        for found in await recall(backend, ANN, "What is my dog called?"):
            assert found.id
            assert found.text.strip()
            assert found.session_id == session_id
            assert found.start <= found.end
            assert 0 <= found.similarity <= 1

    async def test_no_more_is_found_than_asked_for(self, backend: MemoryBackend) -> None:
        for number in range(6):
            await self.converse(backend, ANN, f"My dog Bruno learned trick number {number}")
        assert len(await recall(backend, ANN, "What did my dog learn?", limit=3)) <= 3

    async def test_nobody_elses_memories_are_found(self, backend: MemoryBackend) -> None:
        await self.converse(backend, ANN, *TALK)
        await self.converse(backend, BEN, "I have a cat called Felix")
        await self.converse(backend, ANN_ELSEWHERE, "I have a horse called Rocinante")
        for owner, own in ((ANN, "Bruno"), (BEN, "Felix"), (ANN_ELSEWHERE, "Rocinante")):
            found = await recall(backend, owner, "Bruno, Felix or Rocinante: what is my dog, cat or horse called?")
            texts = " ".join(each.text for each in found)
            assert [name for name in ("Bruno", "Felix", "Rocinante") if name in texts] == [own] * self.keeps

    async def test_remembering_again_adds_nothing(self, backend: MemoryBackend) -> None:
        conversation = conversation_of(ANN, *TALK)
        results = [await backend.remember(conversation) for _ in range(2)]
        assert results[0] == results[1]
        assert all(isinstance(result, ProcessingResult) for result in results)
        assert results[0].session_id == conversation.session_id
        texts = [each.text for each in await recall(backend, ANN, "What is my dog called?")]
        assert len(texts) == len(set(texts))

    async def test_a_session_is_forgotten_alone(self, backend: MemoryBackend) -> None:
        session_id = await self.converse(backend, ANN, *TALK)
        await self.converse(backend, ANN, "I am learning the cello")
        await self.erase(backend, ANN, session_id)
        assert "Bruno" not in told(await recall(backend, ANN, "What is my dog Bruno called?"))
        assert self.found("cello", await recall(backend, ANN, "Do I play the cello?"))

    async def test_a_user_is_forgotten_alone(self, backend: MemoryBackend) -> None:
        await self.converse(backend, ANN, *TALK)
        await self.converse(backend, BEN, "I have a cat called Felix")
        await self.erase(backend, ANN, None)
        assert list(await recall(backend, ANN, "What is my dog Bruno called?")) == []
        assert self.found("Felix", await recall(backend, BEN, "What is my cat called?"))

    async def test_forgetting_nobody_is_harmless(self, backend: MemoryBackend) -> None:
        await backend.forget(Owner("default", "nobody"))
        await backend.forget(Owner("default", "nobody"), session_id=str(uuid4()))

    async def test_nobody_is_known_who_never_spoke(self, backend: MemoryBackend) -> None:
        assert list(await recall(backend, Owner("default", "nobody"), "What is my dog called?")) == []

    async def test_an_empty_conversation_makes_nothing(self, backend: MemoryBackend) -> None:
        result = await backend.remember(conversation_of(ANN))
        assert (result.created, result.versions, result.conflicts, result.summary) == ((), (), (), None)

    async def test_many_ask_at_once(self, backend: MemoryBackend) -> None:
        await self.converse(backend, ANN, *TALK)
        answers = await asyncio.gather(*(recall(backend, ANN, "What is my dog called?") for _ in range(8)))
        assert all(told(answer) == told(answers[0]) for answer in answers)

    async def test_it_is_well_and_closing_twice_is_harmless(self, backend: MemoryBackend) -> None:
        await backend.health()
        await backend.close()
        await backend.close()

    def found(self, text: str, found: Sequence[Recalled]) -> bool:
        """Whether this was found, or rightly not, by a backend that keeps nothing."""
        return (text in told(found)) is self.keeps


def conversation_of(owner: Owner, *lines: str, session_id: str | None = None) -> ConversationToRemember:
    """A conversation a minute a turn, the user first."""
    session_id = session_id or str(uuid4())
    return ConversationToRemember(
        owner=owner,
        session_id=session_id,
        created_at=NOON,
        utterances=[
            Utterance(
                id=str(uuid4()),
                session_id=session_id,
                seq=place + 2,
                at=NOON + timedelta(minutes=place),
                role=Role.ASSISTANT if place % 2 else Role.USER,
                text=line,
            )
            for place, line in enumerate(lines)
        ],
        known=(),
        zone=UTC,
        conflicts=False,
        categories=("pets", "home"),
    )


async def recall(backend: MemoryBackend, owner: Owner, text: str, *, limit: int = 10) -> Sequence[Recalled]:
    """What the backend finds a day later."""
    return await backend.recall(owner, Question(text=text, now=NOON + timedelta(days=1), limit=limit))


def told(found: Sequence[Recalled]) -> str:
    """All texts found."""
    return "\n".join(each.text for each in found)
