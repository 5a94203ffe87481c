"""The channel routes, over HTTP: made, talked in, emptied, deleted; by people and by agents elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from .stage import ACTOR, ECHO, ECHO_TWO, PATIENCE, UNKNOWN, USER, events_of

if TYPE_CHECKING:
    from .stage import Api, Reply

MESSAGING = "/api/messaging"
CHANNELS = f"{MESSAGING}/channels"
HOME = "00000000-0000-0000-0000-000000000000"
BEN = "22222222-2222-4222-8222-222222222222"


async def made(api: Api, *members: str, **more: Any) -> Any:
    """A channel."""
    body = {"name": "Table", "message_server_id": HOME, "participantCentralUserIds": members, **more}
    reply = await api.ask("POST", CHANNELS, body)
    assert reply.status == 201, reply.text
    return reply.json["data"]


async def say(api: Api, channel: str, content: str, **more: Any) -> Reply:
    body = {"author_id": USER, "content": content, "message_server_id": HOME, **more}
    return await api.ask("POST", f"{CHANNELS}/{channel}/messages", body)


async def messages(api: Api, channel: str, query: str = "") -> Any:
    reply = await api.ask("GET", f"{CHANNELS}/{channel}/messages{query}")
    assert reply.status == 200, reply.text
    return reply.json["data"]["messages"]


async def heard(api: Api, channel: str, *, count: int) -> list[str]:
    """What was said, oldest first, as soon as there is so much."""
    async with asyncio.timeout(PATIENCE.total):
        while True:
            found = await messages(api, channel)
            if len(found) >= count:
                return [each["content"] for each in reversed(found)]


async def test_a_channel_is_told_as_clients_expect(api: Api) -> None:
    channel = await made(api, USER, ECHO, metadata={"source": "test"}, type="text")
    assert channel["name"] == "Table"
    assert channel["type"] == "GROUP"
    assert channel["messageServerId"] == HOME
    assert channel["metadata"] == {"source": "test", "participantCentralUserIds": [USER, ECHO]}
    assert channel["createdAt"] == channel["updatedAt"]
    assert channel.pop("channel") == channel
    details = await api.ask("GET", f"{CHANNELS}/{channel['id']}/details")
    assert details.json == {"success": True, "data": channel}
    assert (await api.ask("GET", f"{CHANNELS}/{channel['id']}/participants")).json["data"] == [USER, ECHO]
    listed = await api.ask("GET", f"{MESSAGING}/message-servers/{HOME}/channels")
    assert listed.json["data"] == {"channels": [channel]}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Missing required field: name"),
        ({"name": ""}, "name must be text"),
        ({"name": 5}, "name must be text"),
        ({"name": "x", "server_id": "no"}, "Invalid message_server_id format"),
        ({"name": "x", "participantCentralUserIds": ["no"]}, "participantCentralUserIds must be"),
        ({"name": "x", "participantCentralUserIds": "no"}, "participantCentralUserIds must be"),
        ({"name": "x", "metadata": [1]}, "Metadata must be an object"),
    ],
)
async def test_what_is_wrong_with_a_channel_is_told(api: Api, body: object, error: str) -> None:
    reply = await api.ask("POST", CHANNELS, body)
    assert (reply.status, reply.json["success"]) == (400, False)
    assert error in reply.json["error"]


async def test_the_direct_channel_of_two_is_always_the_same(api: Api) -> None:
    path = f"{MESSAGING}/dm-channel?currentUserId={USER}&targetUserId={ECHO}&dmServerId={HOME}"
    first, again = await api.ask("GET", path), await api.ask("GET", path)
    assert first.json == again.json
    assert first.json["data"]["type"] == "DM"
    for query in (
        f"currentUserId={USER}",
        f"currentUserId={USER}&targetUserId={USER}",
        "currentUserId=x&targetUserId=y",
    ):
        assert (await api.ask("GET", f"{MESSAGING}/dm-channel?{query}")).status == 400


async def test_talking_in_a_channel(api: Api) -> None:
    channel = (await made(api, USER, ECHO))["id"]
    reply = await say(api, channel, "hello", metadata={"a": 1})
    told = reply.json["data"]
    assert (reply.status, told["content"], told["authorId"], told["author_id"]) == (201, "hello", USER, USER)
    assert (told["sourceType"], told["channelId"], told["metadata"]["a"]) == ("user", channel, 1)
    assert await heard(api, channel, count=2) == ["hello", "echo: hello"]
    answer = (await messages(api, channel))[0]
    assert (answer["sourceType"], answer["authorId"], answer["metadata"]["agentName"]) == (
        "agent_response",
        ECHO,
        "echo-agent",
    )
    assert answer["inReplyToRootMessageId"] == told["id"]
    assert answer["created_at"] > told["created_at"]
    assert [each["content"] for each in await messages(api, channel, f"?before={answer['created_at']}")] == ["hello"]


async def test_the_reply_comes_as_the_transport_says(api: Api) -> None:
    channel = (await made(api, USER, ECHO))["id"]
    reply = await say(api, channel, "hello", transport="http")
    assert reply.json["agentResponse"]["text"] == "echo: hello"
    body = {"author_id": USER, "content": "again", "transport": "sse"}
    async with api.http.post(f"{api.base}{CHANNELS}/{channel}/messages", json=body) as response:
        events = await events_of(response)
    assert events[0][0] == "user_message"
    assert events[-1][0] == "done"
    assert events[-1][1]["text"] == "echo: again"


async def test_an_author_need_not_be_named(api: Api) -> None:
    channel = (await made(api, USER, ECHO))["id"]
    posted = await api.ask("POST", f"{CHANNELS}/{channel}/messages", {"content": "it is me"})
    assert posted.json["data"]["authorId"] == USER
    posted = await api.ask(
        "POST", f"{CHANNELS}/{channel}/messages", {"content": "and me"}, headers={"X-Entity-Id": BEN}
    )
    assert posted.json["data"]["authorId"] == BEN
    posted = await api.ask("POST", f"{CHANNELS}/{channel}/messages", {"content": "hm", "metadata": {"user_id": BEN}})
    assert posted.json["data"]["authorId"] == BEN


@pytest.mark.parametrize(
    "body", [{}, {"content": ""}, {"content": 5}, {"content": "x", "author_id": "no"}, {"content": "x", "transport": 1}]
)
async def test_what_is_wrong_with_a_message_is_told(api: Api, body: dict[str, object]) -> None:
    channel = (await made(api, USER, ECHO))["id"]
    reply = await api.ask("POST", f"{CHANNELS}/{channel}/messages", body)
    assert (reply.status, reply.json["success"], type(reply.json["error"])) == (400, False, str)


async def test_who_speaks_where_there_is_no_channel_makes_one(api: Api) -> None:
    room = str(uuid4())
    await say(api, room, "hello", metadata={"isDm": True, "targetUserId": ECHO})
    assert await heard(api, room, count=2) == ["hello", "echo: hello"]
    assert (await api.ask("GET", f"{CHANNELS}/{room}/details")).json["data"]["type"] == "DM"


async def test_agents_come_and_go(api: Api) -> None:
    channel = (await made(api, USER))["id"]
    added = await api.ask("POST", f"{CHANNELS}/{channel}/agents", {"agentId": ECHO_TWO})
    assert (added.status, added.json["data"]["agentId"]) == (201, ECHO_TWO)
    assert (await api.ask("GET", f"{CHANNELS}/{channel}/agents")).json["data"]["participants"] == [ECHO_TWO]
    removed = await api.ask("DELETE", f"{CHANNELS}/{channel}/agents/{ECHO_TWO}")
    assert (removed.status, removed.json["data"]["channelId"]) == (200, channel)
    assert (await api.ask("DELETE", f"{CHANNELS}/{channel}/agents/{ECHO_TWO}")).status == 404
    assert (await api.ask("POST", f"{CHANNELS}/{channel}/agents", {"agentId": UNKNOWN})).status == 404
    assert (await api.ask("POST", f"{CHANNELS}/{channel}/agents", {})).status == 400


async def test_an_agent_elsewhere_speaks_over_submit(api: Api) -> None:
    channel = (await made(api, USER, BEN))["id"]
    body = {
        "channel_id": channel,
        "message_server_id": HOME,
        "author_id": ACTOR,
        "content": "I thought about it",
        "source_type": "agent_response",
        "raw_message": {"text": "I thought about it", "thought": "hm", "actions": ["REPLY"]},
        "metadata": {"agentName": "Elsewhere"},
    }
    reply = await api.ask("POST", f"{MESSAGING}/submit", body)
    assert (reply.status, reply.json["data"]["sourceType"]) == (201, "agent_response")
    (said,) = await messages(api, channel)
    assert (said["rawMessage"]["thought"], said["metadata"]["agentName"]) == ("hm", "Elsewhere")
    older = await api.ask("POST", f"{MESSAGING}/submit", {**body, "server_id": "0", "message_server_id": None})
    assert older.status == 201
    assert (await api.ask("POST", f"{MESSAGING}/submit", {"content": "x"})).status == 400
    done = await api.ask("POST", f"{MESSAGING}/complete", {"channel_id": channel, "message_server_id": HOME})
    assert (done.status, done.json["success"], done.json["data"]["success"]) == (200, True, True)


async def test_a_platform_brings_messages_in(api: Api) -> None:
    channel = (await made(api, ECHO))["id"]
    body = {"channel_id": channel, "author_id": BEN, "content": "from afar", "source_type": "discord"}
    reply = await api.ask("POST", f"{MESSAGING}/ingest-external", body)
    assert (reply.status, set(reply.json["data"])) == (202, {"messageId"})
    assert await heard(api, channel, count=2) == ["from afar", "echo: from afar"]
    assert (await messages(api, channel))[1]["sourceType"] == "discord"


async def test_messages_are_taken_back(api: Api) -> None:
    channel = (await made(api, USER, BEN))["id"]
    ids = [(await say(api, channel, text)).json["data"]["id"] for text in "abc"]
    one = f"{CHANNELS}/{channel}/messages/{ids[1]}"
    assert (await api.ask("DELETE", one)).status == 204
    assert (await api.ask("DELETE", one)).json == {"success": False, "error": "Message not found"}
    assert await heard(api, channel, count=2) == ["a", "c"]
    told = await api.ask("GET", f"{MESSAGING}/messages/{ids[0]}")
    assert told.json["data"]["content"] == "a"
    assert (await api.ask("GET", f"{MESSAGING}/messages/{ids[1]}")).status == 404
    assert (await api.ask("DELETE", f"{CHANNELS}/{channel}/messages")).status == 204
    assert await messages(api, channel) == []


async def test_a_session_shows_no_message_that_was_taken_back(api: Api) -> None:
    session = await api.session()
    sent = (await api.say(session, "secret")).json["userMessage"]
    await api.history(session, count=2)
    await api.ask("DELETE", f"{CHANNELS}/{sent['channel_id']}/messages/{sent['id']}")
    assert [each["content"] for each in await api.history(session, count=1)] == ["echo: secret"]


async def test_a_channel_is_changed_and_deleted(api: Api) -> None:
    channel = (await made(api, USER, metadata={"a": 1}))["id"]
    body = {"name": "New", "participantCentralUserIds": [USER, BEN], "metadata": {"b": 2}}
    changed = (await api.ask("PATCH", f"{CHANNELS}/{channel}", body)).json["data"]
    assert (changed["name"], changed["metadata"]) == ("New", {"a": 1, "b": 2, "participantCentralUserIds": [USER, BEN]})
    assert (await api.ask("DELETE", f"{CHANNELS}/{channel}")).status == 204
    for method, path in (("GET", "details"), ("GET", "messages"), ("DELETE", "messages"), ("GET", "participants")):
        reply = await api.ask(method, f"{CHANNELS}/{channel}/{path}")
        assert (reply.status, reply.json) == (404, {"success": False, "error": "Channel not found"})
    assert (await api.ask("DELETE", f"{CHANNELS}/{channel}")).status == 404


async def test_with_its_channel_a_session_ends_but_not_the_other_way_round(api: Api) -> None:
    one, other = await api.session(), await api.session()
    channel_of = {each: (await api.ask("GET", each)).json["channelId"] for each in (one, other)}
    for each in (one, other):
        await api.say(each, "hello")
    assert (await api.ask("DELETE", f"{CHANNELS}/{channel_of[one]}")).status == 204
    assert (await api.ask("GET", one)).code == "SESSION_NOT_FOUND"
    assert (await api.ask("DELETE", other)).status == 200
    assert await heard(api, channel_of[other], count=2) == ["hello", "echo: hello"]
    assert (await say(api, channel_of[other], "more")).status == 404


async def test_titles_are_made_of_what_was_said(api: Api) -> None:
    channel = (await made(api, USER, BEN))["id"]
    path = f"{CHANNELS}/{channel}/generate-title"
    early = (await api.ask("POST", path, {"agentId": ECHO})).json["data"]
    assert (early["title"], early["channelId"]) == (None, channel)
    assert early["reason"]
    for text in ("Hi", "where do we go for our holidays this year? I wonder", "no idea", "ok"):
        await say(api, channel, text)
    told = (await api.ask("POST", path, {"agentId": ECHO})).json["data"]
    assert told == {"title": "Where do we go for our holidays", "channelId": channel}


async def test_the_one_message_server(api: Api) -> None:
    assert (await api.ask("GET", f"{MESSAGING}/message-server/current")).json["data"] == {"messageServerId": HOME}
    (server,) = (await api.ask("GET", f"{MESSAGING}/message-servers")).json["data"]["messageServers"]
    assert (server["id"], server["name"]) == (HOME, "Default Server")
    reply = await api.ask("POST", f"{MESSAGING}/message-servers", {"name": "x", "sourceType": "y"})
    assert (reply.status, reply.json["success"]) == (403, False)


async def test_the_names_of_older_versions(api: Api) -> None:
    body = {"name": "Old", "server_id": HOME, "type": "DM", "participantCentralUserIds": [USER, ECHO]}
    channel = (await api.ask("POST", f"{MESSAGING}/central-channels", body)).json["data"]["id"]
    posted = await api.ask(
        "POST", f"{MESSAGING}/central-channels/{channel}/messages", {"content": "x", "server_id": "0"}
    )
    assert posted.status == 201
    assert await heard(api, channel, count=2) == ["x", "echo: x"]
    for name in ("central-servers", "servers"):
        (server,) = (await api.ask("GET", f"{MESSAGING}/{name}")).json["data"]["servers"]
        listed = await api.ask("GET", f"{MESSAGING}/{name}/{server['id']}/channels")
        assert [each["id"] for each in listed.json["data"]["channels"]] == [channel]
