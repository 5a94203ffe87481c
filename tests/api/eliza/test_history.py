"""GET /sessions/:id/messages: pages, cursors, and what is taken for a number or a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from .stage import ACTOR, ECHO, USER

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api


async def history(api: Api, session: str, query: str = "") -> Any:
    answer = await api.ask("GET", f"{session}/messages{query}")
    assert answer.status == 200, answer.text
    return answer.json


async def test_newest_first_with_everything_clients_read(api: Api) -> None:
    session = await api.session(metadata={"platform": "web"})
    await api.say(session, "hello", metadata={"mood": "good"}, attachments=[{"url": "u"}])
    page = await history(api, session)
    assert list(page) == ["messages", "hasMore", "cursors"]
    reply, said = page["messages"]
    assert list(reply) == list(said) == ["id", "content", "authorId", "isAgent", "createdAt", "metadata", "seq"]
    assert (reply["content"], reply["authorId"], reply["isAgent"]) == ("echo: hello", ECHO, True)
    assert reply["metadata"] == {
        "thought": "echo thought",
        "actions": ["REPLY"],
        "isDm": True,
        "agent_id": ECHO,
        "agentName": "echo-agent",
        "channelType": "DM",
        "inReplyTo": said["id"],
        "attachments": [{"url": "u"}],
    }
    assert (said["content"], said["authorId"], said["isAgent"]) == ("hello", USER, False)
    assert said["createdAt"] == "2026-01-01T12:00:00.001Z"
    assert said["metadata"]["sessionId"] == session.split("/")[-1]
    assert (said["metadata"]["platform"], said["metadata"]["mood"]) == ("web", "good")
    assert page["cursors"] == {"before": 1767268800001, "after": 1767268800002}
    assert page["hasMore"] is False


async def test_an_empty_history_has_no_cursors(api: Api) -> None:
    assert await history(api, await api.session()) == {"messages": [], "hasMore": False}


async def test_walking_a_long_history_either_way_meets_every_message_once(api: Api) -> None:
    session = await api.session()
    for number in range(65):
        await api.say(session, str(number))
    whole = [text for number in range(65) for text in (str(number), f"echo: {number}")]
    for limit in (1, 7, 50, 65):
        assert await _backwards(api, session, limit) == whole[::-1]
        assert await _forwards(api, session, limit) == whole


async def _backwards(api: Api, session: str, limit: int) -> list[str]:
    met: list[str] = []
    query = f"?limit={limit}"
    while True:
        page = await history(api, session, query)
        met += [message["content"] for message in page["messages"]]
        if not page["hasMore"]:
            return met
        query = f"?limit={limit}&before={page['cursors']['before']}"


async def _forwards(api: Api, session: str, limit: int) -> list[str]:
    met: list[str] = []
    query = f"?limit={limit}&after=0"
    while True:
        page = await history(api, session, query)
        met += [message["content"] for message in reversed(page["messages"])]
        if not page["hasMore"]:
            return met
        query = f"?limit={limit}&after={page['cursors']['after']}"


async def test_has_more_is_exact(api: Api) -> None:
    session = await api.session()
    for _ in range(2):
        await api.say(session)
    assert [(await history(api, session, f"?limit={limit}"))["hasMore"] for limit in (3, 4, 5)] == [True, False, False]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        *(("limit=5abc", 5), ("limit=5.9", 5), ("limit=abc", 50), ("limit=", 50), ("limit=0", 1), ("limit=-3", 1)),
        *(("limit=1000", 100), ("limit=3&limit=7", 3), ("limit=%2B4", 4), ("limit=1e2", 1), ("", 50)),
    ],
)
async def test_limits_are_read_like_parse_int(api: Api, query: str, count: int) -> None:
    session = await api.session()
    for number in range(52):
        await api.say(session, str(number))
    assert len((await history(api, session, f"?{query}"))["messages"]) == count


@pytest.mark.parametrize(
    ("query", "contents"),
    [
        ("before=1767268860000", ["echo: one", "one"]),
        ("after=1767268800002", ["echo: two", "two"]),
        ("after=1767268800001&before=1767268860001", ["two", "echo: one"]),
        ("after=1767268800001&before=1767268860001&limit=1", ["two"]),
        ("after=1767268800001&limit=1", ["echo: one"]),
        ("before=2026-01-01T12:00:30Z", ["echo: one", "one"]),
        ("before=2026-01-01T13:00:30%2B01:00", ["echo: one", "one"]),
        ("before=2026-01-01T13:00:30+01:00", ["echo: one", "one"]),
        ("before=2026-01-01T12:00:30", ["echo: one", "one"]),
        ("after=2026-01-01", ["echo: two", "two", "echo: one", "one"]),
        ("after=&before=", ["echo: two", "two", "echo: one", "one"]),
        ("after=-1", ["echo: two", "two", "echo: one", "one"]),
        ("after=-8640000000000000", ["echo: two", "two", "echo: one", "one"]),
        ("before=8640000000000000", ["echo: two", "two", "echo: one", "one"]),
        ("before=0", []),
        ("before=1767268860000.7", ["echo: one", "one"]),
    ],
)
async def test_times_between_which_messages_lie(api: Api, clock: FakeClock, query: str, contents: list[str]) -> None:
    session = await api.session()
    await api.say(session, "one")
    await clock.advance(timedelta(minutes=1))
    await api.say(session, "two")
    found = [message["content"] for message in (await history(api, session, f"?{query}"))["messages"]]
    assert found == contents


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        *((text, "Must be a valid timestamp") for text in ("abc", "12x", "1e3", "NaN", " ", "2026-13-01", "x" * 5000)),
        ("8640000000000001", "Invalid date from timestamp"),
        ("-99999999999999999999", "Invalid date from timestamp"),
    ],
)
@pytest.mark.parametrize("parameter", ["before", "after"])
async def test_times_that_are_none(api: Api, parameter: str, given: str, reason: str) -> None:
    refused = await api.ask("GET", f"{await api.session()}/messages?{parameter}={quote(given)}")
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert refused.message == f"Invalid pagination parameter '{parameter}': {reason}"
    assert list(refused.json["error"]["details"]) == ["parameter", "value", "reason"]
    assert len(refused.text) < 1000


async def test_a_page_read_again_shows_what_came_since(api: Api, actor: ScriptedAgent) -> None:
    actor.will_say("first")
    session = await api.session(ACTOR)
    assert await history(api, session) == await history(api, session)
    await api.say(session)
    first = await history(api, session)
    assert first == await history(api, session)
    await api.say(session)
    assert len((await history(api, session))["messages"]) == 4
    await api.ask("PATCH", session + "/timeout", {"timeoutMinutes": 20})
    newest = (await history(api, session))["messages"][1]
    assert newest["metadata"]["timeoutConfig"]["timeoutMinutes"] == 20


async def test_messages_after_a_row_of_the_log(api: Api) -> None:
    session = await api.session()
    for text in ("one", "two"):
        await api.say(session, text)
    whole = (await api.ask("GET", f"{session}/messages")).json["messages"]
    assert [message["seq"] for message in whole] == [5, 4, 3, 2]
    for after, expected in ((0, [5, 4, 3, 2]), (1, [5, 4, 3, 2]), (3, [5, 4]), (5, []), (99, [])):
        page = (await api.ask("GET", f"{session}/messages?afterSeq={after}")).json["messages"]
        assert [message["seq"] for message in page] == expected
    first = (await api.ask("GET", f"{session}/messages?afterSeq=1&limit=2")).json
    assert ([message["seq"] for message in first["messages"]], first["hasMore"]) == ([3, 2], True)
    with_cursor = (await api.ask("GET", f"{session}/messages?afterSeq=1.2.0a1b2c3d&limit=2")).json
    assert with_cursor == first  # the id of an event in the middle of a reply
    refused = await api.ask("GET", f"{session}/messages?afterSeq=1.5")
    assert (refused.status, refused.json["error"]["details"]["parameter"]) == (400, "afterSeq")
