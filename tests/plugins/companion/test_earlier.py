"""Questions about oneself that earlier sessions have the answer to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Recalled, RecalledKind

from .talking import Conversation, memory

I_KNOW = "From an earlier session I know that"
JUNE, MAY = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 5, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("memories", "asked", "answered"),
    [
        (["User likes hiking", "User loves tea"], "What do I like?", f"{I_KNOW} you like hiking and you love tea."),
        (["User hates rain"], "What do I hate?", f"{I_KNOW} you hate rain."),
        (["User lives in Oslo"], "Where do I live?", f"{I_KNOW} you live in Oslo."),
        (["User's name is Sam"], "What's my name?", f"{I_KNOW} your name is Sam."),
        (["User works as a nurse"], "What is my job?", f"{I_KNOW} you work as a nurse."),
        (["User is 34 years old"], "How old am I?", f"{I_KNOW} you are 34 years old."),
        (["User wants to learn Spanish"], "What are my plans?", f"{I_KNOW} you want to learn Spanish."),
        (["User's sister is called Ann"], "Who is my sister?", "Your sister is called Ann."),
        (["User's dog is called Rex"], "What is my dog's name?", "Your dog is called Rex."),
        (
            ["User's sister Ann lives in Rome"],
            "Who is Ann?",
            f"Ann is your sister. {I_KNOW} your sister Ann lives in Rome.",
        ),
        (["User's favourite colour is red"], "What is my favourite colour?", f"{I_KNOW} your favourite colour is red."),
        (["User is vegetarian"], "What can't I eat?", f"{I_KNOW} you are vegetarian."),
        (["User plays the violin"], "Do I play the violin?", f"{I_KNOW} you play the violin."),
        (["User's brother works in Bonn"], "Where does my brother work?", "Tell me more about your brother."),
        (["User drives a blue Volvo"], "What do you know about me?", f"{I_KNOW} you drive a blue Volvo."),
        (["Sam likes sailing"], "Do you remember sailing?", f"{I_KNOW} “Sam likes sailing”."),
    ],
)
def test_what_is_known_is_told(memories: list[str], asked: str, answered: str) -> None:
    assert Conversation(recalled=[memory(text) for text in memories]).say(asked) == answered


@pytest.mark.parametrize(
    ("memories", "asked", "answered"),
    [
        ({"User's brother works in Bonn": 0.8}, "Where does my brother work?", "your brother works in Bonn"),
        ({"User lives in Oslo": 0.7}, "Where does my mother live?", None),
        ({"User's brother can't eat nuts": 0.8}, "Which food must I not order?", None),
        ({"User is allergic to nuts": 0.8}, "Which food must I not order?", "you are allergic to nuts"),
        ({"User sleeps badly": 0.8, "User has a cat": 0.65}, "How can I rest better?", "you sleep badly"),
        ({"User drives a Volvo": 0.5}, "Which car do I own?", None),
    ],
)
def test_what_is_much_alike_answers_too(memories: dict[str, float], asked: str, answered: str | None) -> None:
    recalled = [memory(text, similarity=similarity) for text, similarity in memories.items()]
    reply = Conversation(recalled=recalled).say(asked)
    if answered is None:
        assert "earlier" not in reply
    else:
        assert reply == f"{I_KNOW} {answered}."


def test_several_sessions_are_told_as_such_and_each_fact_once() -> None:
    recalled = [memory("User likes tea", session="a"), memory("User likes rain", session="b"), memory("User likes tea")]
    assert Conversation(recalled=recalled).say("What do you know about me?") == (
        "From earlier sessions I know that you like tea and you like rain."
    )


def test_days_are_told_when_they_are_asked_for() -> None:
    recalled = [memory("User moved to Berlin", similarity=0.8, start=MAY), memory("User moved to Rome in 2019")]
    conversation = Conversation(recalled=recalled)
    assert conversation.say("When did I move to Berlin?") == f"{I_KNOW} you moved to Berlin (14 May 2024)."
    assert conversation.say("When did I move to Rome?") == f"{I_KNOW} you moved to Rome in 2019."


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (MAY, MAY + timedelta(hours=8), "14 May 2024"),
        (MAY, MAY + timedelta(days=6), "14 to 20 May 2024"),
        (MAY, JUNE, "14 May to 1 June 2024"),
        (datetime(2023, 12, 30, tzinfo=UTC), MAY, "30 December 2023 to 14 May 2024"),
    ],
)
def test_several_days_are_told_in_short(start: datetime, end: datetime, days: str) -> None:
    recalled = [memory("User travelled to Peru", similarity=0.8, start=start, end=end)]
    asked = "When did I travel to Peru?"
    assert Conversation(recalled=recalled).say(asked) == f"{I_KNOW} you travelled to Peru ({days})."


def test_this_session_comes_first_and_replaces_what_it_contradicts() -> None:
    conversation = Conversation(recalled=[memory("User lives in Oslo"), memory("User likes hiking")])
    conversation.after("I live in Bergen now", "I like tea")
    assert conversation.say("Where do I live?") == "You live in Bergen."
    assert conversation.say("What do I like?") == f"You like tea. {I_KNOW} you like hiking."


@pytest.mark.parametrize("order", [1, -1])
def test_of_what_can_be_only_once_the_newest_counts(order: int) -> None:
    recalled = [memory("User lives in Oslo", start=JUNE), memory("User lives in Rome", start=MAY)][::order]
    assert Conversation(recalled=recalled).say("Where do I live?") == f"{I_KNOW} you live in Oslo."


def said(text: str, role: Role) -> Recalled:
    return memory(text, similarity=0.9, kind=RecalledKind.MESSAGE, role=role)


def test_words_are_quoted_where_nothing_was_made_of_them() -> None:
    recalled = [
        said("What rhymes with Rome?", Role.USER),
        said("Rome is a city", Role.ASSISTANT),
        said("Rome was so hot", Role.USER),
        memory("User said that Rome is far.", kind=RecalledKind.SUMMARY),
    ]
    for asked in ("What did I tell you about Rome?", "What do you know about me?"):
        assert Conversation(recalled=recalled).say(asked) == "In an earlier session you said “Rome was so hot”."


@pytest.mark.parametrize("asked", ["What do I like?", "Where do I live?", "What can't I eat?", "Who is my sister?"])
def test_what_nobody_told_is_not_known(asked: str) -> None:
    assert "earlier" not in Conversation(recalled=[memory("User drives a blue Volvo")]).say(asked)


def test_it_comes_back_to_a_fact_in_good_english() -> None:
    conversation = Conversation(recalled=[memory("User wants to learn Spanish"), said("Hm", Role.ASSISTANT)])
    replies = [conversation.say(f"It went on and on for the {number}th time") for number in range(12)]
    told = [reply for reply in replies if "Spanish" in reply]
    assert told == ["From an earlier session I have this on my list: you want to learn Spanish. Is that still so?"]


def test_what_somebody_is_was_no_topic() -> None:
    conversation = Conversation().after("I'm a vegetarian", "My neighbour is a pilot", "It was about the garden")
    told = conversation.say("What do you know about me?")
    assert told == "Here is what I noted: you are vegetarian; your neighbour is a pilot. We also touched on the garden."
