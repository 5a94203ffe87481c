"""What requests look like in bytes, and what every answer is like, whatever the route."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.api.recallr.routes import ROUTES

from .stage import SDK_HEADERS

if TYPE_CHECKING:
    from .stage import Api

READING = [route.path for route in ROUTES if route.method == "GET"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


async def test_there_is_every_route(api: Api) -> None:
    told = {(route.method, re.sub(r"\{\w+\}", "{}", route.path)) for route in ROUTES}
    assert told == {
        ("POST", "/users"),
        ("GET", "/users"),
        ("GET", "/users/{}"),
        ("PUT", "/users/{}"),
        ("DELETE", "/users/{}"),
        ("GET", "/users/{}/messages"),
        ("GET", "/users/{}/memories"),
        ("GET", "/users/{}/memory/{}"),
        ("DELETE", "/users/{}/memory/{}"),
        ("POST", "/users/{}/sessions"),
        ("GET", "/users/{}/sessions"),
        ("GET", "/users/{}/sessions/{}"),
        ("PUT", "/users/{}/sessions/{}"),
        ("DELETE", "/users/{}/sessions/{}"),
        ("POST", "/users/{}/sessions/{}/add-message"),
        ("POST", "/users/{}/sessions/{}/process"),
        ("GET", "/users/{}/sessions/{}/messages"),
        ("GET", "/users/{}/sessions/{}/context"),
        ("GET", "/system-prompt"),
        ("GET", "/users/{}/merge-conflicts"),
        ("GET", "/users/{}/merge-conflicts/{}"),
        ("POST", "/users/{}/merge-conflicts/{}/resolve"),
        ("GET", "/users/{}/search"),
    }


async def known_paths(api: Api) -> dict[str, str]:
    """By route: the path of something that is there."""
    user = await api.user(merge_conflict_enabled=True)
    await api.remember(user, "My birthday is March 15.")
    session = await api.remember(user, "My birthday is June 20.")
    (memory,) = await api.memories(user)
    named = {
        "user_id": "anna",
        "session_id": session.rpartition("/")[2],
        "memory_id": memory["memory_id"],
        "conflict_id": memory["merge_conflict_id"],
    }
    return {path: path.format(**named) + ("?query=birthday" if path.endswith("search") else "") for path in READING}


async def test_bodies_of_questions_are_passed_over(api: Api) -> None:
    """One SDK sends an empty object with every question."""
    for path in (await known_paths(api)).values():
        plain = await api.ask("GET", path)
        assert plain.status == 200, path
        bodies: list[Any] = [{}, b"{", b"[1]", b"x" * 100_000]
        for body in bodies:
            with_body = await api.ask("GET", path, body)
            assert (with_body.status, with_body.text) == (200, plain.text)


async def test_times_have_a_zone_and_json_a_type(api: Api) -> None:
    seen = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name.endswith(("_at", "_start", "_end", "timestamp")) and inner is not None:
                    assert INSTANT.fullmatch(inner), (name, inner)
                    seen.add(name)
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for path in (await known_paths(api)).values():
        reply = await api.ask("GET", path)
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
        look(reply.json)
    assert seen >= {"created_at", "last_active_at", "timestamp", "event_date_start", "event_date_end"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nonsense"),
        ("GET", "/users/"),
        ("GET", "/users/anna/"),
        ("GET", "/users/anna/sessions/"),
        ("GET", "/users//sessions"),
        ("PATCH", "/users"),
        ("DELETE", "/users"),
        ("POST", "/users/anna"),
        ("PUT", "/system-prompt"),
        ("GET", "/users/anna/memories/m"),
        ("TRACE", "/users"),
    ],
)
async def test_what_is_no_route_is_a_404_in_json_and_no_redirect(api: Api, method: str, path: str) -> None:
    await api.user()
    reply = await api.ask(method, path)
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
async def test_json_is_read_whatever_it_says_it_is(api: Api, kind: str) -> None:
    body = '{"custom_user_id": "Zoë", "metadata": {"ü": "\U0001f600"}}'.encode()
    made = await api.ask("POST", "/users", body, headers={**SDK_HEADERS, "Content-Type": kind})
    assert (made.status, made.json["user"]["custom_user_id"]) == (201, "Zoë")


async def test_a_body_may_be_compressed(api: Api) -> None:
    body = gzip.compress(json.dumps({"custom_user_id": "anna"}).encode())
    headers = {**SDK_HEADERS, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (await api.ask("POST", "/users", body, headers=headers)).status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"nonsense", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"anna"', 422),
        (b"{}", 422),
        (b"", 422),
        (b'{"custom_user_id": null}', 422),
        (b'{"custom_user_id": 7}', 422),
        (b'{"custom_user_id": ["anna"]}', 422),
        (b'{"custom_user_id": "a\\u0000b"}', 422),
        (b'{"custom_user_id": "a\\ud800"}', 422),
        (b'{"custom_user_id": "anna", "metadata": []}', 422),
        (b'{"custom_user_id": "anna", "metadata": "x"}', 422),
        (b'{"custom_user_id": "anna", "metadata": {"x": "\\u0000"}}', 422),
        (b'{"custom_user_id": "anna", "metadata": {"x": 1e999}}', 422),
        (b'{"custom_user_id": "anna", "metadata": {"x": NaN}}', 422),
        (b'{"custom_user_id": "anna", "metadata": {"x": ' + b"[" * 300 + b"]" * 300 + b"}}", 422),
        (b'{"custom_user_id": "anna", "metadata": ' + b'{"x":' * 50_000 + b"1" + b"}" * 50_000 + b"}", 422),
        (b'{"custom_user_id": "anna", "merge_conflict_enabled": "yes"}', 422),
        (b'{"custom_user_id": "anna", "merge_conflict_enabled": 1}', 422),
        (b'{"custom_user_id": "anna", "metadata": {"x": "' + b"x" * 3_000_000 + b'"}}', 413),
        (b'{"custom_user_id": "anna", "surprise": 1, "metadata": {"x": 123456789012345678901234567890}}', 201),
    ],
)
async def test_bad_bodies_are_refused_in_words(api: Api, body: bytes, status: int) -> None:
    reply = await api.ask("POST", "/users", body, headers={**SDK_HEADERS, "Content-Type": "application/json"})
    assert reply.status == status
    if status != 201:
        assert list(reply.json) == ["detail"]
        assert isinstance(reply.detail, str)
        assert len(reply.text) < 500
        assert (await api.get("/users"))["total"] == 0


async def test_what_fails_inside_stays_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 in SELECT")

    monkeypatch.setattr(api.services.users, "list", fail)
    reply = await api.ask("GET", "/users")
    assert (reply.status, reply.json) == (500, {"detail": "Internal server error"})


async def test_browsers_are_answered_before_they_ask(api: Api) -> None:
    asking = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    reply = await api.ask("OPTIONS", "/users/anna", headers=asking)
    assert reply.status == 204
    assert "X-Recallr-Api-Key" in reply.headers["Access-Control-Allow-Headers"]
    assert "PUT" in reply.headers["Access-Control-Allow-Methods"]
    assert (await api.ask("GET", "/users", headers=asking)).headers["Access-Control-Allow-Origin"] == asking["Origin"]


async def test_what_is_kept_is_looked_up_with_why_it_was_found(api: Api) -> None:
    user = await api.user()
    session = await api.remember(user, "My cat is called Tom.")
    found = (await api.get(f"{user}/search?query=cat&limit=5"))["items"]
    assert {each["kind"] for each in found} == {"memory", "message", "summary"}
    assert {each["session_id"] for each in found} == {session.rpartition("/")[2]}
    assert all("Tom" in each["content"] and each["why"] and 0 < each["similarity"] <= 1 for each in found)
    assert [each["role"] for each in found if each["kind"] == "message"] == ["user"]
    assert len((await api.get(f"{user}/search?query=cat&limit=1"))["items"]) == 1
    assert (await api.ask("GET", "/users/nobody/search?query=cat")).detail == "User nobody not found"
    for query in ("", "query=", "query=cat&limit=0", "query=cat&limit=101", "query=cat&timezone=x"):
        assert (await api.ask("GET", f"{user}/search?{query}")).status == 422
