"""GET /sessions: pages, filters, honest totals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from .stage import ECHO, ECHO_TWO, SESSIONS, UNKNOWN, USER

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock

    from .stage import Api

OTHER = "22222222-2222-4222-8222-222222222222"


async def test_an_empty_list(api: Api) -> None:
    assert (await api.ask("GET", SESSIONS)).json == {
        "sessions": [],
        "total": 0,
        "stats": {"totalSessions": 0, "activeSessions": 0, "expiredSessions": 0},
        "nextCursor": None,
    }


async def test_live_sessions_in_order_of_creation(api: Api, clock: FakeClock) -> None:
    short = await api.session(timeoutConfig={"timeoutMinutes": 5})
    long = await _created(api, clock, 3)
    await clock.advance(timedelta(minutes=5))
    listed = (await api.ask("GET", SESSIONS)).json
    assert [f"{SESSIONS}/{session['sessionId']}" for session in listed["sessions"]] == long
    assert listed["sessions"][0] == (await api.ask("GET", long[0])).json
    assert listed["total"] == 3
    assert listed["stats"] == {"totalSessions": 4, "activeSessions": 3, "expiredSessions": 1}
    assert (await api.ask("GET", short)).status == 410


async def test_pages_meet_every_session_once(api: Api, clock: FakeClock) -> None:
    created = await _created(api, clock, 7)
    met, query = [], "?limit=3"
    while True:
        page = (await api.ask("GET", SESSIONS + query)).json
        met += [f"{SESSIONS}/{session['sessionId']}" for session in page["sessions"]]
        assert page["total"] == 7
        if page["nextCursor"] is None:
            break
        query = f"?limit=3&after={page['nextCursor']}"
    assert met == created
    offset = (await api.ask("GET", SESSIONS + "?offset=5&limit=1")).json["sessions"]
    assert f"{SESSIONS}/{offset[0]['sessionId']}" == created[5]


async def _created(api: Api, clock: FakeClock, count: int) -> list[str]:
    """The paths of so many sessions, each created a millisecond after the one before."""
    paths = []
    for _ in range(count):
        await clock.advance(timedelta(milliseconds=1))
        paths.append(await api.session())
    return paths


async def test_filters(api: Api) -> None:
    await api.session()
    await api.session(ECHO_TWO)
    await api.ask("POST", SESSIONS, {"agentId": ECHO, "userId": OTHER})
    counts = [
        (await api.ask("GET", f"{SESSIONS}?{query}")).json["total"]
        for query in ("", f"agentId={ECHO}", f"userId={USER}", f"agentId={ECHO}&userId={OTHER}", "userId=nobody")
    ]
    assert counts == [3, 2, 2, 1, 0]


@pytest.mark.parametrize("query", ["limit=abc", "limit=0", "limit=-1", "limit=99999999999999999999", "offset=x"])
async def test_numbers_that_are_none_do_no_harm(api: Api, query: str) -> None:
    await api.session()
    assert len((await api.ask("GET", f"{SESSIONS}?{query}")).json["sessions"]) == 1


async def test_a_cursor_that_is_none_is_refused(api: Api) -> None:
    refused = await api.ask("GET", f"{SESSIONS}?after={'x' * 5000}")
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert len(refused.text) < 1000
    beyond = await api.ask("GET", f"{SESSIONS}?offset=99999999999999999999999")
    assert beyond.json["sessions"] == []


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/health", f"{SESSIONS}/{UNKNOWN}"])
async def test_an_agent_in_the_query_of_any_route_must_run(api: Api, path: str) -> None:
    bad = await api.ask("GET", f"{path}?agentId=bad")
    assert bad.status == 400
    assert bad.json == {"success": False, "error": {"message": "Invalid agent ID format", "code": "INVALID_AGENT_ID"}}
    unknown = await api.ask("GET", f"{path}?agentId={UNKNOWN}")
    assert unknown.status == 404
    assert unknown.json == {"success": False, "error": {"message": "Agent not found", "code": "AGENT_NOT_FOUND"}}
