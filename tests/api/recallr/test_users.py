"""Users, as hand-made requests see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from .stage import Api

REACHABLE = [
    "anna",
    "whatsapp_+491701234567_prod",
    "a@b.example",
    "Zoë Müller",
    "日本",
    "100%",
    "a&b=c;d",
    "~'\"{}|<>^`",
]
UNREACHABLE = ["", "a/b", "a?b", "a#b", ".", "..", "a%41", "a\nb", "\x7f", "x" * 256]


async def test_a_user_is_told_whole(api: Api) -> None:
    made = await api.ask("POST", "/users", {"custom_user_id": "anna"})
    user: dict[str, Any] = {
        "custom_user_id": "anna",
        "metadata": {},
        "merge_conflict_enabled": None,
        "created_at": "2026-03-02T09:00:00Z",
        "last_active_at": "2026-03-02T09:00:00Z",
    }
    assert (made.status, made.json) == (201, {"user": user})
    assert await api.get("/users/anna") == {"user": user}
    assert await api.get("/users") == {"users": [user], "total": 1, "has_more": False}


async def test_what_is_given_is_kept_to_the_letter(api: Api) -> None:
    metadata = {"tier": "gold", "n": 1.5, "deep": {"list": [1, "1", True, None, {}]}, "ü": "ö\u2028"}
    await api.user(metadata=metadata, merge_conflict_enabled=False)
    user = (await api.get("/users/anna"))["user"]
    assert (user["metadata"], user["merge_conflict_enabled"]) == (metadata, False)


@pytest.mark.parametrize("user_id", REACHABLE)
async def test_ids_of_all_kinds_are_found_again(api: Api, user_id: str) -> None:
    await api.user(user_id)
    found = await api.get(f"/users/{quote(user_id, safe='@+&=;~')}")
    assert found["user"]["custom_user_id"] == user_id


async def test_a_percent_sign_may_come_as_it_is(api: Api) -> None:
    await api.user("100%")
    assert (await api.get("/users/100%"))["user"]["custom_user_id"] == "100%"


@pytest.mark.parametrize("user_id", UNREACHABLE)
async def test_ids_that_nobody_could_ask_for_are_refused(api: Api, user_id: str) -> None:
    await api.user("anna")
    assert (await api.ask("POST", "/users", {"custom_user_id": user_id})).status == 422
    assert (await api.ask("PUT", "/users/anna", {"new_custom_user_id": user_id})).status == 422


async def test_a_user_is_made_once(api: Api) -> None:
    await api.user()
    again = await api.ask("POST", "/users", {"custom_user_id": "anna"})
    assert (again.status, again.detail) == (409, "User anna already exists")


@pytest.mark.parametrize("user_id", ["nobody", "%00", "no%2Fbody", "%ff", "..%2f", "x" * 3000])
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", ...),
        ("PUT", "", {}),
        ("DELETE", "", ...),
        ("GET", "/messages", ...),
        ("GET", "/memories", ...),
        ("GET", "/memory/m", ...),
        ("DELETE", "/memory/m", ...),
        ("POST", "/sessions", {}),
        ("GET", "/sessions", ...),
        ("GET", "/sessions?status_filter=insufficient_balance", ...),
        ("GET", "/sessions/s", ...),
        ("PUT", "/sessions/s", {}),
        ("PUT", "/sessions/s", {"new_metadata": {}}),
        ("DELETE", "/sessions/s", ...),
        ("POST", "/sessions/s/add-message", {"message": "m", "role": "user"}),
        ("POST", "/sessions/s/process", ...),
        ("GET", "/sessions/s/messages", ...),
        ("GET", "/sessions/s/context", ...),
        ("GET", "/sessions/s/context?stream=true", ...),
        ("GET", "/merge-conflicts", ...),
        ("GET", "/merge-conflicts/c", ...),
        ("POST", "/merge-conflicts/c/resolve", {"question_answers": []}),
    ],
)
async def test_a_missing_user_is_told_in_these_words(api: Api, user_id: str, method: str, rest: str, body: Any) -> None:
    reply = await api.ask(method, f"/users/{user_id}{rest}", body)
    said = {"%00": "\0", "no%2Fbody": "no/body", "..%2f": "../"}.get(user_id, user_id)
    assert reply.status == 404, reply.text
    assert reply.detail.lower() == f"User {said} not found".lower()


async def test_an_update_changes_what_it_names(api: Api) -> None:
    user = await api.user(metadata={"a": 1, "b": 2})
    assert (await api.ask("PUT", user, {})).json == await api.get(user)
    changed = await api.ask("PUT", user, {"new_metadata": {"c": 3}, "merge_conflict_enabled": True})
    assert changed.status == 200
    assert changed.json["user"]["metadata"] == {"c": 3}
    assert changed.json["user"]["merge_conflict_enabled"] is True
    kept = await api.ask("PUT", user, {"new_metadata": None, "merge_conflict_enabled": None})
    assert kept.json == changed.json


async def test_everything_follows_a_new_id(api: Api) -> None:
    user = await api.user()
    session = await api.remember(user, "I moved to Berlin last week.")
    assert (await api.ask("PUT", user, {"new_custom_user_id": "hanna"})).json["user"]["custom_user_id"] == "hanna"
    assert (await api.ask("GET", user)).status == 404
    assert [each["content"] for each in await api.memories("/users/hanna")] == ["User moved to Berlin"]
    moved = session.replace("/users/anna", "/users/hanna")
    assert (await api.get(f"{moved}/messages"))["total"] == 1
    context = await api.get(f"{await api.session('/users/hanna', 'Where did I move?')}/context")
    assert "User moved to Berlin" in context["context"]


async def test_a_taken_id_is_refused(api: Api) -> None:
    await api.user("anna")
    await api.user("otto")
    refused = await api.ask("PUT", "/users/otto", {"new_custom_user_id": "anna", "new_metadata": {"lost": 1}})
    assert (refused.status, refused.detail) == (409, "User anna already exists")
    assert (await api.get("/users/otto"))["user"]["metadata"] == {}
    assert (await api.ask("PUT", "/users/otto", {"new_custom_user_id": "otto"})).status == 200


async def test_an_erased_user_leaves_nothing(api: Api) -> None:
    user = await api.user()
    session = await api.remember(user, "I moved to Berlin last week.")
    gone = await api.ask("DELETE", user, {})
    assert (gone.status, gone.text) == (204, "")
    assert "Content-Length" not in gone.headers
    assert "Content-Type" not in gone.headers
    assert (await api.ask("DELETE", user)).status == 404
    await api.user()
    assert await api.memories(user) == []
    assert (await api.get(f"{user}/messages"))["messages"] == []
    assert (await api.ask("GET", session)).detail.startswith("Session ")
    context = await api.get(f"{await api.session(user, 'Where did I move?')}/context")
    assert "Berlin" not in context["context"]


async def test_users_come_newest_first_in_pages(api: Api) -> None:
    for number in range(12):
        await api.user(f"u{number}")
    first = await api.get("/users")
    assert [each["custom_user_id"] for each in first["users"]] == [f"u{number}" for number in range(11, 1, -1)]
    assert (first["total"], first["has_more"]) == (12, True)
    last = await api.get("/users?offset=10&limit=2")
    assert [each["custom_user_id"] for each in last["users"]] == ["u1", "u0"]
    assert (last["total"], last["has_more"]) == (12, False)
    assert await api.get("/users?offset=50") == {"users": [], "total": 12, "has_more": False}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("{}", "abc"),
        ('{"n": 1}', "a"),
        ('{"n":"1"}', "b"),
        ('{"n": true}', "c"),
        ('{"deep": {"x": {"y": 2}}}', "a"),
        ('{"deep": {"x": {}}}', "ab"),
        ('{"list": [2]}', "a"),
        ('{"list": [2, 3, 1]}', ""),
        ('{"gone": null}', "c"),
        ('{"n": 1, "deep": {"z": 1}}', ""),
    ],
)
async def test_filters_match_subsets_of_equal_type(api: Api, wanted: str, found: str) -> None:
    await api.user("a", metadata={"n": 1, "deep": {"x": {"y": 2, "w": 3}}, "list": [1, 2, {"k": 1}]})
    await api.user("b", metadata={"n": "1", "deep": {"x": {}}, "list": []})
    await api.user("c", metadata={"n": True, "gone": None})
    answer = await api.get(f"/users?metadata_filter={quote(wanted)}")
    assert sorted(each["custom_user_id"] for each in answer["users"]) == list(found)
    assert answer["total"] == len(found)


async def test_users_are_found_by_a_part_of_their_id(api: Api) -> None:
    for user_id in ("Anna", "hanna_1", "otto", "100%"):
        await api.user(user_id)
    found = await api.get("/users?partial_user_id=ANN")
    assert [each["custom_user_id"] for each in found["users"]] == ["hanna_1", "Anna"]
    assert (await api.get("/users?partial_user_id=%25"))["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "offset=-1",
        "offset=1e99",
        "offset=99999999999999999999",
        "metadata_filter=nonsense",
        "metadata_filter=[]",
        "metadata_filter=",
        "metadata_filter=%7B%22a%22%3A%22%5Cu0000%22%7D",
        "partial_user_id=%00",
    ],
)
async def test_what_breaks_a_rule_of_lists_is_refused(api: Api, query: str) -> None:
    reply = await api.ask("GET", f"/users?{query}")
    assert reply.status == 422
    assert reply.detail.startswith(query.partition("=")[0])


async def test_the_last_messages_of_all_sessions_come_oldest_first(api: Api) -> None:
    user = await api.user()
    first = await api.session(user, "one")
    await api.clock.advance(timedelta(minutes=1))
    second = await api.session(user, "two")
    await api.clock.advance(timedelta(minutes=1))
    await api.say(first, "three", role="assistant")
    messages = (await api.get(f"{user}/messages?limit=2"))["messages"]
    assert len({message.pop("message_id") for message in messages}) == 2
    assert messages == [
        {
            "role": "user",
            "content": "two",
            "timestamp": "2026-03-02T09:01:00.001000Z",
            "session_id": second.rpartition("/")[2],
        },
        {
            "role": "assistant",
            "content": "three",
            "timestamp": "2026-03-02T09:02:00Z",
            "session_id": first.rpartition("/")[2],
        },
    ]
    assert len((await api.get(f"{user}/messages"))["messages"]) == 3
    for limit in (0, 101):
        assert (await api.ask("GET", f"{user}/messages?limit={limit}")).status == 422


async def test_speaking_makes_a_user_active(api: Api) -> None:
    user = await api.user()
    session = await api.session(user)
    await api.clock.advance(timedelta(minutes=3))
    await api.say(session, "hello")
    assert (await api.get(user))["user"]["last_active_at"] == "2026-03-02T09:03:00Z"
