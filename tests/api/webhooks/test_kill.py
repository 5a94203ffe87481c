"""A server that is killed while it tells an endpoint something: the next tells all of it, in order."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from standardwebhooks.webhooks import Webhook

from agent_sessions.domain.agent import string_to_uuid

from ...clients.server import serving
from .receiver import PATIENCE, SECRET, webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .receiver import Heard, Receiver

SESSIONS = "/api/messaging/sessions"
USER = "11111111-1111-4111-8111-111111111111"


async def soon(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.01)  # another process: there is nothing here to wait on


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_server_leaves_nothing_untold(tmp_path: Path, receiver: Receiver, how: signal.Signals) -> None:
    hang = asyncio.Event()

    async def hanging(heard: Heard) -> web.StreamResponse:
        if heard.seq > 1:
            await hang.wait()
        return web.Response()

    receiver.decide = hanging
    entry = {**webhook(receiver).model_dump(mode="json", exclude_unset=True), "url": receiver.url}
    agents = [{"name": "Echo", "kind": "echo"}]
    with serving(tmp_path, {"agents": agents, "webhooks": [entry]}) as server:
        async with ClientSession() as http:
            asked = {"agentId": string_to_uuid("Echo"), "userId": USER}
            async with http.post(server.url + SESSIONS, json=asked) as answer:
                session_id = (await answer.json())["sessionId"]
            said = {"content": "hello", "transport": "http"}
            async with http.post(f"{server.url}{SESSIONS}/{session_id}/messages", json=said) as answer:
                assert answer.status == 201
        await soon(lambda: any(each.seq == 2 for each in receiver.heard))
        await asyncio.to_thread(server.stop, how)
        receiver.decide = lambda _: 200
        await asyncio.to_thread(server.start)
        await soon(lambda: receiver.seqs(session_id)[-1:] == [3])
    hang.set()
    tried = [each.seq for each in receiver.heard if each.session_id == session_id]
    assert tried == sorted(tried)
    assert set(tried) == {1, 2, 3}
    for each in receiver.heard:
        assert Webhook(SECRET).verify(each.body, each.headers)["data"]["seq"] == each.seq
