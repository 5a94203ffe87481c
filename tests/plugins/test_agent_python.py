from __future__ import annotations

from contextlib import aclosing

import pytest

from agent_sessions.domain.agent import Character, ReplyPart
from agent_sessions.domain.errors import ConfigError
from agent_sessions.testing.agent_contract import AgentContract, parts_of, proper, text_of
from agent_sessions.testing.agents import context_for
from agent_sessions_plugins.agent_python import PythonAgent, create

from . import answers

ADA = Character(id="8f2b3a52-0000-4000-8000-000000000001", name="Ada")


def made(name: str) -> PythonAgent:
    return create(ADA, {"callable": f"tests.plugins.answers:{name}"})


@pytest.mark.parametrize("name", ["plain", "coroutine", "stream", "blocks", "parrot", "parrot.say"])
class TestContract(AgentContract):
    @pytest.fixture
    def agent(self, name: str) -> PythonAgent:
        return made(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("plain", [ReplyPart(text="one two on a thread")]),
        ("coroutine", [ReplyPart(text="ONE TWO", thought="Louder", extra={"mood": "loud"})]),
        ("stream", [ReplyPart(text="one"), ReplyPart(text="two"), ReplyPart(actions=("REPLY",))]),
        ("blocks", [ReplyPart(text="one"), ReplyPart(text="two")]),
        ("nothing", [ReplyPart(silent=True)]),
        ("parrot", [ReplyPart(text="one two")]),
        ("parrot.say", [ReplyPart(text="say one two")]),
    ],
)
async def test_a_callable_may_answer_in_many_ways(name: str, parts: list[ReplyPart]) -> None:
    assert await parts_of(made(name), context_for("one two")) == parts


async def test_a_generator_that_is_left_is_closed() -> None:
    async with aclosing(proper(made("stream"), context_for("left early"))) as parts:
        await anext(parts)
    assert "left early" in answers.closed


async def test_what_it_raises_is_its_own() -> None:
    with pytest.raises(LookupError, match="of mine"):
        await text_of(made("fails"), context_for("Hi"))


async def test_what_is_no_reply_is_refused() -> None:
    with pytest.raises(ValueError, match="not int"):
        await text_of(made("wrong"), context_for("Hi"))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no_such_package:answer", "no_such_package:answer cannot be imported"),
        ("tests.plugins.answers:missing", "missing cannot be imported"),
        ("tests.plugins.answers:NOT_CALLABLE", "is not callable"),
        ("answer", "option 'callable'"),
    ],
)
def test_a_callable_that_cannot_be_found_is_named(path: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        create(ADA, {"callable": path})
    assert "'Ada'" in str(caught.value)
