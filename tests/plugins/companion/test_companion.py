from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sessions.domain.agent import Character
from agent_sessions.domain.errors import ConfigError
from agent_sessions.testing.agent_contract import AgentContract, parts_of
from agent_sessions.testing.agents import context_for
from agent_sessions_plugins.agent_companion import CompanionAgent, create
from agent_sessions_plugins.companion.script import own_script
from agent_sessions_plugins.companion.speaker import answer

from .talking import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = Character(id="8f2b3a52-0000-4000-8000-000000000001", name="Ada")
TRANSCRIPTS = Path(__file__).with_name("conversations.txt").read_text(encoding="utf-8").split("# ")[1:]


def exchanges(transcript: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in transcript.splitlines()[1:] if line]
    for said, replied in zip(lines[::2], lines[1::2], strict=True):
        yield said.removeprefix("> "), replied.strip()


class TestContract(AgentContract):
    @pytest.fixture
    def agent(self) -> CompanionAgent:
        return create(ADA, {})


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.splitlines()[0])
def test_whole_conversations_read_well_and_stay_as_they_are(transcript: str) -> None:
    conversation = Conversation()
    for said, replied in exchanges(transcript):
        assert conversation.say(said) == replied, said


async def test_the_reply_comes_word_by_word() -> None:
    parts = await parts_of(create(ADA, {}), context_for("What can you do?"))
    assert len(parts) > 20
    assert all(len(part.text.split()) == 1 for part in parts)


def test_it_has_no_options() -> None:
    with pytest.raises(ConfigError, match="option 'mood'"):
        create(ADA, {"mood": "good"})


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(max_size=60) | st.sampled_from(["I like tea", "why?", "what is my name", "/x", "1/0"]), max_size=6)
)
def test_it_always_has_an_answer_and_always_the_same(texts: list[str]) -> None:
    first, second = Conversation(), Conversation()
    for text in texts:
        context = first.context_of(text)
        assert answer(context, own_script()) == answer(context, own_script()) != ""
        assert first.say(text).strip()
        second.say(text)


def test_a_wall_of_text_does_not_stop_it() -> None:
    assert Conversation().say("I feel like my mother is what I am " * 5000)


# ------------------------------------------------------------------------------------------------------------ memory


UNTOLD = "You have not told me yet what you like. What do you like to do?"
UNKNOWN = "I have nothing on that. If you tell me, I will remember it for the rest of this session."


@pytest.mark.parametrize(
    ("said", "asked", "answered"),
    [
        (["My name is Sam"], "What's my name?", "Your name is Sam."),
        (["My name is Sam", "Call me Max"], "Do you remember my name?", "Your name is Max."),
        (["my name is sam"], "who am i", "Your name is Sam."),
        ([], "What's my name?", "You have not told me your name yet. What should I call you?"),
        (["What's my name?", "Kim"], "Say my name", "Your name is Kim."),
        (["I'm from Oslo", "I live in Bergen now"], "Where do I live?", "You come from Oslo; you live in Bergen."),
        (["I like tea", "I don't like tea any more"], "What do I like?", UNTOLD),
        (["I hate rain"], "What don't I like?", "You do not like rain."),
        (["I want to learn Spanish"], "What are my plans?", "You want to learn Spanish."),
        (["I feel sad"], "How did I feel?", "You felt sad."),
        (["My birthday is on 3 May"], "When is my birthday?", "Your birthday is 3 May."),
        (["I'm 34 years old"], "How old am I?", "You are 34 years old."),
        (["My favorite color is red"], "What is my favorite color?", "You told me that your favourite color is red."),
        (["I'm vegetarian", "I can't eat nuts"], "What can't I eat?", "You are vegetarian; you can not eat nuts."),
        (["I'm a vegan", "I'm allergic to soy"], "What should I avoid?", "You are vegan; you are allergic to soy."),
        (["I'm vegetarian"], "Am I vegetarian?", "You told me that you are vegetarian."),
        (["My brother Tim works in Bonn"], "Where does my brother work?", "Tell me more about your brother."),
        (["I work as a nurse"], "What is my job?", "You work as a nurse."),
        (["My dog is called Rex"], "Who is Rex?", "Rex is your dog."),
        (["I love my girlfriend", "Her name is Julia"], "What is her name?", "Julia is your girlfriend."),
        (["My sister's name is Ann"], "What is my sister's name?", "Your sister is called Ann."),
        (["Ann is my sister"], "Who is my sister?", "Your sister is called Ann."),
        (["I was in Rome"], "What did I say about Rome?", "You said “I was in Rome”."),
        (["I was in Rome"], "What did I tell you about Paris?", UNKNOWN),
        (["I was in Rome"], "What did I just say?", "You said: “I was in Rome”."),
        (["One", "Two"], "What was the first thing I said?", "The first thing I have from you here is “One”."),
    ],
)  # fmt: skip
def test_it_remembers_what_it_was_told(said: list[str], asked: str, answered: str) -> None:
    assert Conversation().after(*said).say(asked) == answered


