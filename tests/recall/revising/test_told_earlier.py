"""Conversations that come in late: what was told before what is known does not replace it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_sessions.domain.memory import Memory, ProcessingResult, Role, Utterance
from agent_sessions.recall.dates.finding import whole_day
from agent_sessions.recall.extract import process_conversation

KNOWN_AT = datetime(2024, 5, 29, 10, tzinfo=UTC)
EARLIER = KNOWN_AT - timedelta(days=28)


def process(said: str, *, at: datetime) -> ProcessingResult:
    start, end = whole_day(KNOWN_AT)
    paris = Memory("paris", "s0", "User lives in Paris", start, end, KNOWN_AT, sources=("m9",))
    return process_conversation(
        [Utterance("m0", "s1", 0, at, Role.USER, said)], session_id="s1", created_at=at, known=(paris,)
    )


def test_what_was_told_earlier_becomes_an_earlier_version() -> None:
    first, last = process("I live in Porto", at=EARLIER).versions
    assert (first.replaces, first.memory.content) == ("paris", "User lives in Porto")
    assert (last.replaces, last.memory.content) == (first.memory.id, "User lives in Paris")
    assert (last.memory.session_id, last.memory.sources, last.memory.created_at) == ("s0", ("m9",), KNOWN_AT)
    assert len({"paris", first.memory.id, last.memory.id}) == 3


def test_what_was_told_later_replaces() -> None:
    (only,) = process("I live in Porto", at=KNOWN_AT + timedelta(days=1)).versions
    assert (only.replaces, only.memory.content) == ("paris", "User lives in Porto")


def test_of_conversations_side_by_side_the_one_processed_last_was_told_last() -> None:
    (only,) = process("I live in Porto", at=KNOWN_AT - timedelta(hours=3)).versions
    assert (only.replaces, only.memory.content) == ("paris", "User lives in Porto")


def test_the_same_conversation_gives_the_same_memories() -> None:
    assert process("I live in Porto", at=EARLIER) == process("I live in Porto", at=EARLIER)
