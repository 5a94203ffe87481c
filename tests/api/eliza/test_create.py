"""POST /sessions: order of checks, coercions, clamps, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .stage import ECHO, ECHO_TWO, SESSIONS, UNKNOWN, USER

if TYPE_CHECKING:
    from .stage import Api

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def test_a_session_has_every_member_in_the_order_of_elizaos(api: Api) -> None:
    created = await api.create(metadata={"platform": "web"})
    assert created.status == 201
    body = created.json
    assert list(body) == [
        *("sessionId", "channelId", "agentId", "userId", "createdAt", "metadata", "expiresAt", "timeoutConfig", "id")
    ]
    assert body["createdAt"] == "2026-01-01T12:00:00.000Z"
    assert body["expiresAt"] == "2026-01-01T12:30:00.000Z"
    assert body["metadata"] == {"platform": "web"}
    assert body["id"] == body["sessionId"]
    assert list(body["timeoutConfig"].items()) == [
        ("timeoutMinutes", 30),
        ("autoRenew", True),
        ("maxDurationMinutes", 720),
        ("warningThresholdMinutes", 5),
    ]
    assert created.headers["Content-Type"] == "application/json; charset=utf-8"


MISSING = "Missing required fields: agentId, userId"


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"userId": USER}, 400, "VALIDATION_ERROR", MISSING),
        ({"agentId": ECHO, "userId": 5}, 400, "VALIDATION_ERROR", MISSING),
        ({"agentId": [ECHO], "userId": USER}, 400, "VALIDATION_ERROR", MISSING),
        ([], 400, "VALIDATION_ERROR", MISSING),
        ({}, 400, "VALIDATION_ERROR", MISSING),
        ({"agentId": "x", "userId": "y"}, 400, "VALIDATION_ERROR", "Invalid UUID format for field 'agentId'"),
        ({"agentId": UNKNOWN, "userId": "y"}, 400, "VALIDATION_ERROR", "Invalid UUID format for field 'userId'"),
        ({"agentId": ECHO, "userId": USER + "\n"}, 400, "VALIDATION_ERROR", "Invalid UUID format for field 'userId'"),
        ({"agentId": UNKNOWN, "userId": USER, "metadata": 5}, 404, "AGENT_NOT_FOUND", f"Agent with ID '{UNKNOWN}'"),
        ({"agentId": ECHO.upper(), "userId": USER}, 404, "AGENT_NOT_FOUND", f"Agent with ID '{ECHO.upper()}'"),
        ({"agentId": ECHO, "userId": USER, "metadata": 5}, 400, "VALIDATION_ERROR", "Invalid metadata: Metadata must"),
        ({"agentId": ECHO, "userId": USER, "metadata": []}, 400, "VALIDATION_ERROR", "Invalid metadata: Metadata must"),
    ],
)
async def test_checks_come_in_order(api: Api, body: Any, status: int, code: str, message: str) -> None:
    refused = await api.ask("POST", SESSIONS, body)
    assert (refused.status, refused.code) == (status, code)
    assert refused.message.startswith(message)
    assert list(refused.json["error"])[:3] == ["code", "message", "timestamp"]
    assert "stack" not in refused.json["error"]


async def test_a_stopped_agent_is_not_found(api: Api) -> None:
    await api.services.agents.stop(ECHO)
    assert (await api.create()).code == "AGENT_NOT_FOUND"


async def test_details_say_what_was_given(api: Api) -> None:
    refused = await api.ask("POST", SESSIONS, {"agentId": "x" * 5000, "userId": USER})
    details = refused.json["error"]["details"]
    assert details["expectedFormat"] == "UUID v4"
    assert details["providedValue"].startswith("xxx")
    assert len(refused.text) < 1000


async def test_ids_keep_the_case_they_were_given_in(api: Api) -> None:
    upper = "ABCDEFAB-CDEF-4ABC-8DEF-ABCDEFABCDEF"
    created = await api.ask("POST", SESSIONS, {"agentId": ECHO, "userId": upper})
    assert created.json["userId"] == upper


def each(values: tuple[Any, ...], expected: int) -> list[tuple[Any, int]]:
    return [(value, expected) for value in values]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *each((1, 4.999, 0, -5, None, "", "  ", True, False, []), 5),
        *each((1440, 1441, 99999, 1e9, 12345678901234567890), 1440),
        *each(("abc", "NaN", "Infinity", "-Infinity", "12.34.56", "1,000", "1_5", "15min", {}), 30),
        *each(([20, 30], [True], ["x"], [{}]), 30),
        *each(("15", " 15 ", "+15", "0b1111", "0o17", "0xF", "1.5e1", [15], ["15"], [[15]], 15.0), 15),
        *(("\ufeff15", 15), ("7.25", 7.25), (7.5, 7.5), (5.0001, 5.0001), ("-0x10", 30), ("0x", 30), (".5e2", 50)),
    ],
)
async def test_a_timeout_is_coerced_and_clamped(api: Api, given: Any, expected: float) -> None:
    created = await api.create(timeoutConfig={"timeoutMinutes": given})
    assert created.json["timeoutConfig"]["timeoutMinutes"] == expected
    assert ".0," not in created.text


async def test_a_number_too_large_for_a_double_is_no_number(api: Api) -> None:
    body = b'{"agentId":"%b","userId":"%b","timeoutConfig":{"timeoutMinutes":1e400}}' % (ECHO.encode(), USER.encode())
    created = await api.ask("POST", SESSIONS, body, headers={"Content-Type": "application/json"})
    assert created.json["timeoutConfig"]["timeoutMinutes"] == 30


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"maxDurationMinutes": 1}, {"maxDurationMinutes": 30}),
        ({"maxDurationMinutes": None}, {"maxDurationMinutes": 30}),
        ({"maxDurationMinutes": "abc"}, {"maxDurationMinutes": 720}),
        ({"maxDurationMinutes": 999999}, {"maxDurationMinutes": 2880}),
        ({"timeoutMinutes": 60, "maxDurationMinutes": 30}, {"timeoutMinutes": 60, "maxDurationMinutes": 60}),
        ({"timeoutMinutes": 1440}, {"timeoutMinutes": 1440, "maxDurationMinutes": 720}),
        ({"warningThresholdMinutes": -3}, {"warningThresholdMinutes": 1}),
        ({"warningThresholdMinutes": 9999}, {"warningThresholdMinutes": 9999}),
        ({"warningThresholdMinutes": 1e9}, {"warningThresholdMinutes": 1000000000}),
        ({"warningThresholdMinutes": "7"}, {"warningThresholdMinutes": 7}),
        ({"autoRenew": False}, {"autoRenew": False}),
        ({"autoRenew": "no"}, {"autoRenew": True}),
        ({"autoRenew": 0}, {"autoRenew": False}),
        ({"autoRenew": ""}, {"autoRenew": False}),
        ({"autoRenew": None}, {"autoRenew": False}),
        ({"autoRenew": []}, {"autoRenew": True}),
        ({"foo": 1}, {}),
        (None, {}),
        ("30", {}),
        ([10], {}),
        (5, {}),
    ],
)
async def test_the_other_timeouts(api: Api, asked: Any, expected: dict[str, Any]) -> None:
    defaults = {"timeoutMinutes": 30, "autoRenew": True, "maxDurationMinutes": 720, "warningThresholdMinutes": 5}
    created = await api.create(timeoutConfig=asked)
    assert created.json["timeoutConfig"] == defaults | expected


async def test_session_wins_over_agent_and_agent_over_server(api: Api) -> None:
    agents = {"timeoutMinutes": 60, "autoRenew": False, "maxDurationMinutes": 120, "warningThresholdMinutes": 10}
    assert (await api.create(ECHO_TWO)).json["timeoutConfig"] == agents
    partly = await api.create(ECHO_TWO, timeoutConfig={"timeoutMinutes": 15, "maxDurationMinutes": "abc"})
    assert partly.json["timeoutConfig"] == agents | {"timeoutMinutes": 15}


async def test_a_session_that_may_last_longer_than_its_maximum_ends_at_the_maximum(api: Api) -> None:
    created = await api.create(timeoutConfig={"timeoutMinutes": 1440})
    assert created.json["expiresAt"] == "2026-01-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("metadata", "fits"),
    [
        ({"k": "x" * 10_232}, True),
        ({"k": "x" * 10_233}, False),
        ({"k": "é" * 10_232}, True),
        ({"k": "😀" * 5_116}, True),
        ({"k": "😀" * 5_117}, False),
        ({"k": "\n" * 5_116}, True),
        ({"k": "\n" * 5_117}, False),
        ({"k": [1e20] * 465}, True),
        ({"k": [1e20] * 466}, False),
        ({"k": [1e-7] * 2_046}, True),
        ({"k": [1e-7] * 2_047}, False),
    ],
)
async def test_metadata_holds_as_many_characters_as_javascript_would_write(
    api: Api, metadata: dict[str, Any], fits: bool
) -> None:
    created = await api.create(metadata=metadata)
    assert created.status == (201 if fits else 400)
    if fits:
        assert created.json["metadata"] == metadata
    else:
        assert created.message == "Invalid metadata: Metadata exceeds maximum size of 10240 bytes"
        assert len(created.text) < 500


@pytest.mark.parametrize("nothing", [None, "", 0, False])
async def test_metadata_that_is_nothing_to_javascript_is_empty(api: Api, nothing: Any) -> None:
    assert (await api.create(metadata=nothing)).json["metadata"] == {}


async def test_numbers_in_metadata_print_like_javascript_prints_them(api: Api) -> None:
    raw = b'{"agentId":"%b","userId":"%b","metadata":{"a":1.0,"b":1.5,"c":-0.0,"d":1234567890123456789,"e":1e3}}'
    body = raw % (ECHO.encode(), USER.encode())
    created = await api.ask("POST", SESSIONS, body, headers={"Content-Type": "application/json"})
    assert '"metadata":{"a":1,"b":1.5,"c":0,"d":1234567890123456800,"e":1000}' in created.text


async def test_metadata_may_be_deep_but_not_bottomless(api: Api) -> None:
    def nested(depth: int) -> Any:
        return {"d": nested(depth - 1)} if depth else {}

    assert (await api.create(metadata=nested(100))).status == 201
    assert (await api.create(metadata=nested(300))).code == "VALIDATION_ERROR"


async def test_the_same_key_gives_the_same_session(api: Api) -> None:
    first = await api.ask("POST", SESSIONS, {"agentId": ECHO, "userId": USER}, headers={"Idempotency-Key": "k"})
    again = await api.ask("POST", SESSIONS, {"agentId": ECHO, "userId": USER}, headers={"Idempotency-Key": "k"})
    other = await api.ask("POST", SESSIONS, {"agentId": ECHO, "userId": ECHO}, headers={"Idempotency-Key": "k"})
    assert first.text == again.text
    assert other.json["sessionId"] != first.json["sessionId"]
    assert (await api.create()).json["sessionId"] != (await api.create()).json["sessionId"]
