from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from aiohttp import web

from agent_sessions.domain.agent import Character, ReplyPart
from agent_sessions.domain.errors import AgentFailed, AgentTimedOut, ConfigError
from agent_sessions.testing.agent_contract import AgentContract, parts_of, proper, text_of
from agent_sessions.testing.agents import context_for
from agent_sessions_plugins.agent_webhook import SIGNATURE, create

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pytest_aiohttp.plugin import AiohttpServer

    from agent_sessions.ports import Agent

ADA = Character(
    id="8f2b3a52-0000-4000-8000-000000000001", name="Ada", secrets={"SHARED": "shared", "TOKEN": "Bearer t"}
)

MakeAgent: TypeAlias = "Callable[..., Agent]"
Answer: TypeAlias = "Callable[[web.Request], Awaitable[web.StreamResponse]]"


class Hook:
    """A web server that answers as a test tells it and remembers what it was sent."""

    def __init__(self) -> None:
        self.answer: Answer = in_json({"text": "Hello"})
        self.bodies: list[bytes] = []
        self.headers: list[Any] = []
        self.left = asyncio.Event()

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.headers.append(request.headers)
        try:
            return await self.answer(request)
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise


def in_json(content: object) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(content)

    return answer


def with_status(status: int, **more: Any) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, **more)

    return answer


def streamed(*pieces: str | asyncio.Event, drop: bool = False) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await response.write(piece.encode())
        if drop:
            assert request.transport is not None
            request.transport.abort()
        return response

    return answer


@pytest.fixture
async def hook() -> Hook:
    return Hook()


@pytest.fixture
async def make(hook: Hook, aiohttp_server: AiohttpServer) -> AsyncIterator[MakeAgent]:
    app = web.Application()
    app.router.add_post("/answer", hook.take)
    server = await aiohttp_server(app)
    made: list[Agent] = []

    def make(**options: Any) -> Agent:
        made.append(create(ADA, {"url": str(server.make_url("/answer")), **options}))
        return made[-1]

    yield make
    for agent in made:
        await agent.close()


class TestContract(AgentContract):
    @pytest.fixture
    async def agent(self, make: MakeAgent) -> Agent:
        return make()


async def test_the_context_is_sent_without_secrets(hook: Hook, make: MakeAgent) -> None:
    picture = {"id": "1", "url": "https://example.org/cat.png"}
    context = context_for(
        "And now?", history=[("Hello", "Hi.")], memories=["Likes tea"], character=ADA, attachments=[picture]
    )
    await text_of(make(), context)
    sent = json.loads(hook.bodies[0])
    assert sent["agent"] == {"id": ADA.id, "name": "Ada"}
    assert [(message["role"], message["text"]) for message in sent["history"]] == [("user", "Hello"), ("agent", "Hi.")]
    assert sent["message"]["text"] == "And now?"
    assert sent["message"]["attachments"] == [picture]
    assert sent["memories"] == ["Likes tea"]
    assert sent["now"] == "2026-03-02T12:00:00.000Z"
    assert sent["session"]["id"] == context.session.id
    assert "shared" not in hook.bodies[0].decode()


async def test_the_body_is_signed_and_headers_are_added(hook: Hook, make: MakeAgent) -> None:
    agent = make(secret_env="SHARED", headers={"X-Team": "red"}, headers_env={"Authorization": "TOKEN"})
    context = context_for("Hi")
    await text_of(agent, context)
    expected = hmac.new(b"shared", hook.bodies[0], hashlib.sha256).hexdigest()
    assert hook.headers[0][SIGNATURE] == f"sha256={expected}"
    assert hook.headers[0]["X-Team"] == "red"
    assert hook.headers[0]["Authorization"] == "Bearer t"
    assert hook.headers[0]["Idempotency-Key"] == context.message.id


async def test_a_json_reply_may_hold_everything(hook: Hook, make: MakeAgent) -> None:
    hook.answer = in_json(
        {"text": "Here", "thought": "Show it", "actions": ["SHOW"], "attachments": [{"url": "u"}], "providers": ["X"]}
    )
    assert await parts_of(make(), context_for("Hi")) == [
        ReplyPart(
            text="Here", thought="Show it", actions=("SHOW",), attachments=({"url": "u"},), extra={"providers": ["X"]}
        )
    ]


