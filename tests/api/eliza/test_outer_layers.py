"""What every route shares: bodies, content types, addresses, keys, rate limits, headers."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from yarl import URL

from .stage import ECHO, SESSIONS, UNKNOWN, USER, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock
    from agent_sessions.testing.agents import ScriptedAgent

    from .stage import Api, Reply

JSON = {"Content-Type": "application/json"}
GOOD = json.dumps({"agentId": ECHO, "userId": USER}).encode()
NOTHING_HERE = {"success": False, "error": {"message": "API endpoint not found", "code": 404}}


def assert_unreadable(reply: Reply, status: int = 400, code: str = "VALIDATION_ERROR") -> None:
    assert reply.status == status, reply.text
    assert reply.json["success"] is False
    assert reply.code == code
    assert isinstance(reply.message, str)
    assert len(reply.text) < 500


@pytest.mark.parametrize(
    "body",
    [
        *(
            b'{"agentId":',
            b"hello",
            b"  ",
            b"{'a':1}",
            b'{"a":1,}',
            b"null",
            b"5",
            b'"abc"',
            b"true",
            b"[1",
            b'{"a":NaN}',
        ),
        *(b'{"a":Infinity}', b"[" * 100_000, b"1" * 5000, b'{"a":' + b"9" * 5000 + b"x}", b"\xff\xfe", b"\x00"),
        *(b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":["x\\ud800"]}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\x00"}'),
        *(b'{"a":"\n"}',),
    ],
)
async def test_bodies_that_cannot_be_read(api: Api, body: bytes) -> None:
    assert_unreadable(await api.ask("POST", SESSIONS, body, headers=JSON))
    assert_unreadable(await api.ask("GET", f"{SESSIONS}/{UNKNOWN}", body, headers=JSON))


@pytest.mark.parametrize(
    "body",
    [b"\xef\xbb\xbf" + GOOD, b" \n" + GOOD + b" ", GOOD[:-1] + b',"metadata":{"a":"\\\\u0000"}}'],
)
async def test_bodies_that_look_odd_and_are_fine(api: Api, body: bytes) -> None:
    assert (await api.ask("POST", SESSIONS, body, headers=JSON)).status == 201


async def test_invalid_utf8_is_replaced_as_node_does(api: Api) -> None:
    body = GOOD[:-1] + b',"metadata":{"a":"\xff"}}'
    assert (await api.ask("POST", SESSIONS, body, headers=JSON)).json["metadata"] == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("application/json; charset=utf-8", 201, None),
        ("application/json;charset=UTF8", 201, None),
        ('application/json; charset="utf-8"', 201, None),
        ("application/json; charset=iso-8859-1", 400, "VALIDATION_ERROR"),
        ("application/json; charset=bogus", 400, "VALIDATION_ERROR"),
        ("application/json; charset=utf-7", 400, "VALIDATION_ERROR"),
        ("text/plain", 400, "INVALID_CONTENT_TYPE"),
        ("Application/JSON", 400, "INVALID_CONTENT_TYPE"),
        ("application/vnd.api+json", 400, "INVALID_CONTENT_TYPE"),
        ("text/plain; x=application/json", 400, "VALIDATION_ERROR"),
        ("application/jsonp", 400, "VALIDATION_ERROR"),
        ("application/x-www-form-urlencoded", 400, "VALIDATION_ERROR"),
        ("multipart/form-data; boundary=b", 400, "VALIDATION_ERROR"),
    ],
)
async def test_content_types(api: Api, content_type: str, status: int, code: str | None) -> None:
    answer = await api.ask("POST", SESSIONS, GOOD, headers={"Content-Type": content_type})
    assert answer.status == status
    assert code is None or answer.code == code


async def test_other_encodings_of_unicode(api: Api) -> None:
    headers = {"Content-Type": "application/json; charset=utf-16"}
    assert (await api.ask("POST", SESSIONS, GOOD.decode().encode("utf-16"), headers=headers)).status == 201


async def test_a_type_is_not_asked_of_other_methods(api: Api) -> None:
    session = await api.session()
    assert (await api.ask("DELETE", session, b"x", headers={"Content-Type": "text/plain"})).status == 200


@pytest.mark.parametrize("path", ["/renew", "/heartbeat"])
async def test_bodies_nobody_reads_must_still_be_json(api: Api, path: str) -> None:
    session = await api.session()
    assert (await api.ask("POST", session + path, {"x": 1})).status == 200
    assert (await api.ask("POST", session + path)).status == 200
    assert_unreadable(await api.ask("POST", session + path, b"{", headers=JSON))
    refused = await api.ask("POST", session + path, b"x", headers={"Content-Type": "text/plain"})
    assert_unreadable(refused, code="INVALID_CONTENT_TYPE")


async def test_a_body_beyond_the_limit(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, body_limit=10_000) as api:
        fits = GOOD[:-1] + b',"x":"' + b"y" * (10_000 - len(GOOD) - 8) + b'"}'
        assert (await api.ask("POST", SESSIONS, fits, headers=JSON)).status == 201
        huge = GOOD[:-1] + b',"x":"' + b"y" * 3_000_000 + b'"}'
        assert_unreadable(await api.ask("POST", SESSIONS, headers=JSON, data=BytesIO(huge)), 413, "PAYLOAD_TOO_LARGE")
        packed = gzip.compress(huge)
        assert len(packed) < 10_000
        headers = JSON | {"Content-Encoding": "gzip"}
        assert_unreadable(await api.ask("POST", SESSIONS, packed, headers=headers), 413, "PAYLOAD_TOO_LARGE")

        async def pieces() -> Any:
            for _ in range(50):
                yield b"y" * 1000

        async with api.http.post(api.base + SESSIONS, data=pieces(), headers=JSON) as response:
            assert response.status == 413


async def test_a_client_that_leaves_within_its_body_is_no_fault_of_ours(
    api: Api, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.base.rsplit(":", 1)[1]))
    writer.write(f"POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n".encode())
    writer.write(b"Content-Type: application/json\r\n\r\n{")
    await writer.drain()
    assert (await api.ask("GET", SESSIONS)).status == 200
    writer.transport.abort()
    assert (await api.ask("GET", SESSIONS)).status == 200
    assert "request_failed" not in capsys.readouterr().out + caplog.text
    assert reader.at_eof()


async def test_compressed_bodies(api: Api) -> None:
    for name, packed in (("gzip", gzip.compress(GOOD)), ("deflate", zlib.compress(GOOD))):
        headers = JSON | {"Content-Encoding": name}
        assert (await api.ask("POST", SESSIONS, packed, headers=headers)).status == 201
    assert_unreadable(await api.ask("POST", SESSIONS, GOOD, headers=JSON | {"Content-Encoding": "bogus"}))
    assert_unreadable(await api.ask("POST", SESSIONS, GOOD, headers=JSON | {"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("not-a-uuid", "not-a-uuid"),
        ("undefined", "undefined"),
        ("__proto__", "__proto__"),
        ("a%20b%22%3Cx%3E%E2%82%AC", 'a b"<x>€'),
        ("a%2Fb", "a/b"),
        ("a%25zz", "a%zz"),
        ("%7Bx%7D", "{x}"),
        ("..%2f..", "../.."),
    ],
)
async def test_ids_of_any_shape_are_just_not_found(api: Api, path: str, shown: str) -> None:
    url = URL(f"{api.base}{SESSIONS}/{path}", encoded=True)
    async with api.http.get(url) as response:
        body = await response.json()
    assert body["error"]["message"] == f"Session with ID '{shown}' not found"


@pytest.mark.parametrize("path", ["%zz", "a%", "%ff", "%E2%82", "%c0%af", "%zz/messages", "%zz/"])
async def test_escapes_that_cannot_be_decoded(api: Api, path: str) -> None:
    async with api.http.get(URL(f"{api.base}{SESSIONS}/{path}", encoded=True)) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "VALIDATION_ERROR"


async def test_a_long_id_is_not_repeated(api: Api) -> None:
    assert len((await api.ask("GET", f"{SESSIONS}/{'x' * 5000}")).text) < 500


async def test_paths_in_any_case_and_with_a_slash(api: Api) -> None:
    session = await api.session()
    session_id = session.split("/")[-1]
    for path in (f"/API/Messaging/SESSIONS/{session_id}", session + "/", f"/api/messaging/Sessions/{session_id}/"):
        assert (await api.ask("GET", path)).status == 200
    assert (await api.ask("GET", f"{SESSIONS}/Health/")).json["status"] == "healthy"
    assert (await api.ask("POST", SESSIONS + "/", GOOD, headers=JSON)).status == 201
    assert (await api.ask("POST", session.upper() + "/RENEW")).status == 404
    assert (await api.ask("POST", f"/API/MESSAGING/SESSIONS/{session_id}/RENEW/")).status == 200
    assert (await api.ask("GET", session.upper())).message == f"Session with ID '{session_id.upper()}' not found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("GET", "/api"),
        ("GET", f"/api/messaging//sessions/{UNKNOWN}"),
        ("DELETE", SESSIONS),
        ("PUT", SESSIONS),
        ("POST", f"{SESSIONS}/health"),
        ("GET", f"{SESSIONS}/{UNKNOWN}/renew"),
        ("GET", f"{SESSIONS}/{UNKNOWN}/heartbeat"),
        ("POST", f"{SESSIONS}/{UNKNOWN}/timeout"),
        ("POST", f"{SESSIONS}/{UNKNOWN}"),
        ("GET", f"{SESSIONS}/{UNKNOWN}/messages/5"),
    ],
)
async def test_where_there_is_nothing(api: Api, method: str, path: str) -> None:
    missing = await api.ask(method, path)
    assert (missing.status, missing.json) == (404, NOTHING_HERE)


async def test_head_is_get_without_the_body(api: Api) -> None:
    session = await api.session()
    for path in (SESSIONS, session, session + "/", f"{SESSIONS}/health", f"{session}/messages"):
        head = await api.ask("HEAD", path)
        assert (head.status, head.text) == (200, "")
        assert int(head.headers["Content-Length"]) > 0
    assert (await api.ask("HEAD", f"{SESSIONS}/{UNKNOWN}")).status == 404


async def test_only_what_is_ours_is_answered(api: Api) -> None:
    assert "json" not in (await api.ask("GET", "/elsewhere")).headers["Content-Type"]
    assert "json" not in (await api.ask("GET", "/apiary")).headers["Content-Type"]


async def test_below_a_prefix(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, prefix="/bots") as api:
        created = await api.ask("POST", f"/bots{SESSIONS}", GOOD, headers=JSON)
        assert created.status == 201
        path = f"/bots/API/messaging/sessions/{created.json['sessionId']}/"
        assert (await api.ask("GET", path)).status == 200
        assert (await api.ask("GET", "/bots/api/nothing")).json == NOTHING_HERE
        assert "json" not in (await api.ask("GET", SESSIONS)).headers["Content-Type"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-API-KEY": "wrong"}, 401),
        ({"X-API-KEY": ""}, 401),
        ({"Authorization": "Basic s3cret"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"X-API-KEY": "wrong", "Authorization": "Bearer s3cret"}, 401),
        ({"X-API-KEY": "s3cret"}, 200),
        ({"x-api-key": "s3cret"}, 200),
        ({"Authorization": "Bearer s3cret"}, 200),
        ({"Authorization": "bearer s3cret"}, 200),
    ],
)
async def test_keys(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent, headers: dict[str, str], status: int
) -> None:
    async with serving(tmp_path, clock, actor, token="s3cret") as api:
        answer = await api.ask("GET", SESSIONS, headers=headers)
        assert answer.status == status
        if status == 401:
            assert answer.json == {"error": "API key required", "message": "Missing or invalid X-API-KEY header"}
            assert (await api.ask("GET", "/api/nothing", headers=headers)).status == 401
            assert (await api.ask("POST", SESSIONS, b"{", headers=headers | JSON)).status == 401
        assert (await api.ask("OPTIONS", SESSIONS)).status == 204


async def test_the_rate_is_limited_and_told(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    window = timedelta(minutes=15)
    async with serving(tmp_path, clock, actor, rate_limit=2, rate_window=window) as api:
        first = await api.ask("GET", SESSIONS)
        told = {name: first.headers[name] for name in first.headers if name.startswith("RateLimit")}
        assert told == {
            "RateLimit-Policy": "2;w=900",
            "RateLimit-Limit": "2",
            "RateLimit-Remaining": "1",
            "RateLimit-Reset": "900",
        }
        await clock.advance(timedelta(seconds=100, milliseconds=500))
        assert (await api.ask("GET", "/api/nothing")).headers["RateLimit-Remaining"] == "0"
        refused = await api.ask("GET", SESSIONS)
        assert refused.status == 429
        message = "Too many requests. Please try again later."
        assert refused.json == {"success": False, "error": {"code": "RATE_LIMIT_EXCEEDED", "message": message}}
        assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "800"
        await clock.advance(timedelta(seconds=800))
        assert (await api.ask("GET", SESSIONS)).status == 200


async def test_a_key_has_a_share_of_its_own(tmp_path: Path, clock: FakeClock, actor: ScriptedAgent) -> None:
    async with serving(tmp_path, clock, actor, rate_limit=1, token="s3cret") as api:
        assert [(await api.ask("GET", SESSIONS)).status for _ in range(2)] == [401, 429]
        key = {"X-API-KEY": "s3cret"}
        assert [(await api.ask("GET", SESSIONS, headers=key)).status for _ in range(2)] == [200, 429]


async def test_every_answer_has_the_security_headers(api: Api) -> None:
    for answer in (await api.ask("GET", SESSIONS), await api.ask("GET", "/api/nothing")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "RateLimit-Limit" not in answer.headers


async def test_browsers_may_read_answers(api: Api) -> None:
    origin = {"Origin": "http://app.example"}
    answer = await api.ask("GET", SESSIONS, headers=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://app.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = await api.ask("OPTIONS", SESSIONS, headers=origin)
    assert (preflight.status, preflight.text) == (204, "")
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET,POST,PUT,DELETE,PATCH,OPTIONS"
    assert "X-API-KEY" in preflight.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(("http://a", "http://b"), "http://b"), (("http://a",), None), (("*",), "*")],
)
async def test_which_browsers_can_be_said(
    tmp_path: Path, clock: FakeClock, actor: ScriptedAgent, allowed: tuple[str, ...], expected: str | None
) -> None:
    async with serving(tmp_path, clock, actor, cors_origins=allowed) as api:
        answer = await api.ask("GET", SESSIONS, headers={"Origin": "http://b"})
        assert answer.headers.get("Access-Control-Allow-Origin") == expected


async def test_a_request_id_comes_back(api: Api) -> None:
    assert (await api.ask("GET", SESSIONS, headers={"X-Request-Id": "r-1"})).headers["X-Request-Id"] == "r-1"
