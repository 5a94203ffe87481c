"""Events reach their endpoints: signed, in order, again when they failed, whatever happens to the server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from agent_sessions.services.conversation import Draft

from .receiver import OTHER_SECRET, SECRET, never, server, session_of, until, webhook

if TYPE_CHECKING:
    from agent_sessions.services import Services
    from agent_sessions.testing import FakeClock

    from .receiver import Heard, Receiver

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def say(services: Services, session_id: str, *texts: str) -> None:
    """Say these one after another; each is answered."""
    for text in texts:
        exchange = await services.conversation.send(session_id, Draft(text))
        await exchange.turn.outcome()


async def test_a_sessions_life_is_told_in_order(url: str, clock: FakeClock, receiver: Receiver) -> None:
    async with server(url, clock, webhook(receiver)) as services:
        session_id = await session_of(services)
        await say(services, session_id, "hello", "again")
        await services.sessions.end(session_id)
        await until(clock, lambda: "session.ended" in receiver.types(session_id))
    assert receiver.types(session_id)[:6] == ["session.created", *["message"] * 4, "session.ended"]
    assert receiver.seqs(session_id)[:6] == [1, 2, 3, 4, 5, 6]
    told = receiver.took[1].event
    assert set(told) == {"type", "timestamp", "data"}
    assert told["data"]["message"]["content"] == "hello"
    assert (told["data"]["sessionId"], told["data"]["seq"], told["data"]["at"]) == (session_id, 2, told["timestamp"])


async def test_signatures_hold_for_each_secret_and_for_no_other(
    tmp_path: object, clock: FakeClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD_SECRET", OTHER_SECRET)
    rotating = webhook(receiver, secrets=[SECRET, "OLD_SECRET"])
    async with server(f"sqlite:///{tmp_path}/x.db", clock, rotating) as services:
        await session_of(services)
        await until(clock, lambda: bool(receiver.took))
    (heard,) = receiver.took
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify(heard.body, heard.headers) == heard.event
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgMzIgYg==").verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(heard.body + b" ", heard.headers)


async def test_only_what_an_endpoint_asked_for_is_told_it(url: str, clock: FakeClock, receiver: Receiver) -> None:
    ends = webhook(receiver, events=["session.ended"], agent="Echo")
    elsewhere = webhook(receiver, name="elsewhere", project="other")
    async with server(url, clock, ends, elsewhere) as services:
        session_id = await session_of(services)
        await services.sessions.end(session_id)
        await until(clock, lambda: bool(receiver.took))
        await never(clock, lambda: len(receiver.heard) > 1, within=SECOND)
    assert receiver.types() == ["session.ended"]


async def test_what_failed_is_tried_again_later_and_nothing_overtakes_it(
    url: str, clock: FakeClock, receiver: Receiver
) -> None:
    begun = clock.now()
    receiver.decide = lambda heard: 500 if heard.seq == 2 and clock.now() - begun < 20 * SECOND else 200
    async with server(url, clock, webhook(receiver)) as services:
        session_id, other = await session_of(services), await session_of(services)
        await say(services, session_id, "hello")
        await until(clock, lambda: receiver.seqs(session_id) == [1, 2, 3], step=SECOND / 5)
        await until(clock, lambda: receiver.seqs(other) == [1])
    tries = [each for each in receiver.heard if each.session_id == session_id]
    assert len({each.body for each in tries if each.seq == 2}) == 1
    assert 3 <= sum(each.seq == 2 for each in tries) <= 5, "after 5, 10 and 20 seconds, or a little earlier"
    assert [each.seq for each in tries][-2:] == [2, 3]


async def test_an_endpoint_that_asks_to_wait_is_waited_for(url: str, clock: FakeClock, receiver: Receiver) -> None:
    async def later(_heard: Heard) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "60"})

    receiver.decide = later
    async with server(url, clock, webhook(receiver)) as services:
        await session_of(services)
        await until(clock, lambda: bool(receiver.heard))
        receiver.decide = lambda _: 200
        await never(clock, lambda: bool(receiver.took), within=50 * SECOND, step=SECOND)
        await until(clock, lambda: bool(receiver.took), step=SECOND)


async def test_redirects_are_failures(tmp_path: object, clock: FakeClock, receiver: Receiver) -> None:
    async def elsewhere(_heard: Heard) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": receiver.url})

    receiver.decide = elsewhere
    async with server(f"sqlite:///{tmp_path}/x.db", clock, webhook(receiver)) as services:
        await session_of(services)
        await until(clock, lambda: bool(receiver.heard))
        await never(clock, lambda: len(receiver.heard) > 1, within=SECOND)
        await until(clock, lambda: len(receiver.heard) == 2, step=SECOND)


async def test_an_endpoint_that_is_gone_is_left_alone_until_somebody_says_otherwise(
    url: str, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.decide = lambda _: 410
    async with server(url, clock, webhook(receiver)) as services:
        with structlog.testing.capture_logs() as lines:
            session_id = await session_of(services)
            await until(clock, lambda: any(line["event"] == "webhook_gone" for line in lines))
        await say(services, session_id, "hello")
        receiver.decide = lambda _: 200
        await never(clock, lambda: bool(receiver.took), within=MINUTE, step=SECOND)
        (standing,) = await services.webhooks.all()
        assert (standing.gone, standing.backlog.waiting) == (True, 1)
        await services.webhooks.replay("hook")
        await until(clock, lambda: receiver.seqs(session_id) == [1, 2, 3])


async def test_what_was_not_told_when_the_server_stopped_is_told_by_the_next(
    url: str, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.decide = lambda _: 503
    async with server(url, clock, webhook(receiver)) as services:
        session_id = await session_of(services)
        await say(services, session_id, "hello")
        await until(clock, lambda: bool(receiver.heard))
    receiver.decide = lambda _: 200
    async with server(url, clock, webhook(receiver)):
        await until(clock, lambda: receiver.seqs(session_id) == [1, 2, 3], step=SECOND / 5)


async def test_a_server_that_stops_does_not_wait_for_an_endpoint_that_hangs(
    tmp_path: object, clock: FakeClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sessions.services.webhook_delivery.GRACE_SECONDS", 0.05)
    hang = asyncio.Event()

    async def hanging(_heard: Heard) -> web.StreamResponse:
        await hang.wait()
        return web.Response()

    receiver.decide = hanging
    url = f"sqlite:///{tmp_path}/x.db"
    async with server(url, clock, webhook(receiver)) as services:
        session_id = await session_of(services)
        await until(clock, lambda: bool(receiver.heard))
    receiver.decide = lambda _: 200
    async with server(url, clock, webhook(receiver)):
        await until(clock, lambda: receiver.seqs(session_id) == [1])
    hang.set()


async def test_sessions_do_not_wait_for_endpoints(url: str, clock: FakeClock, receiver: Receiver) -> None:
    hang = asyncio.Event()

    async def hanging(_heard: Heard) -> web.StreamResponse:
        await hang.wait()
        return web.Response()

    receiver.decide = hanging
    async with server(url, clock, webhook(receiver)) as services:
        session_id = await session_of(services)
        await until(clock, lambda: bool(receiver.heard))
        await say(services, session_id, "one", "two", "three")
        assert receiver.took == []
        hang.set()
        receiver.decide = lambda _: 200
        await until(clock, lambda: receiver.seqs(session_id) == list(range(1, 8)))


async def test_what_is_erased_is_not_told(url: str, clock: FakeClock, receiver: Receiver) -> None:
    receiver.decide = lambda _: 500
    async with server(url, clock, webhook(receiver)) as services:
        session_id = await session_of(services)
        await say(services, session_id, "a secret")
        await until(clock, lambda: bool(receiver.heard))
        await services.sessions.end(session_id, forget=True)
        receiver.decide = lambda _: 200
        await never(clock, lambda: bool(receiver.took), within=30 * SECOND, step=SECOND)
        (standing,) = await services.webhooks.all()
        assert standing.backlog.waiting == 0


async def test_two_servers_tell_everything_once_and_in_order(
    postgres_url: str, clock: FakeClock, receiver: Receiver
) -> None:
    hook = webhook(receiver)
    async with server(postgres_url, clock, hook) as here, server(postgres_url, clock, hook) as there:
        sessions = [await session_of(here) for _ in range(6)]

        async def talk(session_id: str) -> None:
            for number in range(4):
                await say((here, there)[number % 2], session_id, f"number {number}")

        talking = asyncio.gather(*map(talk, sessions))
        await until(clock, talking.done)
        await talking
        await until(clock, lambda: len(receiver.took) >= 9 * len(sessions))
        await never(clock, lambda: len(receiver.took) > 9 * len(sessions), within=SECOND)
    assert [receiver.seqs(session_id) for session_id in sessions] == [list(range(1, 10))] * len(sessions)


async def test_what_a_server_that_stands_still_was_telling_is_told_by_another(
    postgres_url: str, clock: FakeClock, receiver: Receiver
) -> None:
    hang, first = asyncio.Event(), True

    async def hanging_once(_heard: Heard) -> web.StreamResponse:
        nonlocal first
        if first:
            first = False
            await hang.wait()
        return web.Response()

    receiver.decide = lambda _: 500
    hook = webhook(receiver, timeout_seconds=30)
    async with server(postgres_url, clock, hook) as here:
        session_id = await session_of(here)
        await until(clock, lambda: len(receiver.heard) == 1)
        await say(here, session_id, "hello")
        receiver.decide = hanging_once
        await until(clock, lambda: len(receiver.heard) == 2)
        async with server(postgres_url, clock, hook):
            begun = clock.now()
            await until(clock, lambda: receiver.seqs(session_id) == [1, 2, 3], step=SECOND)
            assert clock.now() - begun >= 75 * SECOND
            hang.set()
            await until(clock, lambda: len(receiver.took) == 4)
            await never(clock, lambda: len(receiver.took) > 4, within=5 * SECOND)
    assert [each.seq for each in receiver.heard] == [1, 1, 1, 2, 3], "after its claim it told nothing more"


async def test_an_endpoint_that_fails_is_not_overrun_and_gets_everything_when_it_is_back(
    tmp_path: object, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.decide = lambda _: 500
    async with server(f"sqlite:///{tmp_path}/x.db", clock, webhook(receiver)) as services:
        sessions = [await session_of(services) for _ in range(60)]
        await until(clock, lambda: len(receiver.heard) >= 16)
        await never(clock, lambda: len(receiver.heard) > 40, within=30 * SECOND, step=SECOND / 5)
        receiver.decide = lambda _: 200
        await until(clock, lambda: len(receiver.took) >= len(sessions), step=SECOND / 5)
    assert sorted(each.session_id for each in receiver.took) == sorted(sessions)
