"""From a conversation to memories: what is kept, where it comes from, and that equal logs give equal results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sessions.domain.memory import Memory, MemoryKind, ProcessingResult, Role, Utterance, VersionReason
from agent_sessions.recall.extract import ExtractionOptions, process_conversation
from agent_sessions.recall.facts.categories import DEFAULT_CATEGORIES, categories_of
from agent_sessions.recall.judging.private import holds_secret

AT = datetime(2024, 5, 15, 10, tzinfo=UTC)


def talk(*lines: str, session: str = "s1") -> list[Utterance]:
    """Utterances a minute apart; a line begins with "U: " or "A: "."""
    roles = {"U": Role.USER, "A": Role.ASSISTANT}
    return [
        Utterance(f"{session}-m{seq}", session, seq, AT + timedelta(minutes=seq), roles[line[0]], line[3:])
        for seq, line in enumerate(lines)
    ]


def process(*lines: str, options: ExtractionOptions | None = None, known: tuple[Memory, ...] = ()) -> ProcessingResult:
    turns = talk(*lines)
    return process_conversation(turns, session_id="s1", created_at=AT, options=options, known=known)


def contents(result: ProcessingResult, kind: MemoryKind = MemoryKind.FACT) -> list[str]:
    return [memory.content for memory in result.created if memory.kind is kind]


LONG_TALK = (
    "U: Hi! I'm Dana, I just moved to Porto for a job at Farfetch",
    "A: Welcome to Porto! Do you have any pets?",
    "U: yes, a parrot called Kiwi",
    "A: Lovely. How can I help?",
    "U: I'm allergic to shellfish. Can you recommend three restaurants for my birthday on June 8?",
    "A: Sure! Here are some options:\n1. Avillez: modern dishes\n2. Casa Guedes: pork\n3. Taberna Real: classics",
    "U: great. My sister Rita is visiting next weekend, she's vegetarian",
    "A: I'd recommend booking a table at daTerra, it is fully vegetarian.",
    "U: What's the best way to get to the airport?",
    "A: The metro's violet line goes straight to the airport in about 30 minutes.",
    "U: thanks! I also started learning Portuguese in March",
    "A: Boa sorte!",
    "U: I work from home on Fridays and I swim every morning",
    "A: That sounds healthy.",
    "U: My boss is called Miguel",
)


def test_memories_name_the_messages_they_come_from() -> None:
    result = process("A: Where do you live?", "U: Berlin", "U: I have two cats")
    assert [(memory.content, memory.sources) for memory in result.created] == [
        ("User lives in Berlin", ("s1-m0", "s1-m1")),
        ("User has two cats", ("s1-m2",)),
    ]


def test_memories_are_as_old_as_their_session() -> None:
    made = datetime(2020, 1, 1, tzinfo=UTC)
    result = process_conversation(talk("U: I live in Leeds"), session_id="s1", created_at=made)
    assert [memory.created_at for memory in result.created] == [made]


def test_equal_logs_give_equal_results() -> None:
    assert process(*LONG_TALK) == process(*LONG_TALK)
    assert repr(process(*LONG_TALK)) == repr(process(*LONG_TALK))


def test_the_same_words_in_another_session_are_another_memory() -> None:
    first = process_conversation(talk("U: I live in Leeds"), session_id="s1", created_at=AT)
    second = process_conversation(talk("U: I live in Leeds", session="s2"), session_id="s2", created_at=AT)
    assert first.created[0].id != second.created[0].id


def test_ids_are_unique_within_a_result() -> None:
    result = process(*LONG_TALK)
    ids = [memory.id for memory in result.created]
    assert len(set(ids)) == len(ids) > 8


def test_a_fact_said_twice_is_one_memory_with_both_sources() -> None:
    result = process("U: I live in Leeds", "A: Nice", "U: As I said, I live in Leeds")
    assert [(memory.content, memory.sources) for memory in result.created] == [
        ("User lives in Leeds", ("s1-m0", "s1-m2"))
    ]


def test_a_fact_known_already_is_folded_into_it() -> None:
    known = process("U: I live in Leeds").created
    again = process_conversation(talk("U: I live in Leeds", session="s2"), session_id="s2", created_at=AT, known=known)
    assert (again.created, again.versions) == ((), ())
    assert [(fold.memory_id, fold.sources) for fold in again.folded] == [(known[0].id, ("s2-m0",))]


def test_processing_the_same_session_again_makes_nothing_new() -> None:
    first = process(*LONG_TALK)
    again = process(*LONG_TALK, known=first.created)
    assert (again.created, again.versions, again.conflicts) == ((), (), ())


def test_versions_within_one_conversation_follow_each_other() -> None:
    result = process("U: I live in Leeds", "U: I moved to York yesterday", "U: I moved to Hull today")
    assert contents(result) == ["User lives in Leeds"]
    assert [(version.memory.content, version.reason) for version in result.versions] == [
        ("User moved to York", VersionReason.CHANGE),
        ("User moved to Hull", VersionReason.CHANGE),
    ]
    assert [version.replaces for version in result.versions] == [result.created[0].id, result.versions[0].memory.id]


def test_what_the_assistant_gave_is_kept_as_items_of_its_own() -> None:
    items = contents(process(*LONG_TALK), MemoryKind.ASSISTANT)
    assert any("Avillez; Casa Guedes; Taberna Real" in item for item in items)
    assert any(item.startswith("Assistant recommended: booking a table at daTerra") for item in items)
    assert any("violet line goes straight to the airport" in item for item in items)
    assert not any("Boa sorte" in item or "healthy" in item for item in items)


def test_assistant_items_can_be_left_out() -> None:
    result = process(*LONG_TALK, options=ExtractionOptions(keep_assistant=False))
    assert contents(result, MemoryKind.ASSISTANT) == []
    assert contents(result) == contents(process(*LONG_TALK))


def test_the_summary_of_a_long_talk_is_a_paragraph() -> None:
    summary = process(*LONG_TALK).summary
    assert summary is not None
    assert 60 <= len(summary.text.split()) <= 168
    assert "\n" not in summary.text
    assert "Porto" in summary.text
    assert (summary.start, summary.end) == (AT.replace(hour=0), AT.replace(hour=23, minute=59, second=59))


def test_the_summary_of_a_short_talk_says_nothing_twice() -> None:
    summary = process(
        "U: I live in Porto with my dog", "A: Nice.", "U: What a day that was, with all that rain"
    ).summary
    assert summary is not None
    assert summary.text == 'User lives in Porto with their dog. User said "What a day that was, with all that rain".'


def test_the_summary_quotes_nothing_that_a_fact_tells() -> None:
    summary = process(
        "U: so we got the flat!! we moved to Kreuzberg in May", "U: I think I might learn the cello"
    ).summary
    assert summary is not None
    assert "so we got" not in summary.text
    assert 'User said "I think I might learn the cello".' in summary.text


def test_the_summary_of_a_greeting_is_short_and_that_of_nothing_is_none() -> None:
    summary = process("U: hi there", "A: Hello!").summary
    assert summary is not None
    assert len(summary.text.split()) < 30
    assert process().summary is None


def test_what_was_left_out_is_counted_by_reason() -> None:
    skipped = dict(process("U: Hi", "U: How are you?", "U: My password is tr0ub4dor", "U: If I moved, I'd cry").skipped)
    assert skipped == {"greeting": 1, "question": 1, "secret": 1, "hypothetical": 2}


def test_memories_of_the_same_person_are_connected() -> None:
    known = process("U: My sister lives in Cork").created
    result = process_conversation(
        talk("U: My sister's birthday is June 20", session="s2"), session_id="s2", created_at=AT, known=known
    )
    (link,) = result.connections
    assert {link.first, link.second} == {known[0].id, result.created[0].id}
    assert link.shared == "User's sister"


def test_a_secret_reaches_neither_memory_nor_item_nor_summary() -> None:
    secret = "sk-proj-abc123def456ghi789jkl012"
    result = process(
        f"U: my api key is {secret}", f"A: I've noted your key {secret} for later use.", "U: I live in Leeds"
    )
    assert secret not in repr(result)
    assert contents(result) == ["User lives in Leeds"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("my pin is 4411", True),
        ("card 4111 1111 1111 1111", True),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", True),
        ("my ssn is 078-05-1120", True),
        ("I forgot my password", False),
        ("my number is 1234 5678", False),
        ("order 4111 1111 1111 1112", False),
        ("I moved in 2019", False),
    ],
)
def test_secrets_are_told_from_numbers(text: str, secret: bool) -> None:
    assert holds_secret(text) is secret


def test_categories_are_those_configured() -> None:
    assert categories_of("User is allergic to peanuts") == ("health", "food")
    assert categories_of("User plays chess", ("sports", "hobbies")) == ("hobbies",)
    assert categories_of("User keeps bees", ("bee keeping",)) == ("bee keeping",)
    assert set(categories_of("User works as a nurse in a hospital")) <= set(DEFAULT_CATEGORIES)
    assert categories_of("User nods", ()) == ()


def test_days_are_those_of_the_users_zone() -> None:
    options = ExtractionOptions(zone=ZoneInfo("America/New_York"))
    (memory,) = process("U: I landed in Lisbon today", options=options).created
    assert memory.event_start == datetime(2024, 5, 15, 4, tzinfo=UTC)
    assert memory.event_end == datetime(2024, 5, 16, 3, 59, 59, tzinfo=UTC)


@settings(deadline=None)
@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_words_can_be_said(texts: list[str]) -> None:
    turns = [Utterance(f"m{seq}", "s1", seq, AT, list(Role)[seq % 2], text) for seq, text in enumerate(texts)]
    result = process_conversation(turns, session_id="s1", created_at=AT)
    assert all(memory.content and set(memory.sources) <= {turn.id for turn in turns} for memory in result.created)


def test_letters_that_only_look_alike_are_read_as_what_they_look_like() -> None:
    result = process("A: Dİd you move?", "U: yeſ", "U: İ moved to ızmir laſt Frıday")
    assert "User moved to izmir" in contents(result)


@settings(deadline=None, max_examples=20)
@given(st.permutations(list(LONG_TALK)))
def test_every_order_of_talk_is_processed_alike_twice(lines: list[str]) -> None:
    assert process(*lines) == process(*lines)


def test_every_change_stands_on_memories_that_exist() -> None:
    known = tuple(replace(memory, id=f"k-{place}") for place, memory in enumerate(process(*LONG_TALK).created))
    result = process("U: I moved to Faro last week", "U: I quit Farfetch", "U: My boss is called Ana", known=known)
    ids = {memory.id for memory in (*known, *result.created)}
    for version in result.versions:
        assert version.replaces in ids
        ids = (ids - {version.replaces}) | {version.memory.id}


def test_what_was_processed_before_is_told_again_only_by_the_summary() -> None:
    turns = talk("U: I moved to Porto", "A: Nice! Where do you work?", "U: Farfetch")
    first = process_conversation(turns[:2], session_id="s1", created_at=AT)
    second = process_conversation(turns, session_id="s1", created_at=AT, known=first.created, done_seq=1)
    assert contents(first) == ["User moved to Porto"]
    assert [memory.sources for memory in second.created] == [("s1-m1", "s1-m2")]
    assert not second.folded
    assert second.summary is not None
    assert "Porto" in second.summary.text
    assert "Farfetch" in second.summary.text


def test_what_is_put_right_after_it_was_processed_becomes_a_new_version() -> None:
    turns = talk("U: My birthday is on June 6", "U: sorry, I meant June 5")
    first = process_conversation(turns[:1], session_id="s1", created_at=AT)
    second = process_conversation(turns, session_id="s1", created_at=AT, known=first.created, done_seq=0)
    assert [version.replaces for version in second.versions] == [first.created[0].id]
    assert second.created == ()


def test_a_conversation_that_gained_nothing_makes_nothing() -> None:
    turns = talk(*LONG_TALK)
    first = process_conversation(turns, session_id="s1", created_at=AT)
    again = process_conversation(turns, session_id="s1", created_at=AT, known=first.created, done_seq=turns[-1].seq)
    assert (again.created, again.versions, again.folded, again.connections) == ((), (), (), ())
    assert again.summary == first.summary
