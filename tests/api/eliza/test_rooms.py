"""What an agent sees as its own over HTTP: rooms, what was said, what is known of people, and its runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from agent_sessions.domain.agent import ReplyPart

from .stage import ACTOR, ECHO, ECHO_TWO, PATIENCE, UNKNOWN, USER

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api

MEMORY = f"/api/memory/{ECHO}"


async def facts(api: Api) -> list[Any]:
    """What is known of those who talk with the agent."""
    return list((await api.ask("GET", f"{MEMORY}/memories?tableName=facts")).json["data"]["memories"])


async def remembered(api: Api, clock: FakeClock) -> list[Any]:
    """What is known once a conversation about a move has become memories, and its user talks again."""
    await api.say(await api.session(), "I moved to Berlin last month.")
    await clock.advance(timedelta(hours=2))
    await api.session()
    async with asyncio.timeout(PATIENCE.total):
        while not (told := await facts(api)):
            await clock.advance(timedelta(seconds=1))
    return told


async def test_an_agent_sees_the_rooms_of_its_sessions(api: Api) -> None:
    session = await api.session()
    await api.say(session, "hello")
    info = (await api.ask("GET", session)).json
    (room,) = (await api.ask("GET", f"{MEMORY}/rooms")).json["data"]["rooms"]
    assert (room["id"], room["type"], room["entities"]) == (info["channelId"], "DM", [USER, ECHO])
    for query in ("", f"?channelId={info['channelId']}", f"?roomId={info['sessionId']}"):
        told = (await api.ask("GET", f"{MEMORY}/memories{query}")).json["data"]["memories"]
        assert [each["content"]["text"] for each in told] == ["echo: hello", "hello"]
        assert {each["roomId"] for each in told} == {info["channelId"]}
    other = await api.ask("GET", f"/api/memory/{ECHO_TWO}/memories?channelId={info['channelId']}")
    assert other.status == 404
    assert (await api.ask("GET", f"/api/memory/{ECHO_TWO}/memories")).json["data"]["memories"] == []


async def test_what_is_known_of_people_is_worded_anew_and_forgotten(api: Api, clock: FakeClock) -> None:
    (fact,) = await remembered(api, clock)
    assert (fact["entityId"], fact["type"]) == (USER, "facts")
    assert "Berlin" in fact["content"]["text"]
    one = f"{MEMORY}/memories/{fact['id']}"
    changed = await api.ask("PATCH", one, {"content": {"text": "User moved to Bremen."}})
    assert changed.json["data"]["replaces"] == fact["id"]
    (anew,) = await facts(api)
    assert (anew["id"], anew["content"]["text"]) == (changed.json["data"]["id"], "User moved to Bremen.")
    assert anew["metadata"]["version"] == 2
    assert (await api.ask("DELETE", f"{MEMORY}/memories/{anew['id']}")).status == 200
    assert await facts(api) == []


@pytest.mark.parametrize("body", [{}, {"content": {}}, {"content": " "}, {"content": 5}])
async def test_a_wording_must_be_a_text(api: Api, body: object) -> None:
    reply = await api.ask("PATCH", f"{MEMORY}/memories/{uuid4()}", body)
    assert (reply.status, reply.json["error"]["code"]) == (400, "BAD_REQUEST")


async def test_no_agent_reaches_into_anothers_rooms(api: Api) -> None:
    session = await api.session()
    sent = (await api.say(session, "hello")).json["userMessage"]
    for method, path in (
        ("DELETE", f"memories/{sent['id']}"),
        ("PATCH", f"memories/{sent['id']}"),
        ("DELETE", f"memories/all/{sent['channel_id']}"),
        ("GET", f"rooms/{sent['channel_id']}"),
        ("GET", f"rooms/{sent['channel_id']}/memories"),
    ):
        reply = await api.ask(method, f"/api/memory/{ECHO_TWO}/{path}", {"content": "x"} if method == "PATCH" else ...)
        assert reply.status == 404, path
    assert len(await api.history(session, count=2)) == 2


async def test_runs_tell_how_replies_came_out(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say(ReplyPart(text="ok", actions=("REPLY", "WAVE")))
    actor.will_be_silent()
    actor.will_fail(ValueError())
    session = await api.session(ACTOR)
    for text in ("go", "hush", "fail"):
        await api.say(session, text)
    told = (await api.ask("GET", f"/api/agents/{ACTOR}/runs")).json["data"]
    assert [run["status"] for run in told["runs"]] == ["error", "completed", "completed"]
    assert (told["total"], told["hasMore"]) == (3, False)
    assert told["runs"][2]["counts"]["actions"] == 2
    some = (await api.ask("GET", f"/api/agents/{ACTOR}/runs?status=completed&limit=1")).json["data"]
    assert ([run["runId"] for run in some["runs"]], some["total"], some["hasMore"]) == (
        [told["runs"][1]["runId"]],
        2,
        True,
    )
    late = (await api.ask("GET", f"/api/agents/{ACTOR}/runs?from={told['runs'][0]['startedAt'] + 1}")).json["data"]
    assert late["runs"] == []
    failed = (await api.ask("GET", f"/api/agents/{ACTOR}/runs/{told['runs'][0]['runId']}")).json["data"]
    assert failed["events"][1]["data"]["error"] == "The agent failed to answer"
    assert (await api.ask("GET", f"/api/agents/{ECHO}/runs/{told['runs'][0]['runId']}")).status == 404
    assert (await api.ask("GET", f"/api/agents/{ACTOR}/runs/{UNKNOWN}")).status == 404
