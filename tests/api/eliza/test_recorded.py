"""What the real elizaOS server answered, compared with what we answer: no difference but those we want.

The numbers are those of the list of deviations (docs/deviations.md).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.clock import SystemClock

from .recording import FOLDER, differences, played, recorded
from .stage import ECHO, SESSIONS, TWO_SETTINGS, UNKNOWN, events_of, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing.agents import ScriptedAgent

    from .recording import Difference
    from .stage import Api

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the recorded elizaOS traffic is not beside this checkout")

SENT_BETWEEN = 0
"""Not a deviation: the recording leaves out requests (messages) that came between those it holds."""
BEYOND_THE_CALENDAR = -1
"""Not a deviation but a limit: no threshold exceeds 1,900 years."""

EVERYWHERE: dict[str, int] = {r"\.json\.error\.stack": 2}

Accepted = dict[str, tuple[int, tuple[str, ...]]]


def of(deviation: int, *cases: str, where: tuple[str, ...]) -> Accepted:
    """Cases that differ in the same places for the same reason."""
    return dict.fromkeys(cases, (deviation, where))


AUTO_RENEW = r"\.json\.timeoutConfig\.autoRenew"
RENEWALS = r"\.json\.renewalCount"
UNREADABLE = (r"\.status", r"\.json\.error\.message", r"\.json\.error\.code", r"\.json\.error<key order>")
NO_SESSION = (r"\.status", r"\.json\.\w+", r"\.expiry_rule")
LISTED = (r"\.json\.sessions", r"\.json\.total", r"\.json\.stats")

ACCEPTED: Accepted = {
    **of(12, *(f"create.metadata_{kind}" for kind in ("string", "number", "true", "array")), where=NO_SESSION),
    **of(12, *(f"get.metadata_{kind}" for kind in ("string", "number", "true", "array")), where=NO_SESSION),
    **of(12, "create.metadata_empty_array", where=NO_SESSION),
    **of(12, "delete.body", "delete.text_body", where=NO_SESSION[:2]),
    **of(12, "create.meta_array_big", where=(r"\.json\.error\.message", r"\.json\.error\.details\.\w+")),
    **of(12, "list.some", "list.trailing_slash", "list.end", where=LISTED),
    **of(12, "health.some", where=(r"\.json\.activeSessions",)),
    **of(13, "list.query", where=LISTED),
    **of(2, "create.meta_10241", "create.meta_emoji_10242", where=(r"\.json\.error\.details\.providedMetadata",)),
    **of(2, "get.long_id", where=(r"\.json\.error\.message",)),
    **of(2, "get.bad_percent", where=(*UNREADABLE[:3], r"\.json\.error\.details")),
    **of(2, "create.body_null", "create.body_string", "create.body_number", where=UNREADABLE),
    **of(2, "create.body_malformed", "create.body_trailing_comma", "create.body_not_json", where=UNREADABLE),
    **of(2, "create.body_whitespace", "create.tc_timeout_NaN_literal", where=UNREADABLE),
    **of(2, "create.ctype_charset_latin1", "create.ctype_charset_bogus", "create.encoding_bogus", where=UNREADABLE),
    **of(2, "get.with_body", "renew.malformed_body", where=UNREADABLE),
    **of(6, "create.tc_autorenew_str_false", "create.tc_autorenew_str_true", where=(AUTO_RENEW,)),
    **of(6, *(f"create.tc_autorenew_{kind}" for kind in ("0", "1", "null", "str_empty")), where=(AUTO_RENEW,)),
    **of(6, "create.tc_autorenew_object", "create.tc_autorenew_array", where=(AUTO_RENEW,)),
    **of(6, "renew.autorenew_null", where=(AUTO_RENEW,)),
    **of(6, "create.agent2_bad_values", where=(r"\.json\.timeoutConfig\.\w+Minutes",)),
    **of(BEYOND_THE_CALENDAR, "create.tc_timeout_bignum", where=(r"\.json\.timeoutConfig\.warningThresholdMinutes",)),
    **of(SENT_BETWEEN, "health.near", where=(r"\.json\.activeSessions", r"\.json\.expiringSoon")),
    **of(SENT_BETWEEN, "get.after_send_autorenew_false", where=(r"\.expiry_rule",)),
    **of(SENT_BETWEEN, "get.after_sends", where=(RENEWALS, r"\.expiry_rule")),
    **of(SENT_BETWEEN, "renew.valid", "renew.json_body", "renew.max_eq", where=(RENEWALS,)),
    **of(SENT_BETWEEN, "heartbeat.valid", "heartbeat.body", "heartbeat.near", where=(RENEWALS,)),
}
"""Each accepted difference: the number of its deviation, and where in the answers it shows."""


async def test_every_recorded_case_is_answered_alike(tmp_path: Path, actor: ScriptedAgent) -> None:
    recorded_reading = TWO_SETTINGS | {"SESSION_AUTO_RENEW": "true"}  # the recorded server reads "false" as true
    async with serving(tmp_path, SystemClock(), actor, second_settings=recorded_reading) as api:
        ours = await asyncio.to_thread(played, api.base, missing=UNKNOWN)
    found = differences(ours)
    assert _unexpected(found) == []
    assert _overcome(found) == []


def _unexpected(found: dict[str, list[Difference]]) -> list[str]:
    """Differences that nobody accepted."""
    return [
        f"{case}{path}: recorded {str(theirs)[:100]}, ours {str(ours)[:100]}"
        for case, differing in found.items()
        for path, theirs, ours in differing
        if not any(re.match(pattern, path) for pattern in (*EVERYWHERE, *ACCEPTED.get(case, (0, ()))[1]))
    ]


def _overcome(found: dict[str, list[Difference]]) -> list[str]:
    """Accepted differences that do not occur (any more)."""
    everywhere = [path for differing in found.values() for path, _, _ in differing]
    gone = [pattern for pattern in EVERYWHERE if not any(re.match(pattern, path) for path in everywhere)]
    for case, (_, patterns) in ACCEPTED.items():
        paths = [path for path, _, _ in found.get(case, [])]
        gone += [f"{case} {pattern}" for pattern in patterns if not any(re.match(pattern, path) for path in paths)]
    return gone


def members(value: Any, path: str = "") -> set[str]:
    """Every member within JSON, by its path."""
    if isinstance(value, dict):
        return {inner for name, member in value.items() for inner in members(member, f"{path}.{name}")} | {path}
    if isinstance(value, list):
        return {inner for member in value for inner in members(member, f"{path}[]")} | {path}
    return {path}


OF_THAT_AGENT = {".agentResponse.action", ".agentResponse.name", ".agentResponse.reasoning"}
"""Further members that the recorded agent put into its content; ours puts in others."""


@pytest.mark.parametrize("transport", ["http", "websocket"])
async def test_a_recorded_send_has_no_member_that_ours_lacks(api: Api, transport: str) -> None:
    (case,) = (case for case in recorded("recorded-replies.json")["cases"] if case["id"] == f"stock.{transport}")
    session = await api.session()
    sent = await api.say(session, case["request"]["body_template"]["content"], transport=transport)
    theirs = case["response"]["json"]
    assert sent.status == case["response"]["status"]
    assert members(theirs) - members(sent.json) - OF_THAT_AGENT == set()
    assert sent.json["userMessage"]["content"] == theirs["userMessage"]["content"]
    assert sent.json["sessionStatus"].keys() == theirs["sessionStatus"].keys()


async def test_a_recorded_stream_has_no_event_or_member_that_ours_lacks(api: Api) -> None:
    (case,) = (case for case in recorded("recorded-replies.json")["cases"] if case["id"] == "stock.sse")
    async with api.stream(await api.session()) as response:
        ours = await events_of(response)
    theirs = [(event["event"], event["data"]) for event in case["response"]["stream_events"]]
    assert [name for name, _ in theirs] == [name for name, _ in ours]
    for (_, their_data), (_, our_data) in zip(theirs, ours, strict=True):
        lacking = members(their_data) - members(our_data)
        assert {f".agentResponse{path}" for path in lacking} - OF_THAT_AGENT == set()


async def test_a_recorded_history_has_no_member_that_ours_lacks(api: Api) -> None:
    (case,) = (case for case in recorded("recorded-replies.json")["cases"] if case["id"] == "stock.messages")
    session = await api.session(ECHO)
    await api.say(session)
    ours = (await api.ask("GET", session + "/messages")).json
    assert session.startswith(SESSIONS)
    assert members(case["response"]["json"]) - members(ours) == set()
