"""What each call does to a session's clock, the timeout changes, expiry and deletion."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from .stage import ECHO_TWO, SESSIONS, UNKNOWN

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock

    from .stage import Api

MINUTE = timedelta(minutes=1)


async def test_a_session_tells_how_it_stands(api: Api, clock: FakeClock) -> None:
    session = await api.session(metadata={"a": [1, None]})
    await clock.advance(10 * MINUTE)
    info = (await api.ask("GET", session)).json
    assert list(info) == [
        *("sessionId", "channelId", "agentId", "userId", "createdAt", "lastActivity", "metadata", "expiresAt"),
        *("timeoutConfig", "renewalCount", "timeRemaining", "isNearExpiration"),
    ]
    assert info["metadata"] == {"a": [1, None]}
    assert info["timeRemaining"] == 20 * 60_000
    assert info["isNearExpiration"] is False
    await clock.advance(15 * MINUTE)
    assert (await api.ask("GET", session)).json["isNearExpiration"] is True


@pytest.mark.parametrize(
    ("auto_renew", "call", "activity", "renewals", "expires"),
    [
        (True, ("GET", ""), "12:00", 0, "12:30"),
        (True, ("GET", "/messages"), "12:00", 0, "12:30"),
        (True, ("POST", "/messages"), "12:10", 1, "12:40"),
        (False, ("POST", "/messages"), "12:10", 0, "12:30"),
        (True, ("POST", "/heartbeat"), "12:10", 1, "12:40"),
        (False, ("POST", "/heartbeat"), "12:10", 0, "12:30"),
        (True, ("POST", "/renew"), "12:10", 1, "12:40"),
        (False, ("POST", "/renew"), "12:10", 1, "12:40"),
        (True, ("PATCH", "/timeout"), "12:00", 0, "12:20"),
        (False, ("PATCH", "/timeout"), "12:00", 0, "12:20"),
    ],
)
async def test_effects_of_each_call(
    api: Api, clock: FakeClock, auto_renew: bool, call: tuple[str, str], activity: str, renewals: int, expires: str
) -> None:
    session = await api.session(timeoutConfig={"autoRenew": auto_renew})
    await clock.advance(10 * MINUTE)
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/messages"): {"content": "hello", "transport": "http"},
        ("PATCH", "/timeout"): {"timeoutMinutes": 20},
    }
    assert (await api.ask(call[0], session + call[1], bodies.get(call, ...))).status in {200, 201}
    info = (await api.ask("GET", session)).json
    assert info["lastActivity"] == f"2026-01-01T{activity}:00.000Z"
    assert info["renewalCount"] == renewals
    assert info["expiresAt"] == f"2026-01-01T{expires}:00.000Z"
    assert info["timeoutConfig"]["autoRenew"] is auto_renew


async def test_at_the_cap_renewals_count_and_the_end_stays(api: Api, clock: FakeClock) -> None:
    session = await api.session(timeoutConfig={"timeoutMinutes": 40, "maxDurationMinutes": 60})
    await clock.advance(30 * MINUTE)
    for renewal in (1, 2):
        info = (await api.ask("POST", session + "/renew")).json
        assert (info["renewalCount"], info["expiresAt"]) == (renewal, "2026-01-01T13:00:00.000Z")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"timeoutMinutes": 20}, {"timeoutMinutes": 20}),
        ({"timeoutMinutes": "20"}, {"timeoutMinutes": 20}),
        ({"timeoutMinutes": "abc"}, {"timeoutMinutes": 60}),
        ({"autoRenew": True}, {"autoRenew": True}),
        ({"maxDurationMinutes": 1}, {"maxDurationMinutes": 50}),
        ({"maxDurationMinutes": "x"}, {"maxDurationMinutes": 120}),
        ({"warningThresholdMinutes": 0}, {"warningThresholdMinutes": 1}),
        ({}, {}),
        ([], {}),
        (..., {}),
    ],
)
async def test_what_a_change_does_not_name_stays(api: Api, asked: Any, expected: dict[str, Any]) -> None:
    given = {"timeoutMinutes": 50, "autoRenew": False, "maxDurationMinutes": 300, "warningThresholdMinutes": 7}
    session = await api.session(ECHO_TWO, timeoutConfig=given)
    changed = await api.ask("PATCH", session + "/timeout", asked)
    assert changed.status == 200, changed.text
    assert changed.json["timeoutConfig"] == given | expected


NO_NUMBERS: tuple[Any, ...] = (None, True, [], {})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        *(({"timeoutMinutes": bad}, "Invalid timeout configuration format") for bad in NO_NUMBERS),
        ({"maxDurationMinutes": None}, "Invalid timeout configuration format"),
        ({"warningThresholdMinutes": [5]}, "Invalid timeout configuration format"),
        ({"autoRenew": "true"}, "Invalid timeout configuration format"),
        ({"autoRenew": None}, "Invalid timeout configuration format"),
        ({"timeoutMinutes": 4, "autoRenew": 1}, "Invalid timeout configuration format"),
        *(
            ({"timeoutMinutes": bad}, "Timeout must be between 5 and 1440 minutes")
            for bad in (4, 1441, "4", "", "1e400")
        ),
        ({"timeoutMinutes": "Infinity"}, "Timeout must be between 5 and 1440 minutes"),
    ],
)
async def test_changes_that_are_refused(api: Api, asked: dict[str, Any], reason: str) -> None:
    session = await api.session()
    refused = await api.ask("PATCH", session + "/timeout", asked)
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert refused.message == f"Invalid timeout configuration: {reason}"
    assert refused.json["error"]["details"]["reason"] == reason
    unknown = await api.ask("PATCH", f"{SESSIONS}/{UNKNOWN}/timeout", asked)
    assert unknown.code == "SESSION_NOT_FOUND"


async def test_a_long_wrong_configuration_is_not_repeated(api: Api) -> None:
    session = await api.session()
    short = await api.ask("PATCH", session + "/timeout", {"autoRenew": "x"})
    assert short.json["error"]["details"]["providedConfig"] == {"autoRenew": "x"}
    long = await api.ask("PATCH", session + "/timeout", {"autoRenew": "x" * 100_000})
    assert "providedConfig" not in long.json["error"]["details"]


async def test_a_change_may_end_the_session(api: Api, clock: FakeClock) -> None:
    session = await api.session(timeoutConfig={"autoRenew": False, "timeoutMinutes": 60})
    await clock.advance(30 * MINUTE)
    changed = await api.ask("PATCH", session + "/timeout", {"timeoutMinutes": 10})
    assert (changed.status, changed.json["timeRemaining"]) == (200, 0)
    assert (await api.ask("GET", session)).status == 410


CALLS = [
    ("GET", "", ...),
    ("GET", "/messages", ...),
    ("POST", "/messages", {"content": "hi"}),
    ("POST", "/messages", {"content": ""}),
    ("POST", "/renew", ...),
    ("POST", "/heartbeat", ...),
    ("PATCH", "/timeout", {"timeoutMinutes": 10}),
    ("PATCH", "/timeout", {"timeoutMinutes": None}),
]


async def test_an_expired_session_is_gone_for_a_day_then_unknown(api: Api, clock: FakeClock) -> None:
    session = await api.session()
    await clock.advance(30 * MINUTE)
    for method, path, body in CALLS * 2:
        gone = await api.ask(method, session + path, body)
        assert (gone.status, gone.code) == (410, "SESSION_EXPIRED"), (method, path)
        assert gone.message == f"Session '{session.split('/')[-1]}' expired at 2026-01-01T12:30:00.000Z"
    await clock.advance(timedelta(hours=24))
    for method, path, body in CALLS:
        assert (await api.ask(method, session + path, body)).code == "SESSION_NOT_FOUND"


async def test_a_deleted_session_is_unknown_at_once(api: Api) -> None:
    session = await api.session()
    deleted = await api.ask("DELETE", session)
    message = f"Session {session.split('/')[-1]} deleted successfully"
    assert deleted.json == {"success": True, "message": message, "data": {"success": True, "message": message}}
    assert (await api.ask("DELETE", session)).code == "SESSION_NOT_FOUND"
    for method, path, body in CALLS:
        assert (await api.ask(method, session + path, body)).status == 404


async def test_an_expired_session_can_be_deleted(api: Api, clock: FakeClock) -> None:
    session = await api.session()
    await clock.advance(31 * MINUTE)
    assert (await api.ask("DELETE", session)).status == 200
    assert (await api.ask("GET", session)).status == 404


async def test_health_counts_the_living_and_those_near_their_end(api: Api, clock: FakeClock) -> None:
    await api.session()
    await api.session(timeoutConfig={"timeoutMinutes": 60})
    await clock.advance(26 * MINUTE)
    health = (await api.ask("GET", SESSIONS + "/health")).json
    assert list(health) == ["status", "activeSessions", "timestamp", "expiringSoon", "uptime"]
    assert (health["status"], health["activeSessions"], health["expiringSoon"]) == ("healthy", 2, 1)
    assert (health["timestamp"], health["uptime"]) == ("2026-01-01T12:26:00.000Z", 26 * 60)
    await clock.advance(5 * MINUTE)
    assert (await api.ask("GET", SESSIONS + "/health")).json["activeSessions"] == 1
