"""Contradictions: when they are put to a human, what is asked, and what the answers mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_sessions.domain.memory import Memory, MergeConflict, ProcessingResult, Role, Utterance, VersionReason
from agent_sessions.recall.dates.finding import whole_day
from agent_sessions.recall.extract import ExtractionOptions, process_conversation
from agent_sessions.recall.revising.conflicts import resolve

AT = datetime(2024, 5, 15, 10, tzinfo=UTC)
BEFORE = datetime(2024, 1, 1, tzinfo=UTC)


def known(*contents: str) -> tuple[Memory, ...]:
    start, end = whole_day(BEFORE)
    return tuple(Memory(f"k{place}", "s0", content, start, end, BEFORE) for place, content in enumerate(contents))


def process(said: str, *contents: str, merge_conflicts: bool = True) -> ProcessingResult:
    return process_conversation(
        [Utterance("m0", "s1", 0, AT, Role.USER, said)],
        session_id="s1",
        created_at=AT,
        known=known(*contents),
        options=ExtractionOptions(merge_conflicts=merge_conflicts),
    )


def birthday_conflict() -> MergeConflict:
    (conflict,) = process("My birthday is June 20", "User's birthday is March 15").conflicts
    return conflict


def test_a_contradiction_is_parked_with_a_question_when_conflicts_are_wanted() -> None:
    result = process("My birthday is June 20", "User's birthday is March 15")
    (conflict,) = result.conflicts
    assert (result.created, result.versions) == ((), ())
    assert conflict.proposed.content == "User's birthday is June 20"
    assert [(one.memory_id, one.content) for one in conflict.conflicting] == [("k0", "User's birthday is March 15")]
    assert "March 15" in conflict.conflicting[0].reason
    assert [question.options for question in conflict.questions] == [("March 15", "June 20")]


def test_a_contradiction_is_a_new_version_when_conflicts_are_not_wanted() -> None:
    result = process("My birthday is June 20", "User's birthday is March 15", merge_conflicts=False)
    assert result.conflicts == ()
    assert [(version.replaces, version.reason) for version in result.versions] == [("k0", VersionReason.CONTRADICTION)]


@pytest.mark.parametrize(
    ("said", "before"),
    [
        ("My birthday is on the 15th of March", "User's birthday is March 15"),
        ("It's my birthday today", "User's birthday is May 15"),
        ("I am allergic to peanuts", "User is allergic to peanuts and shellfish"),
        ("I live in Berlin", "User moved to Berlin"),
    ],
)
def test_what_is_the_same_in_other_words_is_no_contradiction(said: str, before: str) -> None:
    result = process(said, before)
    assert (result.conflicts, result.versions) == ((), ())
    assert [fold.memory_id for fold in result.folded] == ["k0"]


@pytest.mark.parametrize(
    ("said", "before"),
    [
        ("I live in Madrid now", "User lives in Berlin"),
        ("I quit smoking", "User likes tea"),
        ("My brother lives in Madrid", "User lives in Berlin"),
        ("My dentist appointment is on Friday", "User's vet appointment is on Monday"),
        ("I used to live in Madrid", "User lives in Berlin"),
        ("I love tea", "User hates coffee"),
        ("I have two dogs", "User has three cats"),
        ("I'm allergic to shellfish", "User is allergic to peanuts"),
    ],
)
def test_what_can_both_be_true_is_no_contradiction(said: str, before: str) -> None:
    assert process(said, before).conflicts == ()


def test_the_proposed_memory_wins_when_it_is_chosen() -> None:
    conflict = birthday_conflict()
    resolution = resolve(conflict, {conflict.questions[0].question: "June 20"})
    assert [(one.memory, one.replaces, one.reason) for one in resolution.versions] == [
        (conflict.proposed, "k0", VersionReason.CONTRADICTION)
    ]
    assert resolution.keeps == ()


def test_the_known_memory_stays_when_it_is_chosen() -> None:
    conflict = birthday_conflict()
    resolution = resolve(conflict, {conflict.questions[0].question: "March 15"})
    assert (resolution.versions, resolution.keeps) == ((), ("k0",))


def test_without_an_answer_all_stays_as_it_is() -> None:
    assert resolve(birthday_conflict(), {}).keeps == ("k0",)


def test_equal_contradictions_have_equal_ids() -> None:
    assert birthday_conflict() == birthday_conflict()


def test_yes_and_no_are_asked_as_whole_sentences() -> None:
    (conflict,) = process("I eat meat", "User doesn't eat meat").conflicts
    assert conflict.questions[0].options == ("User doesn't eat meat", "User eats meat")


def test_a_change_of_life_is_never_put_to_a_human() -> None:
    result = process("I moved to Munich last week", "User lives in Berlin")
    assert result.conflicts == ()
    assert [version.reason for version in result.versions] == [VersionReason.CHANGE]
