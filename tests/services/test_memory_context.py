"""Contexts for language models: their parts and order, what is let in, and what each strategy adds and tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from agent_sessions.domain.context_request import ContextRequest, DateFilterType, Strategy
from agent_sessions.domain.errors import SessionNotFound, UserNotFound
from agent_sessions.services.processing import ProcessingRules

from .remembering import ANN, BEN, remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent_sessions.domain.context_request import ContextAnswer
    from agent_sessions.ports import Owner
    from agent_sessions.testing import FakeClock

    from .remembering import Memory

PLAIN = ContextRequest(strategy=Strategy.LOW_LATENCY, system_prompt=False, metadata_ids=True)
ALL = (Strategy.LOW_LATENCY, Strategy.BALANCED, Strategy.AGENTIC)
SPRING = datetime(2025, 3, 22, 10, tzinfo=UTC)


def asking(strategy: Strategy = Strategy.LOW_LATENCY, **members: object) -> ContextRequest:
    given = {"strategy": strategy, "system_prompt": False, "metadata_ids": True, **members}
    return ContextRequest(**given)  # type: ignore[arg-type]


@pytest.fixture
async def memory(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Memory]:
    """A user of whom something is known: a home that changed, a sister, a recommendation."""
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(
            ANN,
            "U: I live in Porto. My sister is called Rita",
            "A: Porto is lovely.",
            "U: Can you recommend a bakery?",
            "A: I recommend Padaria Ribeiro: their custard tarts are the best in town.",
            created_at=SPRING,
        )
        await memory.processed(ANN, "U: I moved to Berlin last week", "A: How do you like it?")
        await memory.processed(ANN, "U: My sister Rita has a dog called Bruno", "A: Cute!")
        yield memory


async def ask(memory: Memory, *lines: str, request: ContextRequest = PLAIN, owner: Owner = ANN) -> ContextAnswer:
    session = await memory.session(owner, *lines)
    return await memory.contexts.context(owner, session.id, request)


async def test_the_parts_come_in_their_order(memory: Memory) -> None:
    answer = await ask(memory, "U: Where do I live?", request=asking(last_messages=3, last_summaries=2))
    assert answer.text is not None
    headings = [line for line in answer.text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Memories about the user",
        "## Summaries of earlier conversations",
        "## What was said in earlier conversations",
        "## Ongoing conversations",
        "## Last 3 messages",
        "## Last 2 summaries",
    ]


async def test_a_memory_is_told_with_its_likeness_its_days_and_its_versions(memory: Memory) -> None:
    answer = await ask(memory, "U: Where do I live?")
    assert answer.text is not None
    first = answer.text.index("1. User moved to Berlin")
    block = answer.text[first : answer.text.index("\n\n", first)]
    assert "Similarity: 0." in block
    assert "Event: 2025/12/22 12:00 AM - 2025/12/28 11:59 PM" in block
    assert "Version 2 of 2 (CURRENT_VERSION)" in block
    assert "Version 1, until 2026/01/01 12:00 PM (TEMPORAL_CONFLICT): User lives in Porto" in block
    assert "Event: 2025/03/22 12:00 AM - 2025/03/22 11:59 PM" in block


async def test_times_are_written_in_the_zone_asked_for(memory: Memory) -> None:
    answer = await ask(memory, "U: Where do I live?", request=asking(zone=ZoneInfo("Asia/Tokyo")))
    assert answer.text is not None
    assert "Event: 2025/12/22 09:00 AM - 2025/12/29 08:59 AM" in answer.text


async def test_what_the_assistant_said_is_told_word_for_word(memory: Memory) -> None:
    for strategy in ALL:
        answer = await ask(memory, "U: Which bakery did you recommend?", request=asking(strategy))
        assert answer.text is not None
        assert "[2025/03/22 10:00 AM] Assistant: I recommend Padaria Ribeiro" in answer.text


async def test_connected_memories_are_nested_and_told_once(memory: Memory) -> None:
    answer = await ask(memory, "U: What is my sister called?")
    assert answer.text is not None
    memories = answer.text[: answer.text.index("## Summaries")]
    assert memories.count("User's sister is called Rita") == 1
    assert memories.count("dog") == 1


async def test_an_empty_part_says_so(memory: Memory) -> None:
    answer = await ask(memory, "U: Tell me about quasars and neutrinos")
    assert answer.text is not None
    assert "No memories about the user bear on this." in answer.text
    assert "No summary of an earlier conversation bears on this." in answer.text
    assert "Nothing that was said in earlier conversations bears on this." in answer.text
    empty = await ask(memory, request=asking(last_messages=1, last_summaries=1), owner=BEN)
    assert empty.text is not None
    assert "The user has not said anything yet." in empty.text
    assert "No conversation has been summarised yet." in empty.text


async def test_thresholds_cut_off(memory: Memory) -> None:
    strict = await ask(memory, "U: Where do I live?", request=asking(memories_threshold=0.8, summaries_threshold=0.8))
    loose = await ask(memory, "U: Where do I live?", request=asking(memories_threshold=0.2, summaries_threshold=0.2))
    assert strict.sources is not None
    assert loose.sources is not None
    assert loose.text is not None
    assert len(strict.sources.memory_ids) < len(loose.sources.memory_ids)
    likenesses = [
        float(line.split("Similarity: ")[1][:5]) for line in loose.text.splitlines() if "Similarity: " in line
    ]
    assert min(likenesses) >= 0.2


async def test_no_more_memories_than_asked_for(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        towns = [f"Town{chr(65 + number)}" for number in range(20)]
        for town in towns:
            await memory.processed(ANN, f"U: My favorite bakery in {town} is called Bread {town}")
        loose = asking(memories_threshold=0.2, min_top_k=5, max_top_k=10)
        answer = await ask(memory, "U: Which bakery is my favorite?", request=loose)
        assert answer.text is not None
        assert "10. " in answer.text
        assert "11. " not in answer.text


async def test_ongoing_conversations_are_told_whole_and_the_asking_one_only_outside_agentic(memory: Memory) -> None:
    await memory.session(ANN, "U: I am thinking of Lisbon", "A: Why?")
    for strategy in ALL:
        answer = await ask(memory, "U: Where do I live?", request=asking(strategy))
        assert answer.text is not None
        ongoing = answer.text[answer.text.index("## Ongoing conversations") :]
        assert "User: I am thinking of Lisbon" in ongoing
        assert "Assistant: Why?" in ongoing
        assert ("Where do I live?" in ongoing) is (strategy is not Strategy.AGENTIC or answer.text.count("Lisbon") > 1)
        await _process_all(memory)


async def _process_all(memory: Memory) -> None:
    page = await memory.store.sessions_of(ANN, limit=50)
    asked = [each for each in page.items if each.processing.status == "pending"]
    await memory.process(*asked)
    await memory.session(ANN, "U: I am thinking of Lisbon", "A: Why?")


async def test_a_long_ongoing_conversation_is_told_from_its_end(memory: Memory) -> None:
    await memory.session(ANN, *(f"U: {number} " + "word " * 100 for number in range(80)))
    answer = await ask(memory, "U: Where do I live?")
    assert answer.text is not None
    assert "(earlier messages left out)" in answer.text
    assert "User: 79 word" in answer.text
    assert "User: 0 word" not in answer.text
    assert len(answer.text) < 60_000


async def test_open_contradictions_are_told(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock, rules=ProcessingRules(conflicts=True)) as memory:
        await memory.processed(ANN, "U: My birthday is on March 15")
        await memory.processed(ANN, "U: My birthday is on June 20")
        answer = await ask(memory, "U: When is my birthday?")
        assert answer.text is not None
        part = answer.text[answer.text.index("## Open contradictions") :]
        assert "March 15" in part
        assert "June 20" in part


async def test_without_a_question_the_newest_and_most_connected_are_told(memory: Memory) -> None:
    for lines in ((), ("A: Good morning!",), ("U: hi",)):
        answer = await ask(memory, *lines)
        assert answer.text is not None
        assert "User moved to Berlin" in answer.text
        assert "Similarity" not in answer.text[: answer.text.index("## Summaries")]
        assert answer.sources is not None
        assert answer.sources.memory_ids


async def test_the_sources_are_told_when_asked_for(memory: Memory) -> None:
    answer = await ask(memory, "U: Where does my sister Rita live?")
    assert answer.sources is not None
    assert answer.sources.queries == ("Where does my sister Rita live?",)
    assert answer.sources.summary_queries == ("Where does my sister Rita live?",)
    assert answer.sources.keywords == ("sister", "rita", "live")
    known = await memory.store.memories_by_id(ANN, answer.sources.memory_ids)
    assert len(known) == len(answer.sources.memory_ids)
    for session_id in answer.sources.session_ids:
        await memory.store.session_of(ANN, session_id)
    assert (await ask(memory, "U: Rita?", request=asking(metadata_ids=False))).sources is None


async def test_days_in_the_question_are_date_filters_of_the_balanced_strategy(memory: Memory) -> None:
    answer = await ask(memory, "U: What did I do last week?", request=asking(Strategy.BALANCED))
    assert answer.sources is not None
    assert answer.text is not None
    (days,) = answer.sources.date_filters
    assert days.kind is DateFilterType.EVENT_DATE
    assert (days.start, days.end) == (
        datetime(2025, 12, 22, tzinfo=UTC),
        datetime(2025, 12, 28, 23, 59, 59, tzinfo=UTC),
    )
    assert "User moved to Berlin" in answer.text
    quick = await ask(memory, "U: What did I do last week?")
    assert quick.sources is not None
    assert quick.sources.date_filters == ()


async def test_a_backdated_question_is_asked_in_its_own_time(memory: Memory) -> None:
    session = await memory.session(ANN, "U: What did I do last week?", created_at=SPRING)
    answer = await memory.contexts.context(ANN, session.id, asking(Strategy.BALANCED))
    assert answer.sources is not None
    assert [days.start.date().isoformat() for days in answer.sources.date_filters] == ["2025-03-10"]
    assert answer.text is not None
    assert "[2025/03/22 10:00 AM] User: What did I do last week?" in answer.text


async def test_the_agentic_strategy_thinks_aloud_and_writes_an_analysis(memory: Memory) -> None:
    session = await memory.session(ANN, "U: Where do I live, and what does my sister have?")
    told = [each async for each in memory.contexts.stream(ANN, session.id, asking(Strategy.AGENTIC))]
    *meanwhile, final = told
    assert [each.final for each in told] == [False] * len(meanwhile) + [True]
    assert all(each.status and each.text is None for each in meanwhile)
    assert all(each.sources and each.sources.reasoning for each in meanwhile)
    assert final.text is not None
    assert final.sources is not None
    assert final.sources.reasoning is not None
    assert len(final.sources.queries) > 1
    assert final.text.index("## Key findings") < final.text.index("## Timeline") < final.text.index("## What was said")
    assert "**User moved to Berlin**" in final.text
    assert "before until 2026/01/01: User lives in Porto" in final.text
    timeline = final.text[final.text.index("## Timeline") : final.text.index("## What was said")]
    assert timeline.index("Porto") < timeline.index("Berlin")


async def test_the_agentic_strategy_follows_names_that_come_up(memory: Memory) -> None:
    answer = await ask(memory, "U: What is my sister called?", request=asking(Strategy.AGENTIC))
    assert answer.text is not None
    assert "Bruno" in answer.text
    assert answer.sources is not None
    assert any("Rita" in query for query in answer.sources.queries)


@pytest.mark.parametrize(
    ("question", "strategy"),
    [
        ("Where do I live?", Strategy.LOW_LATENCY),
        ("What happened last week?", Strategy.BALANCED),
        ("How many cities have I lived in, and in which order?", Strategy.AGENTIC),
        ("Which bakery did you recommend?", Strategy.AGENTIC),
    ],
)
async def test_auto_chooses_and_says_which(memory: Memory, question: str, strategy: Strategy) -> None:
    assert (await ask(memory, f"U: {question}", request=asking(Strategy.AUTO))).strategy is strategy


async def test_the_system_prompt_stands_in_front_where_wanted(memory: Memory) -> None:
    for strategy in ALL:
        prompt = memory.contexts.system_prompt(strategy)
        answer = await ask(memory, "U: Where do I live?", request=asking(strategy, system_prompt=True))
        assert answer.text is not None
        assert answer.text.startswith(prompt)
        assert len(prompt) > 500


async def test_others_sessions_and_users_are_unknown(memory: Memory, clock: FakeClock) -> None:
    mine = await memory.session(ANN, "U: Where do I live?")
    await memory.session(BEN, "U: I live in Oslo")
    with pytest.raises(SessionNotFound):
        await memory.contexts.context(BEN, mine.id, PLAIN)
    with pytest.raises(UserNotFound):
        await memory.contexts.context(ANN._replace(project="other"), mine.id, PLAIN)


async def test_a_long_message_is_quoted_where_it_bears_on_the_question(memory: Memory) -> None:
    filler = "The weather was mild and the streets were calm. " * 40
    await memory.processed(ANN, f"U: {filler}My parrot Kiwi escaped through the window. {filler}", "A: Oh no!")
    await memory.clock.advance(timedelta(days=1))
    answer = await ask(memory, "U: What happened to my parrot Kiwi?")
    assert answer.text is not None
    said = answer.text[answer.text.index("## What was said") : answer.text.index("## Ongoing")]
    assert "... " in said
    assert "My parrot Kiwi escaped through the window." in said
    assert len(said) < 4_000