async def test_plain_text_is_a_reply(hook: Hook, make: MakeAgent) -> None:
    hook.answer = with_status(200, text="Grüße")
    assert await text_of(make(), context_for("Hi")) == "Grüße"


@pytest.mark.parametrize("answer", [with_status(204), in_json(None), in_json({"silent": True})])
async def test_no_answer_is_an_answer(hook: Hook, make: MakeAgent, answer: Answer) -> None:
    hook.answer = answer
    assert await parts_of(make(), context_for("Hi")) == [ReplyPart(silent=True)]


async def test_a_stream_holds_texts_and_json(hook: Hook, make: MakeAgent) -> None:
    hook.answer = streamed(
        ": hello\n\ndata: One\n\nda",
        'ta:  two\r\n\r\ndata: {"thought": "Counting"}\n\n',
        'data: "\\nthree"\n\nevent: done\ndata: {}\n\ndata: never\n\n',
    )
    parts = await parts_of(make(), context_for("Count"))
    assert [part.text for part in parts] == ["One", " two", "", "\nthree"]
    assert parts[2].thought == "Counting"


async def test_the_pieces_of_a_stream_come_as_they_are_sent(hook: Hook, make: MakeAgent) -> None:
    rest = asyncio.Event()
    hook.answer = streamed("data: One\n\n", rest, "data:  two\n\ndata: [DONE]\n\n")
    parts = aiter(make().reply(context_for("Count")))
    assert (await anext(parts)).text == "One"
    rest.set()
    assert [part.text async for part in parts] == [" two"]


async def test_leaving_closes_the_request(hook: Hook, make: MakeAgent) -> None:
    hook.answer = streamed("data: Once\n\n", asyncio.Event())
    async with aclosing(proper(make(), context_for("Tell me a story"))) as parts:
        await anext(parts)
    await asyncio.wait_for(hook.left.wait(), 10)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (with_status(401, text="secret detail"), "credentials"),
        (with_status(403), "credentials"),
        (with_status(429), "try again later"),
        (with_status(500, text="Traceback: secret detail"), "webhook failed"),
        (with_status(302, headers={"Location": "http://127.0.0.1:9/"}), "webhook failed"),
        (with_status(200, text="{", content_type="application/json"), "cannot be read"),
        (in_json({"text": 5}), "cannot be read"),
        (in_json([1]), "cannot be read"),
        (with_status(200, body=b"\xff", content_type="text/plain"), "cannot be read"),
        (with_status(200, text="x" * 2000), "cannot be read"),
        (streamed("data: " + "x" * 2000 + "\n\n"), "cannot be read"),
        (streamed('data: {"text"\n\n'), "cannot be read"),
        (streamed("event: error\ndata: secret detail\n\n"), "reported a failure"),
        (streamed("data: On", drop=True), "broke off"),
    ],
)
async def test_failures_are_told_without_their_insides(hook: Hook, make: MakeAgent, answer: Answer, words: str) -> None:
    hook.answer = answer
    with pytest.raises(AgentFailed, match=words) as caught:
        await text_of(make(max_bytes=1000), context_for("Hi"))
    assert "detail" not in str(caught.value)


async def test_a_silent_server_runs_into_the_timeout(hook: Hook, make: MakeAgent) -> None:
    hook.answer = streamed(asyncio.Event())
    with pytest.raises(AgentTimedOut):
        await text_of(make(timeout=0.05), context_for("Hi"))


async def test_a_server_that_is_not_there(unused_tcp_port: int) -> None:
    agent = create(ADA, {"url": f"http://127.0.0.1:{unused_tcp_port}/"})
    with pytest.raises(AgentFailed, match="cannot be reached"):
        await text_of(agent, context_for("Hi"))
    await agent.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "option 'url'"),
        ({"url": "ftp://example.org"}, "option 'url'"),
        ({"url": "http://a", "secret": "x"}, "option 'secret': is not an option"),
        ({"url": "http://a", "secret_env": "NOT_THERE"}, "option 'secret_env'.*NOT_THERE"),
        ({"url": "http://a", "headers_env": {"X-Key": "NOT_THERE"}}, "headers_env.X-Key.*NOT_THERE"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(ADA, options)
