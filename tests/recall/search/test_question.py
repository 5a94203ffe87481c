"""What is read off a question before anything is searched."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent_sessions.recall.search.question import Question, read_question
from agent_sessions.recall.search.shelf import microseconds

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC)
SPEAKERS = {1: "Melanie", 2: "Caroline Smith"}


def read(text: str) -> Question:
    return read_question(text, now=NOW, speakers=SPEAKERS)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What did Melanie paint?", (1,)),
        ("Where does melanie's dog sleep?", (1,)),
        ("Did Mel go?", (1,)),
        ("What did Caroline say to Melanie?", (2, 1)),
        ("Who is Smith?", (2,)),
        ("What is a melody?", ()),
        ("did they mel t?", ()),
    ],
)
def test_speakers_are_recognised_by_name_and_nickname(text: str, named: tuple[int, ...]) -> None:
    assert read(text).named == named


def test_a_speakers_name_is_not_looked_for_in_texts() -> None:
    assert read("What did Melanie paint?").terms == ("paint",)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("What happened on 7 May 2023?", "2023-05-07", "2023-05-07"),
        ("What happened in May 2023?", "2023-05-01", "2023-05-31"),
        ("What did I do yesterday?", "2024-03-14", "2024-03-14"),
        ("Where was I in February?", "2024-02-01", "2024-02-29"),
        ("And on 2023-12-31?", "2023-12-31", "2023-12-31"),
        ("Which class was on 21.01.2024?", "2024-01-21", "2024-01-21"),
    ],
)
def test_the_days_a_question_names(text: str, first: str, last: str) -> None:
    begins = datetime.fromisoformat(first).replace(tzinfo=UTC)
    ends = datetime.fromisoformat(last).replace(hour=23, minute=59, second=59, tzinfo=UTC)
    assert read(text).days == ((microseconds(begins), microseconds(ends)),)


def test_days_are_those_of_the_asker() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    [(first, _)] = read_question("What did I eat today?", now=NOW, speakers={}, zone=tokyo).days
    assert first == microseconds(datetime(2024, 3, 15, tzinfo=tokyo))


@pytest.mark.parametrize("text", ["When did I move?", "What year was it?", "How long have we met?", "which day is it"])
def test_questions_of_time(text: str) -> None:
    assert read(text).asks_when


def test_other_questions_do_not_ask_when() -> None:
    assert not read("Who likes tea, whenever?").asks_when


@pytest.mark.parametrize(
    "text", ["What did you recommend?", "Which books had you named?", "Repeat your advice on sleep"]
)
def test_questions_about_what_the_assistant_said(text: str) -> None:
    assert read(text).asks_what_was_answered


def test_a_plain_request_is_not_about_what_was_said() -> None:
    assert not read("Can you list good books?").asks_what_was_answered


@pytest.mark.parametrize(
    "text", ["Summarise my project", "How has my garden changed?", "In which order did I visit them?"]
)
def test_questions_about_everything(text: str) -> None:
    assert read(text).asks_overview
