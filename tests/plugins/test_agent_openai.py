from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from agent_sessions.domain.agent import Character
from agent_sessions.domain.errors import AgentFailed, AgentTimedOut, ConfigError, MissingExtra
from agent_sessions.testing.agent_contract import AgentContract, parts_of, proper, text_of
from agent_sessions.testing.agents import context_for
from agent_sessions_plugins.agent_openai import create

from .chat_endpoint import ChatEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_aiohttp.plugin import AiohttpServer

    from agent_sessions.ports import Agent

ADA = Character(id="8f2b3a52-0000-4000-8000-000000000001", name="Ada", secrets={"MY_KEY": "sk-very-secret"})

MakeAgent: TypeAlias = "Callable[..., Agent]"


@pytest.fixture
async def endpoint() -> ChatEndpoint:
    return ChatEndpoint()


@pytest.fixture
async def make(endpoint: ChatEndpoint, aiohttp_server: AiohttpServer) -> AsyncIterator[MakeAgent]:
    server = await aiohttp_server(endpoint.app())
    made: list[Agent] = []

    def make(**options: Any) -> Agent:
        usual = {"base_url": str(server.make_url("/v1")), "model": "tiny", "api_key_env": "MY_KEY"}
        made.append(create(ADA, {**usual, **options}))
        return made[-1]

    yield make
    for agent in made:
        await agent.close()


class TestContract(AgentContract):
    @pytest.fixture
    async def agent(self, make: MakeAgent) -> Agent:
        return make()


async def test_the_answer_is_streamed_as_the_model_makes_it(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    rest = asyncio.Event()
    endpoint.pieces = ("One", rest, " two")
    parts = aiter(make().reply(context_for("Count")))
    assert (await anext(parts)).text == "One"
    rest.set()
    assert [part.text async for part in parts] == [" two"]
    assert endpoint.keys == ["Bearer sk-very-secret"]


async def test_the_model_is_told_who_it_is_what_it_knows_and_what_was_said(
    endpoint: ChatEndpoint, make: MakeAgent
) -> None:
    context = context_for(
        "And now?", history=[("Hello", "Hi.")], memories=["Likes tea", "Lives in Oslo"], system="You are Ada."
    )
    await text_of(make(temperature=0.5, max_tokens=20, extra_body={"top_k": 3}), context)
    assert endpoint.messages == [
        {
            "role": "system",
            "content": "You are Ada.\n\nWhat you know about the user from earlier conversations:\n"
            "- Likes tea\n- Lives in Oslo",
        },
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "And now?"},
    ]
    request = endpoint.requests[-1]
    assert (request["temperature"], request["max_tokens"], request["top_k"]) == (0.5, 20, 3)
    assert request["stream"] is True


