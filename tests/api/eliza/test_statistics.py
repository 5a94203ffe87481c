"""What the server tells of its work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_sessions.testing import FakeClock

    from .stage import Api

STATISTICS = "/api/server/statistics"


async def test_what_was_written_and_fired_is_counted(api: Api, clock: FakeClock) -> None:
    first, second = await api.session(), await api.session()
    await api.say(first)
    await api.ask("DELETE", second)
    await clock.advance(timedelta(minutes=29, seconds=55))
    told = (await api.ask("GET", STATISTICS)).json
    assert (told["uptime"], told["timestamp"]) == (29 * 60 + 55, "2026-01-01T12:29:55.000Z")
    counted = {name: told["log"][name] for name in ("created", "messages", "replies", "repliesMissing", "ended")}
    assert counted == {"created": 2, "messages": 1, "replies": 1, "repliesMissing": 0, "ended": 1}
    assert told["sessions"] == {"active": 1, "expiringSoon": 1, "expired": 0}
    assert (told["clock"]["warned"], told["clock"]["expired"]) == (1, 0)
    assert told["clock"]["nextDeadline"] == "2026-01-01T12:30:00.000Z"
    assert told["store"]["description"].startswith("SQLite")


async def test_lateness_is_counted_in_ranges(api: Api, clock: FakeClock) -> None:
    await api.session()
    assert (await api.ask("GET", STATISTICS)).json["clock"]["lateness"]["p99"] is None
    await clock.advance(timedelta(minutes=31))
    lateness = (await api.ask("GET", STATISTICS)).json["clock"]["lateness"]
    assert len(lateness["counts"]) == len(lateness["bounds"]) + 1
    assert (sum(lateness["counts"]), lateness["p99"], lateness["totalMs"]) == (2, 1, 0)
