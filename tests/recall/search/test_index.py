"""What a search finds, why, and that the order in which things became known does not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sessions.domain.memory import Memory, Role, SessionSummary, Utterance
from agent_sessions.recall.search.document import Document, Kind, of_memory, of_summary, of_utterance
from agent_sessions.recall.search.index import RecallIndex

if TYPE_CHECKING:
    from random import Random

START = datetime(2024, 1, 1, 9, tzinfo=UTC)
NOW = START + timedelta(days=60)


def turn(
    number: int, text: str, *, session: str = "s", role: Role = Role.USER, speaker: str | None = None, day: int = 0
) -> Document:
    return Document(
        id=f"m{number}",
        kind=Kind.MESSAGE,
        session_id=session,
        at=START + timedelta(days=day, minutes=number),
        text=text,
        seq=number,
        role=role,
        speaker=speaker,
    )


def found(documents: list[Document], question: str, *, limit: int = 5) -> list[str]:
    index = RecallIndex()
    index.add(documents)
    return [hit.id for hit in index.search(question, now=NOW, limit=limit)]


def test_finds_the_turn_with_the_words_in_another_form() -> None:
    said = [turn(1, "I bought two mice for the kids"), turn(2, "The weather was nice"), turn(3, "Nothing new here")]
    assert found(said, "Which mouse did the child buy?")[0] == "m1"


def test_finds_by_a_related_word() -> None:
    said = [turn(1, "Lovely weather", session="a"), turn(2, "Our hamster escaped again", session="b")]
    assert found(said, "What pet do I have?")[0] == "m2"


def test_forgives_a_slip_in_the_question() -> None:
    said = [turn(1, "We flew to Reykjavik", session="a"), turn(2, "We stayed at home", session="b")]
    assert found(said, "When was I in Reykjavk?")[0] == "m1"


def test_finds_in_scripts_without_spaces() -> None:
    said = [turn(1, "猫が好きです", session="a"), turn(2, "東京に住んでいます", session="b")]
    assert found(said, "東京のどこ?")[0] == "m2"


def test_an_answer_is_found_by_the_question_before_it() -> None:
    said = [
        turn(1, "What is your favourite band?", role=Role.ASSISTANT),
        turn(2, "Radiohead, by far"),
        turn(3, "Something else entirely", session="t"),
    ]
    assert set(found(said, "favourite band", limit=2)) == {"m1", "m2"}


def test_the_speaker_named_is_preferred() -> None:
    said = [
        turn(1, "I started pottery", speaker="Ann", session="a"),
        turn(2, "I started pottery", speaker="Bo", session="b"),
    ]
    assert found(said, "When did Ann start pottery?")[0] == "m1"
    assert found(said, "When did Bo start pottery?")[0] == "m2"


def test_the_assistants_words_are_preferred_when_asked_for() -> None:
    said = [
        turn(1, "I need a book about stars", session="a"),
        turn(2, "A good book about stars is Cosmos", role=Role.ASSISTANT, session="b"),
    ]
    assert found(said, "Which book about stars did you recommend?")[0] == "m2"
    assert found(said, "Do I need a book about stars?")[0] == "m1"


def test_a_date_in_the_question_prefers_what_was_said_then() -> None:
    said = [turn(n, "Lunch with Tim", session=str(n), day=n) for n in range(1, 30)]
    assert found(said, "Who was lunch with on 11 January 2024?")[0] == "m10"


def test_a_day_alone_is_enough() -> None:
    said = [turn(n, "Slept late again", session=str(n), day=n) for n in range(1, 30)]
    assert found(said, "What was on 11 January 2024?", limit=1) == ["m10"]


def test_an_overview_draws_on_every_session() -> None:
    said = [turn(n, f"My garden plan, part {n}", session="a") for n in range(6)]
    said += [turn(n, f"The garden grew, and so much rain fell that day {n}", session=f"b{n}") for n in range(10, 14)]
    assert len({hit[1] for hit in found(said, "Summarise my garden", limit=6)}) > 1


def test_kinds_can_be_chosen() -> None:
    index = RecallIndex()
    memory = Memory(
        id="f1", session_id="s", content="User lives in Berlin", event_start=START, event_end=START, created_at=START
    )
    summary = SessionSummary(session_id="s", text="The user spoke of Berlin.", start=START, end=START)
    said = Utterance(id="m1", session_id="s", seq=1, at=START, role=Role.USER, text="I live in Berlin")
    index.add([of_memory(memory), of_summary(summary, document_id="sum1"), of_utterance(said)])

    def ids(*kinds: Kind) -> set[str]:
        return {hit.id for hit in index.search("Berlin", now=NOW, limit=9, kinds=kinds)}

    assert ids(Kind.MEMORY) == {"f1"}
    assert ids(Kind.SUMMARY) == {"sum1"}
    assert ids(Kind.MESSAGE, Kind.MEMORY) == {"m1", "f1"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Where do I live?", "User lives in Berlin"),
        ("What's my dog called?", "User adopted a dog named Rex"),
        ("What is my job?", "User works as a designer"),
        ("Which drinks do I like?", "User prefers green tea"),
        ("What sport do I do?", "User plays tennis every Sunday"),
    ],
)
def test_facts_pass_the_usual_threshold(question: str, expected: str) -> None:
    facts = [
        "User lives in Berlin",
        "User prefers green tea",
        "User adopted a dog named Rex",
        "User works as a designer",
        "User is allergic to peanuts",
        "User plays tennis every Sunday",
    ]
    index = RecallIndex()
    index.add(Document(id=fact, kind=Kind.MEMORY, session_id="s", at=START, text=fact) for fact in facts)
    hits = index.search(question, now=NOW, limit=5, kinds=[Kind.MEMORY])
    assert hits[0].id == expected
    assert hits[0].similarity >= 0.6


def test_says_why() -> None:
    index = RecallIndex()
    index.add([turn(1, "Do you paint?", role=Role.ASSISTANT), turn(2, "I paint horses on Sundays")])
    best = index.search("Which horses do I paint?", now=NOW, limit=1, explain=True)[0]
    assert best.why is not None
    assert best.why.terms == ("hors", "paint")
    assert sum(share for _, share in best.why.parts) == pytest.approx(best.score)
    assert "hors" in best.why.sentence()


def test_adding_again_replaces() -> None:
    index = RecallIndex()
    index.add([turn(1, "I live in Paris")])
    index.add([turn(1, "I live in Rome")])
    assert len(index) == 1
    assert index.search("Paris", now=NOW, limit=5) == []
    assert [hit.id for hit in index.search("Rome", now=NOW, limit=5)] == ["m1"]


@pytest.mark.parametrize("question", ["", "?", "who are you", "zzzzzz", "\x00"])
def test_nothing_to_look_for_finds_nothing(question: str) -> None:
    assert found([turn(1, "I live in Paris")], question) == []


def test_an_empty_index_finds_nothing() -> None:
    assert found([], "Where do I live?") == []


WORDS = [
    "berlin",
    "paris",
    "dog",
    "cat",
    "moved",
    "yesterday",
    "paint",
    "book",
    "猫",
    "東京",
    "swim",
    "swam",
    "run?",
    "mother",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
SAID = st.builds(
    lambda number, text, session, role, speaker, day: turn(
        number, text, session=session, role=role, speaker=speaker, day=day
    ),
    number=st.integers(0, 40),
    text=TEXTS,
    session=st.sampled_from("abc"),
    role=st.sampled_from(Role),
    speaker=st.sampled_from([None, "Ann", "Bo"]),
    day=st.integers(0, 5),
)
HISTORY = st.lists(SAID, max_size=25, unique_by=lambda document: document.id)
QUESTION = st.one_of(TEXTS, TEXTS.map("When did Ann {}?".format), TEXTS.map("Summarise {} on 3 January 2024".format))


def answers(index: RecallIndex, question: str) -> list[tuple[str, float]]:
    return [(hit.id, hit.score) for hit in index.search(question, now=NOW, limit=50)]


@given(HISTORY, QUESTION, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_adding_does_not_matter(history: list[Document], question: str, chance: Random) -> None:
    one, other = RecallIndex(), RecallIndex()
    one.add(history)
    shuffled = list(history)
    chance.shuffle(shuffled)
    for document in shuffled:
        other.add([document])
    assert answers(one, question) == answers(other, question)


@given(HISTORY, HISTORY, QUESTION)
@settings(deadline=None)
def test_what_was_removed_was_never_there(kept: list[Document], passing: list[Document], question: str) -> None:
    known = {document.id for document in kept}
    passing = [document for document in passing if document.id not in known]
    one, other = RecallIndex(), RecallIndex()
    one.add(kept)
    other.add(passing)
    other.add(kept)
    other.remove([*(document.id for document in passing), "unknown"])
    assert answers(one, question) == answers(other, question)


def test_gaps_left_by_many_removed_are_closed_unseen() -> None:
    index, fresh = RecallIndex(), RecallIndex()
    said = [turn(n, f"dog number {n} was painted", session=str(n % 7)) for n in range(900)]
    index.add(said)
    index.remove(document.id for document in said[:700])
    fresh.add(said[700:])
    assert answers(index, "painted dog 800") == answers(fresh, "painted dog 800")
    index.add(said[:10])
    fresh.add(said[:10])
    assert answers(index, "painted dog 5") == answers(fresh, "painted dog 5")


@given(HISTORY, HISTORY, QUESTION)
@settings(deadline=None)
def test_every_hit_is_of_this_index_once_and_in_order(
    mine: list[Document], others: list[Document], question: str
) -> None:
    index, another = RecallIndex(), RecallIndex()
    another.add(others)
    index.add(mine)
    hits = index.search(question, now=NOW, limit=50)
    assert {hit.id for hit in hits} <= {document.id for document in mine}
    assert len({hit.id for hit in hits}) == len(hits)
    assert all(before.score >= after.score for before, after in pairwise(hits))