async def test_each_role_speaks_in_turn_where_a_reply_is_missing(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    unanswered = context_for("First").message
    await text_of(make(), context_for("Second", history=[unanswered]))
    assert endpoint.messages[1:] == [{"role": "user", "content": "First\n\nSecond"}]


PICTURE = {"id": "1", "url": "https://example.org/cat.png", "title": "cat.png", "contentType": "image"}
PAPER = {"id": "2", "url": "https://example.org/paper.pdf", "title": "paper.pdf", "contentType": "document"}


async def test_images_are_shown_to_a_model_that_can_see(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    await text_of(make(vision=True), context_for("What is it?", attachments=[PICTURE, PAPER]))
    assert endpoint.messages[-1]["content"] == [
        {"type": "text", "text": "What is it?\n[Attachment: paper.pdf at https://example.org/paper.pdf]"},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
    ]


async def test_images_are_mentioned_to_a_model_that_cannot(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    await text_of(make(), context_for("What is it?", attachments=[PICTURE]))
    assert endpoint.messages[-1]["content"] == "What is it?\n[Attachment: cat.png at https://example.org/cat.png]"


async def test_what_the_model_thought_is_kept_apart(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    endpoint.thoughts = ("Say ", "hello.")
    parts = await parts_of(make(), context_for("Hi"))
    assert "".join(part.text for part in parts) == "Hello there"
    assert parts[-1].thought == "Say hello."


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again(endpoint: ChatEndpoint, make: MakeAgent, status: int) -> None:
    endpoint.failures = [status, status]
    assert await text_of(make(max_retries=2), context_for("Hi")) == "Hello there"
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refused the request"),
        (401, "does not accept this server's key"),
        (403, "does not allow"),
        (404, "does not have this model"),
        (422, "refused the request"),
        (429, "try again later"),
        (500, "provider failed"),
    ],
)
async def test_a_lasting_failure_is_told_without_its_insides(
    endpoint: ChatEndpoint, make: MakeAgent, status: int, words: str
) -> None:
    endpoint.failures = [status]
    with pytest.raises(AgentFailed, match=words) as caught:
        await text_of(make(max_retries=0), context_for("Hi"))
    assert "sk-" not in str(caught.value)
    assert "detail" not in str(caught.value)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("drop", "broke off"),
        ("malformed", "cannot be read"),
        ("error", "provider failed"),
        ("filtered", "withheld the answer"),
    ],
)
async def test_a_stream_that_goes_wrong_fails_after_what_was_said(
    endpoint: ChatEndpoint, make: MakeAgent, ending: str, words: str
) -> None:
    endpoint.ending = ending
    parts = aiter(make().reply(context_for("Hi")))
    assert [(await anext(parts)).text for _ in range(2)] == ["Hello", " there"]
    with pytest.raises(AgentFailed, match=words) as caught:
        await anext(parts)
    assert "0xdead" not in str(caught.value)


async def test_leaving_closes_the_stream(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    endpoint.pieces = ("Once", asyncio.Event())
    async with aclosing(proper(make(), context_for("Tell me a long story"))) as parts:
        await anext(parts)
    await asyncio.wait_for(endpoint.left.wait(), 10)


async def test_a_cancelled_reply_closes_the_stream(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    begun = asyncio.Event()
    endpoint.pieces = ("Once", asyncio.Event())

    async def listen() -> None:
        async for _part in make().reply(context_for("Tell me a long story")):
            begun.set()

    listening = asyncio.create_task(listen())
    await begun.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await asyncio.wait_for(endpoint.left.wait(), 10)


async def test_a_silent_endpoint_runs_into_the_timeout(endpoint: ChatEndpoint, make: MakeAgent) -> None:
    endpoint.pieces = (asyncio.Event(),)
    with pytest.raises(AgentTimedOut):
        await text_of(make(timeout=0.05, max_retries=0), context_for("Hi"))


async def test_an_endpoint_that_is_not_there(unused_tcp_port: int) -> None:
    options = {"base_url": f"http://127.0.0.1:{unused_tcp_port}/v1", "model": "tiny", "max_retries": 0}
    agent = create(ADA, options)
    with pytest.raises(AgentFailed, match="cannot be reached"):
        await text_of(agent, context_for("Hi"))
    await agent.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "option 'model'"),
        ({"model": "tiny", "api_key": "sk-1"}, "option 'api_key': is not an option"),
        ({"model": "tiny", "base_url": "localhost"}, "option 'base_url'"),
        ({"model": "tiny", "temperature": 3}, "option 'temperature'"),
        ({"model": "tiny", "api_key_env": "NOT_THERE"}, "NOT_THERE"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        create(ADA, options)
    assert "'Ada'" in str(caught.value)
    assert "sk-1" not in str(caught.value)


async def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        create(ADA, {"model": "tiny"})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    await create(ADA, {"model": "tiny"}).close()


async def test_openais_key_is_not_sent_to_somebody_else(
    endpoint: ChatEndpoint, make: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    await text_of(make(api_key_env=None), context_for("Hi"))
    assert endpoint.keys == ["Bearer none"]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "agent_sessions_plugins.openai_chat", None)
    with pytest.raises(MissingExtra, match=r"agent-sessions\[openai\]"):
        create(ADA, {"model": "tiny", "api_key_env": "MY_KEY"})