@pytest.mark.parametrize(
    "said", ["Do I like tea?", "What if I like tea", "I'm German", "Why do I live in Oslo?", "I want to die"]
)
def test_it_notes_nothing_that_was_not_said_as_such(said: str) -> None:
    assert "noted" not in Conversation().after(said).say("What do you know about me?")


def test_memories_of_earlier_sessions_are_used() -> None:
    conversation = Conversation(memories=["2026-01-03: Sam likes sailing."])
    assert conversation.say("Do you remember sailing?") == (
        "From an earlier session I have “2026-01-03: Sam likes sailing”."
    )
    assert "sailing" in conversation.say("What do you know about me?")


def test_a_memory_is_brought_up_once() -> None:
    conversation = Conversation(memories=["Sam likes sailing."])
    replies = [conversation.say(f"It went on and on for the {number}th time") for number in range(12)]
    assert sum("sailing" in reply for reply in replies) == 1


def test_it_comes_back_to_what_was_said_long_ago() -> None:
    conversation = Conversation().after("I want to learn Spanish")
    replies = [conversation.say(f"It rains number {number} outside") for number in range(8)]
    assert any("learn Spanish" in reply for reply in replies)


@pytest.mark.parametrize(
    "said", ["Hi, I am Sam", "I'm Sam", "my name is sam", "Sam here", "Hello! You can call me Sam."]
)
def test_it_takes_an_introduction(said: str) -> None:
    assert Conversation().say(said) == "Nice to meet you, Sam. What would you like to talk about?"


def test_it_greets_by_name() -> None:
    conversation = Conversation().after("My name is Sam")
    assert conversation.say("Hello").startswith("Hello, Sam.")


# --------------------------------------------------------------------------------------------------------- manners


def test_it_notices_repetition() -> None:
    conversation = Conversation()
    replies = [conversation.say("My neighbour makes so much noise") for _ in range(4)]
    assert replies[1].startswith("You said that before")
    assert len(set(replies)) == 4


def test_the_same_kind_of_thing_gets_another_answer() -> None:
    conversation = Conversation()
    replies = [conversation.say(f"I like {thing}") for thing in ("tea", "rain", "chess")]
    assert len({reply.replace(thing, "") for reply, thing in zip(replies, ("tea", "rain", "chess"), strict=True)}) == 3


@pytest.mark.parametrize(
    "asked", ["Are you human?", "Are you a real person?", "am I talking to a robot?", "are you ChatGPT?"]
)
def test_it_never_pretends_to_be_somebody(asked: str) -> None:
    reply = Conversation().say(asked)
    assert "program" in reply


@pytest.mark.parametrize(
    "said", ["I want to die", "I am thinking of suicide", "i wish i was dead", "I want to kill myself"]
)
def test_it_sends_people_in_need_to_people(said: str) -> None:
    reply = Conversation().say(said)
    assert "crisis line" in reply
    assert "program" in reply


def test_what_hurts_is_not_repeated_later() -> None:
    conversation = Conversation().after("I want to die")
    assert "die" not in conversation.say("What do you know about me?")


def test_it_owns_up_to_what_it_does_not_know() -> None:
    assert "I do not know" in Conversation().say("What is the capital of France?")


def test_its_bio_is_its_own() -> None:
    character = Character(id=ADA.id, name="Ada", bio=("I look after the library.",))
    assert Conversation(character=character).say("Who are you?") == "I am Ada. I look after the library."


# ----------------------------------------------------------------------------------------------------- small services


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("What time is it?", "It is 12:00 (UTC)."),
        ("what day is it today", "Today is Monday, 2 March 2026."),
        ("What day is tomorrow?", "Tomorrow is Tuesday, 3 March 2026."),
        ("what date was yesterday?", "Yesterday was Sunday, 1 March 2026."),
        ("/time", "It is 12:00 (UTC)."),
        ("/calc 6*7", "6*7 = 42"),
        ("/nope", "I do not know /nope."),
        ("When does this session end?", "This session ends in 30 minutes, at 12:30 UTC."),
        ("how long do we have", "This session ends in 30 minutes"),
        ("how long have we been talking?", "We have been talking for 10 minutes"),
        ("help", "I am a small program"),
        ("/", "I am a small program"),
    ],
)
def test_small_services(asked: str, answered: str) -> None:
    assert Conversation().say(asked).startswith(answered)


def test_a_coin_falls_by_the_message_alone() -> None:
    context = context_for("toss a coin")
    assert answer(context, own_script()) == answer(context, own_script())
    falls = {answer(context_for("toss a coin"), own_script())[:5] for _ in range(50)}
    assert falls == {"Heads", "Tails"}


def test_the_summary_holds_what_matters() -> None:
    conversation = Conversation().after("I'm Sam", "I like tea", "My dog is called Rex", "The garden is full of snails")
    summary: Any = conversation.say("Summarize")
    for part in ("your name is Sam", "you like tea", "your dog is called Rex", "snails"):
        assert part in summary
