"""Ready answers look the same as ordinary ones, and stand back where others have a say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web

from agent_sessions.api.middleware import Answer, endpoint
from agent_sessions.api.ready import LARGEST
from agent_sessions.api.stamp import Stamp
from agent_sessions.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.test_utils import TestClient

    Client = TestClient[web.Request, web.Application]
    MakeClient = Callable[[web.Application], Awaitable[Client]]


def application(body: bytes = b"{}", **members: Any) -> web.Application:
    async def answer(_request: web.Request) -> Answer:
        return Answer(body, 201, {"Retry-After": "7"})

    app = web.Application(**members)
    served = endpoint(answer, stamp=Stamp(FakeClock()), refuse=lambda error: Answer(str(error).encode(), 500))
    app.router.add_get("/x", served)
    app.router.add_post("/x", served)
    return app


async def raw_answer(client: Client, request: bytes) -> bytes:
    """What a server says to this request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(parsed(head)[1]["Content-Length"]))
    writer.close()
    return head + body


def parsed(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


async def test_both_ways_say_the_same(aiohttp_client: MakeClient) -> None:
    client = await aiohttp_client(application(b'{"a":1}'))
    ready = parsed(
        await raw_answer(client, b"GET /x HTTP/1.1\r\nHost: x\r\nOrigin: http://o\r\nX-Request-Id: r\r\n\r\n")
    )
    ordinary = parsed(
        await raw_answer(client, b"GET /x HTTP/1.0\r\nHost: x\r\nOrigin: http://o\r\nX-Request-Id: r\r\n\r\n")
    )
    assert ready[0] == "HTTP/1.1 201 Created"
    assert ordinary[0] == "HTTP/1.0 201 Created"
    assert ready[2] == ordinary[2] == b'{"a":1}'
    volatile = {"Date", "Server", "Connection"}
    assert {name: ready[1][name] for name in ready[1].keys() - volatile} == {
        name: ordinary[1][name] for name in ordinary[1].keys() - volatile
    }
    assert ready[1]["Date"] == "Thu, 01 Jan 2026 12:00:00 GMT"
    assert ready[1]["Access-Control-Allow-Origin"] == "http://o"
    assert ready[1]["Retry-After"] == "7"


async def test_a_connection_is_used_again_and_again(aiohttp_client: MakeClient) -> None:
    client = await aiohttp_client(application())
    requests = [b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"] * 50
    async with ClientSession() as http:
        for _ in range(20):
            async with http.get(client.make_url("/x")) as response:
                assert (response.status, await response.read()) == (201, b"{}")
        assert http.connector is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(b"".join(requests))
    for _ in requests:
        assert (await reader.readuntil(b"\r\n\r\n{}")).startswith(b"HTTP/1.1 201")
    writer.close()


async def test_a_connection_is_closed_when_that_is_asked_for(aiohttp_client: MakeClient) -> None:
    client = await aiohttp_client(application())
    answer = await raw_answer(client, b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert parsed(answer)[1]["Connection"] == "close"


@pytest.mark.parametrize("size", [0, LARGEST, LARGEST + 1, 5_000_000])
async def test_bodies_of_any_size(aiohttp_client: MakeClient, size: int) -> None:
    client = await aiohttp_client(application(b"x" * size))
    for _ in range(2):
        async with client.get("/x") as response:
            assert len(await response.read()) == size
    async with client.head("/x") as response:
        assert await response.read() == b""


async def test_other_peoples_middlewares_and_signals_keep_their_say(aiohttp_client: MakeClient) -> None:
    @web.middleware
    async def signed(request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        response.headers["X-Signed"] = "yes"
        return response

    async def dated(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["X-Dated"] = "yes"

    with_middleware = await aiohttp_client(application(middlewares=[signed]))
    assert (await with_middleware.get("/x")).headers["X-Signed"] == "yes"
    app = application()
    app.on_response_prepare.append(dated)
    assert (await (await aiohttp_client(app)).get("/x")).headers["X-Dated"] == "yes"
    outer = web.Application(middlewares=[signed])
    outer.add_subapp("/inner", application())
    assert (await (await aiohttp_client(outer)).get("/inner/x")).headers["X-Signed"] == "yes"


async def test_who_does_not_read_is_waited_for(aiohttp_client: MakeClient) -> None:
    client = await aiohttp_client(application(b"x" * LARGEST))
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1024)
    for _ in range(300):
        writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    received = 0
    while received < 300 * LARGEST:
        piece = await reader.read(1_000_000)
        assert piece
        received += len(piece)
    writer.close()
