"""The server's log over Socket.IO: for whom it is open, filtered as each wishes, and never with what users say."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from agent_sessions.config import Auth, Log

from .sockets import ACTOR, serving, settings_in

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .sockets import Client, Stage

logger = structlog.get_logger("agent_sessions.test")


def lines(client: Client) -> list[dict[str, Any]]:
    return [told["payload"] for told in client.all("log_stream")]


async def test_lines_are_told_from_subscribing_until_unsubscribing(stage: Stage) -> None:
    client = await stage.client()
    logger.info("before")
    await client.say("subscribe_logs")
    assert (await client.next("log_subscription_confirmed"))["subscribed"] is True
    logger.info("in_between", agent_id=ACTOR, seconds=3)
    assert (await client.next("log_stream"))["payload"] == {
        "time": 1767268800000,
        "level": 30,
        "msg": "in_between",
        "agent_id": ACTOR,
        "agentId": ACTOR,
        "agentName": "Actor",
        "seconds": 3,
    }
    await client.say("unsubscribe_logs")
    assert (await client.next("log_subscription_confirmed"))["subscribed"] is False
    logger.info("after")
    await client.settled()
    assert [line["msg"] for line in lines(client)] == ["in_between"]


async def test_what_may_hold_what_users_say_is_not_told(stage: Stage) -> None:
    client = await stage.client()
    await client.say("subscribe_logs")
    await client.next("log_subscription_confirmed")
    await client.say("update_log_filters", {"level": "debug"})
    await client.next("log_filters_updated")
    logger.debug("said", text="a secret")
    logging.getLogger("elsewhere").warning("could not send %s", "a secret")
    logger.warning("done")
    await client.until(lambda: bool(lines(client)) and lines(client)[-1]["msg"] == "done")
    assert [line["msg"] for line in lines(client)] == ["could not send %s", "done"]
    assert "secret" not in str(client.told)


async def test_each_is_told_what_it_asked_for(stage: Stage) -> None:
    errors, actors = await stage.client(), await stage.client()
    for client, filters in ((errors, {"level": "error"}), (actors, {"agentName": "Actor"})):
        await client.say("subscribe_logs")
        await client.say("update_log_filters", filters)
        assert (await client.next("log_filters_updated")) == {"success": True, "filters": filters}
    logger.warning("one", agent_id=ACTOR)
    logger.error("two")
    logger.error("three", agent_id=ACTOR)
    await errors.until(lambda: len(lines(errors)) == 2)
    await actors.until(lambda: len(lines(actors)) == 2)
    assert [line["msg"] for line in lines(errors)] == ["two", "three"]
    assert [line["msg"] for line in lines(actors)] == ["one", "three"]


@pytest.mark.parametrize(
    ("token", "over_sockets", "open_"), [("key", None, False), ("key", True, True), (None, False, False)]
)
async def test_it_is_open_where_the_settings_say_so(
    tmp_path: Path, actor: ScriptedAgent, clock: FakeClock, *, token: str | None, over_sockets: bool | None, open_: bool
) -> None:
    settings = settings_in(tmp_path, auth=Auth(token=token), log=Log(over_sockets=over_sockets))
    async with serving(settings, actor, clock=clock) as stage:
        client = await stage.client(auth={"token": token})
        await client.say("subscribe_logs")
        assert (await client.next("log_subscription_confirmed"))["subscribed"] is open_
        logger.info("anything")
        await client.settled()
        assert bool(lines(client)) is open_
