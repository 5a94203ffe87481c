"""What an endpoint was not told in the end: kept, listed, tried again, over the API and from the command line."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession

from agent_sessions.app import SERVICES, create_app
from agent_sessions.domain.webhook import WebhookBacklog
from agent_sessions.services.conversation import Draft

from ..recallr.stage import listening
from .receiver import PATIENCE, session_of, telling, until, webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.services import Services
    from agent_sessions.testing import FakeClock

    from .receiver import Receiver

WEBHOOKS = "/api/messaging/webhooks"
GIVE_UP = timedelta(minutes=6)
SECOND = timedelta(seconds=1)


class Api:
    """Calls a server."""

    def __init__(self, http: ClientSession, url: str, services: Services) -> None:
        self.url = url
        self.services = services
        self._http = http

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self._http.request(method, self.url + WEBHOOKS + path, json=body) as answer:
            return answer.status, await answer.json()

    async def dead(self, query: str = "") -> Any:
        status, body = await self.ask("GET", f"/hook/dead-letters{query}")
        assert status == 200, body
        return body


@asynccontextmanager
async def giving_up(url: str, clock: FakeClock, receiver: Receiver) -> AsyncIterator[Api]:
    """A server whose webhook takes nothing and is given up soon."""
    receiver.decide = lambda _: 500
    entry = webhook(receiver, give_up_hours=GIVE_UP / timedelta(hours=1), events="session.created, message")
    app = create_app(telling(url, entry), clock=clock)
    async with listening(app) as runner, ClientSession() as http:
        yield Api(http, f"http://127.0.0.1:{runner.addresses[0][1]}", app[SERVICES])


async def given_up(api: Api, clock: FakeClock, receiver: Receiver) -> str:
    """A session of three events that were all given up."""
    session_id = await session_of(api.services)
    exchange = await api.services.conversation.send(session_id, Draft("hello"))
    await exchange.turn.outcome()
    async with asyncio.timeout(PATIENCE):
        while (await api.services.webhooks.all())[0].backlog != WebhookBacklog(0, None, 3):
            await clock.advance(2 * SECOND)
    return session_id


async def test_what_is_given_up_is_listed_with_when_and_why(url: str, clock: FakeClock, receiver: Receiver) -> None:
    async with giving_up(url, clock, receiver) as api:
        session_id = await given_up(api, clock, receiver)
        dead = (await api.dead())["deadLetters"]
        assert [(each["type"], each["seq"], each["sessionId"], each["webhookId"]) for each in dead] == [
            (kind, seq, session_id, f"{session_id}:{seq}")
            for seq, kind in enumerate(("session.created", "message", "message"), start=1)
        ]
        assert {each["reason"] for each in dead} == {"It answered with status 500"}
        assert dead[0]["attempts"] > dead[1]["attempts"] == 1, "the first was tried all the time, the others after it"
        assert all(each["givenUpAt"] > each["at"] for each in dead)
        _, told = await api.ask("GET", "")
        (standing,) = told["webhooks"]
        assert (standing["name"], standing["state"], standing["deadLetters"]) == ("hook", "failing", 3)
        assert standing["sessionsWaiting"] == 0
        assert [each.seq for each in receiver.heard] == sorted(each.seq for each in receiver.heard)


async def test_dead_letters_are_read_page_by_page(url: str, clock: FakeClock, receiver: Receiver) -> None:
    async with giving_up(url, clock, receiver) as api:
        await given_up(api, clock, receiver)
        first = await api.dead("?limit=2")
        rest = await api.dead(f"?limit=2&after={first['nextAfter']}")
        assert [each["seq"] for page in (first, rest) for each in page["deadLetters"]] == [1, 2, 3]
        assert rest["nextAfter"] is None


async def test_dead_letters_are_replayed_in_order_under_their_own_ids(
    url: str, clock: FakeClock, receiver: Receiver
) -> None:
    async with giving_up(url, clock, receiver) as api:
        session_id = await given_up(api, clock, receiver)
        receiver.decide = lambda _: 200
        last = (await api.dead())["deadLetters"][-1]["id"]
        assert await api.ask("POST", "/hook/replay", {"upTo": last - 1}) == (200, {"replayed": 2})
        await until(clock, lambda: len(receiver.took) == 2)
        assert receiver.seqs(session_id) == [1, 2]
        assert [each["seq"] for each in (await api.dead())["deadLetters"]] == [3]
        assert await api.ask("POST", "/hook/replay", {"sessionId": "another"}) == (200, {"replayed": 0})
        assert await api.ask("POST", "/hook/replay") == (200, {"replayed": 1})
        await until(clock, lambda: len(receiver.took) == 3)
        assert receiver.took[-1].body == next(each.body for each in receiver.heard if each.seq == 3)


async def test_unknown_webhooks_and_bad_ids_are_refused(url: str, clock: FakeClock, receiver: Receiver) -> None:
    async with giving_up(url, clock, receiver) as api:
        for method, path in (("GET", "/unknown/dead-letters"), ("POST", "/unknown/replay")):
            status, body = await api.ask(method, path)
            assert (status, body["error"]["code"]) == (404, "WEBHOOK_NOT_FOUND")
        for body, field in (({"after": "x"}, "after"), ({"upTo": -1}, "upTo"), ({"sessionId": 7}, "sessionId")):
            status, refused = await api.ask("POST", "/hook/replay", body)
            assert (status, field in refused["error"]["message"]) == (400, True)


async def test_the_command_line_lists_and_replays(tmp_path: Any, clock: FakeClock, receiver: Receiver) -> None:
    async def told(*arguments: str) -> str:
        command = [sys.executable, "-m", "agent_sessions", "webhooks", *arguments, "--url", api.url]
        ran = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await ran.communicate()
        return (output + errors).decode()

    async with giving_up(f"sqlite:///{tmp_path}/x.db", clock, receiver) as api:
        session_id = await given_up(api, clock, receiver)
        assert "hook                      failing          0       3  -" in await told("list")
        dead = await told("dead", "hook", "--limit", "1")
        assert f"session.created  {session_id}:1  It answered with status 500" in dead
        assert "... more with --after" in dead
        receiver.decide = lambda _: 200
        assert await told("replay", "hook", "--session", session_id) == "Trying 3 events again.\n"
        await until(clock, lambda: receiver.seqs(session_id) == [1, 2, 3])
        assert await told("dead", "hook") == "Nothing was given up.\n"
        assert "Webhook 'other' not found" in await told("dead", "other")
