from __future__ import annotations

import pytest

from agent_sessions.domain.agent import Character, ReplyPart
from agent_sessions.domain.errors import ConfigError
from agent_sessions.testing.agent_contract import AgentContract, parts_of, text_of
from agent_sessions.testing.agents import context_for
from agent_sessions_plugins.agent_echo import EchoAgent, create

ADA = Character(id="8f2b3a52-0000-4000-8000-000000000001", name="Ada")


class TestContract(AgentContract):
    @pytest.fixture
    def agent(self) -> EchoAgent:
        return create(ADA, {})


async def test_it_answers_as_elizaos_echo_agents_do() -> None:
    assert await parts_of(create(ADA, {}), context_for("hello")) == [
        ReplyPart(
            text="echo: hello",
            thought="echo thought",
            actions=("REPLY",),
            extra={"providers": [], "simple": True},
        )
    ]


async def test_it_can_answer_word_by_word() -> None:
    parts = await parts_of(create(ADA, {"words": True, "prefix": ""}), context_for("one two  three"))
    assert [part.text for part in parts] == ["one ", "two  ", "three"]


@pytest.mark.parametrize("text", ["", " ", "  leading", "trailing \n", "日本語"])
@pytest.mark.parametrize("words", [True, False])
async def test_not_a_character_is_lost(text: str, words: bool) -> None:
    assert await text_of(create(ADA, {"words": words, "prefix": ""}), context_for(text)) == text


async def test_attachments_come_back() -> None:
    (part,) = await parts_of(create(ADA, {}), context_for("look", attachments=[{"url": "u"}]))
    assert part.attachments == ({"url": "u"},)


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(ConfigError, match="agent 'Ada': option 'loud': is not an option of this kind"):
        create(ADA, {"loud": True})
