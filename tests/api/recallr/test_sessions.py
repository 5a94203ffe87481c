"""A user's sessions, as hand-made requests see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from .stage import MONDAY, serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock

    from .stage import Api

UNKNOWN = "deadbeef-0000-4000-8000-00000000dead"
QUIET = timedelta(seconds=600)


def id_of(session: str) -> str:
    return session.rpartition("/")[2]


async def status_of(api: Api, session: str) -> str:
    status: str = (await api.get(session))["session"]["status"]
    return status


async def test_a_session_is_told_whole(api: Api) -> None:
    user = await api.user()
    made = await api.ask("POST", f"{user}/sessions", {"auto_process_after_seconds": 600, "metadata": {"a": {"b": 1}}})
    session = made.json["session"]
    assert made.status == 201
    assert made.json == {
        "session": {
            "session_id": session["session_id"],
            "status": "pending",
            "created_at": "2026-03-02T09:00:00Z",
            "metadata": {"a": {"b": 1}},
        }
    }
    assert await api.get(f"{user}/sessions/{session['session_id']}") == {"session": session}
    assert await api.get(f"{user}/sessions") == {"sessions": [session], "total": 1, "has_more": False}


@pytest.mark.parametrize("body", [..., {}, b"", b" \n", {"metadata": None, "custom_created_at_utc": None}])
async def test_a_session_needs_nothing_said_about_it(api: Api, body: Any) -> None:
    user = await api.user()
    made = await api.ask("POST", f"{user}/sessions", body)
    assert (made.status, made.json["session"]["metadata"]) == (201, {})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("auto_process_after_seconds", 599),
        ("auto_process_after_seconds", 10**12),
        ("auto_process_after_seconds", "600"),
        ("auto_process_after_seconds", 600.5),
        ("auto_process_after_seconds", True),
        ("metadata", []),
        ("metadata", "text"),
        ("custom_created_at_utc", "yesterday"),
        ("custom_created_at_utc", "2026-13-01T00:00:00Z"),
        ("custom_created_at_utc", "0001-01-01T00:00:00+14:00"),
        ("custom_created_at_utc", 1e300),
        ("custom_created_at_utc", "2026-03-02T09:06:00Z"),
        ("custom_created_at_utc", "9999-12-31T23:59:59-12:00"),
    ],
)
async def test_what_breaks_a_rule_of_sessions_is_refused(api: Api, member: str, value: Any) -> None:
    user = await api.user()
    refused = await api.ask("POST", f"{user}/sessions", {member: value})
    assert refused.status == 422
    assert refused.detail.startswith(f"{member}: ")
    assert (await api.get(f"{user}/sessions"))["total"] == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2023-04-10T23:07:00+00:00", "2023-04-10T23:07:00Z"),
        ("2023-04-10T23:07:00.000Z", "2023-04-10T23:07:00Z"),
        ("2023-04-10T23:07:00.123456+00:00", "2023-04-10T23:07:00.123456Z"),
        ("2023-04-10T23:07:00.123Z", "2023-04-10T23:07:00.123000Z"),
        ("2023-04-11T01:07:00+02:00", "2023-04-10T23:07:00Z"),
        ("2023-04-10T23:07:00", "2023-04-10T23:07:00Z"),
        ("2026-03-02T09:05:00Z", "2026-03-02T09:05:00Z"),  # their clock may be ahead of ours
    ],
)
async def test_sessions_may_come_from_the_past(api: Api, given: str, told: str) -> None:
    session = await api.session(await api.user(), custom_created_at_utc=given)
    assert (await api.get(session))["session"]["created_at"] == told


async def test_what_is_made_of_a_session_from_the_past_dates_from_then(api: Api) -> None:
    user = await api.user()
    session = await api.remember(user, "I moved to Oslo yesterday.", custom_created_at_utc="2023-04-10T12:00:00Z")
    (memory,) = await api.memories(user)
    assert memory["created_at"] == "2023-04-10T12:00:00Z"
    assert memory["event_date_start"] == "2023-04-09T00:00:00Z"
    (message,) = (await api.get(f"{session}/messages"))["messages"]
    assert message["timestamp"] == "2026-03-02T09:00:00Z"


async def test_sessions_come_newest_first_in_pages_that_do_not_overlap(api: Api) -> None:
    user = await api.user()
    newest = await api.session(user)
    same = [await api.session(user, custom_created_at_utc="2023-04-10T12:00:00Z") for _ in range(5)]
    oldest = await api.session(user, custom_created_at_utc="2022-04-10T12:00:00Z")
    wanted = [id_of(each) for each in (newest, *same[::-1], oldest)]
    found: list[str] = []
    for offset in range(0, 8, 2):
        page = await api.get(f"{user}/sessions?offset={offset}&limit=2")
        assert (page["total"], page["has_more"]) == (7, offset < 6)
        found += [each["session_id"] for each in page["sessions"]]
    assert found == wanted
    assert await api.get(f"{user}/sessions?offset=7") == {"sessions": [], "total": 7, "has_more": False}


async def test_what_was_just_written_is_listed_first(api: Api) -> None:
    user = await api.user()
    for _ in range(3):
        session = await api.session(user)
        (listed,) = (await api.get(f"{user}/sessions?offset=0&limit=1"))["sessions"]
        assert listed["session_id"] == id_of(session)


@pytest.mark.parametrize("name", ["status_filter", "status_filter[]", "status_filter%5B%5D"])
@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        (["pending"], 2),
        (["processed"], 1),
        (["pending", "processed"], 3),
        (["processing"], 0),
        (["failed", "insufficient_balance"], 0),
        (["insufficient_balance"], 0),
        (["insufficient_balance", "pending"], 2),
    ],
)
async def test_statuses_are_filtered_by_in_either_spelling(
    api: Api, name: str, statuses: list[str], found: int
) -> None:
    user = await api.user()
    await api.session(user)
    await api.session(user)
    await api.remember(user, "I moved to Oslo.")
    page = await api.get(f"{user}/sessions?limit=1&{'&'.join(f'{name}={each}' for each in statuses)}")
    assert (page["total"], len(page["sessions"]), page["has_more"]) == (found, min(found, 1), found > 1)


async def test_metadata_is_filtered_by_subset_and_status_together(api: Api) -> None:
    user = await api.user()
    for index in range(3):
        await api.session(user, metadata={"session_type": "haystack", "haystack_index": index, "more": {"x": [1]}})
    await api.session(user, metadata={"session_type": "query"})
    await api.remember(user, "I moved to Oslo.", metadata={"session_type": "haystack", "haystack_index": 2})

    async def total(wanted: str, more: str = "") -> int:
        found: int = (await api.get(f"{user}/sessions?metadata_filter={quote(wanted)}{more}"))["total"]
        return found

    assert await total('{"session_type": "haystack"}') == 4
    assert await total('{"session_type": "haystack", "haystack_index": 2}') == 2
    assert await total('{"session_type": "haystack", "haystack_index": 2}', "&status_filter=processed") == 1
    assert await total('{"haystack_index": "2"}') == 0
    assert await total('{"more":{"x":[1]}}') == 3
    assert await total("{}") == 5
    spelled_by_python = await api.get(f"{user}/sessions?metadata_filter=%7B%22session_type%22%3A+%22query%22%7D")
    assert spelled_by_python["total"] == 1


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "status_filter=PENDING", "status_filter=x", "metadata_filter=1"]
)
async def test_what_breaks_a_rule_of_the_list_is_refused(api: Api, query: str) -> None:
    refused = await api.ask("GET", f"{await api.user()}/sessions?{query}")
    assert refused.status == 422
    assert refused.detail.startswith(query.partition("=")[0])


async def test_metadata_is_replaced(api: Api) -> None:
    session = await api.session(await api.user(), metadata={"a": 1, "b": 2})
    assert (await api.ask("PUT", session, {})).json == await api.get(session)
    assert (await api.ask("PUT", session, {"new_metadata": None})).json["session"]["metadata"] == {"a": 1, "b": 2}
    assert (await api.ask("PUT", session, {"new_metadata": {"c": 3}})).json["session"]["metadata"] == {"c": 3}
    assert (await api.ask("PUT", session, {"new_metadata": {}})).json["session"]["metadata"] == {}
    assert (await api.ask("PUT", session, {"new_metadata": [1]})).status == 422


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", ...),
        ("PUT", "", {}),
        ("PUT", "", {"new_metadata": {}}),
        ("DELETE", "", ...),
        ("POST", "/add-message", {"message": "m", "role": "user"}),
        ("POST", "/process", ...),
        ("GET", "/messages", ...),
        ("GET", "/context", ...),
        ("GET", "/context?stream=true", ...),
    ],
)
async def test_a_missing_session_is_told_apart_from_a_missing_user(api: Api, method: str, rest: str, body: Any) -> None:
    user = await api.user()
    other = await api.session(await api.user("otto"))
    for missing, told in (
        (UNKNOWN, f"Session {UNKNOWN} not found"),
        (id_of(other), f"Session {id_of(other)} not found"),
        ("nonsense", "Session nonsense not found"),
        ("User%20anna%20not%20found", "Session not found"),
        ("%00", "Session not found"),
    ):
        reply = await api.ask(method, f"{user}/sessions/{missing}{rest}", body)
        assert (reply.status, reply.json) == (404, {"detail": told})
    assert (await api.get(other))["session"]["status"] == "pending"


async def test_messages_come_oldest_first_in_pages(api: Api) -> None:
    session = await api.session(await api.user(), *(f"number {number}" for number in range(7)))
    page = await api.get(f"{session}/messages?offset=2&limit=3")
    assert [each["content"] for each in page["messages"]] == ["number 2", "number 3", "number 4"]
    assert (page["total"], page["has_more"]) == (7, True)
    whole = await api.get(f"{session}/messages")
    assert [set(each) for each in whole["messages"]] == [{"role", "content", "timestamp", "message_id"}] * 7
    times = [each["timestamp"] for each in whole["messages"]]
    assert times == sorted(set(times))
    assert all(each.endswith("Z") for each in times)
    assert (whole["total"], whole["has_more"]) == (7, False)
    assert await api.get(f"{session}/messages?offset=9") == {"messages": [], "total": 7, "has_more": False}
    for query in ("limit=0", "limit=501", "offset=-1"):
        assert (await api.ask("GET", f"{session}/messages?{query}")).status == 422


@pytest.mark.parametrize("text", ["", " ", "ü\u2028\u0085\x1f\U0001f600", "x" * 100_000])
async def test_what_is_said_is_kept_to_the_letter(api: Api, text: str) -> None:
    session = await api.session(await api.user())
    added = await api.say(session, text, role="assistant")
    assert added.status == 200
    assert isinstance(added.detail, str)
    (message,) = (await api.get(f"{session}/messages"))["messages"]
    assert (message["role"], message["content"]) == ("assistant", text)


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"message": "m"}, "role"),
        ({"role": "user"}, "message"),
        ({"message": "m", "role": "system"}, "role"),
        ({"message": "m", "role": "USER"}, "role"),
        ({"message": "m", "role": None}, "role"),
        ({"message": None, "role": "user"}, "message"),
        ({"message": 1, "role": "user"}, "message"),
        (b"", "message"),
        (b"[]", ""),
        (b"{", ""),
        (b'{"message": "\\u0000", "role": "user"}', ""),
    ],
)
async def test_what_is_no_message_is_refused(api: Api, body: Any, member: str) -> None:
    session = await api.session(await api.user())
    refused = await api.ask("POST", f"{session}/add-message", body)
    assert refused.status == 422
    assert member in refused.detail
    assert (await api.get(f"{session}/messages"))["total"] == 0


@pytest.mark.parametrize("body", [..., {}, b"", b" "])
async def test_processing_has_begun_when_the_answer_comes(api: Api, body: Any) -> None:
    session = await api.session(await api.user(), "I moved to Oslo.")
    begun = await api.ask("POST", f"{session}/process", body)
    assert begun.status == 200
    assert isinstance(begun.detail, str)
    for late in (await api.say(session, "too late"), await api.ask("POST", f"{session}/process")):
        assert late.status == 400
        assert isinstance(late.detail, str)
    await api.until(session, "processed")
    for late in (await api.say(session, "too late"), await api.ask("POST", f"{session}/process")):
        assert (late.status, "PROCESSED" in late.detail) == (400, True)
    assert (await api.get(f"{session}/messages"))["total"] == 1


async def test_one_of_many_who_have_it_processed_wins(api: Api) -> None:
    session = await api.session(await api.user(), "I moved to Oslo.")
    replies = await asyncio.gather(*(api.ask("POST", f"{session}/process") for _ in range(8)))
    assert sorted(reply.status for reply in replies) == [200, *[400] * 7]


async def test_a_message_that_was_acknowledged_is_processed(api: Api) -> None:
    """Adding and processing at once: either the message came first and counts, or it is refused."""
    user = await api.user()
    for _ in range(5):
        session = await api.session(user)
        added, processed = await asyncio.gather(api.say(session, "Hello"), api.ask("POST", f"{session}/process"))
        assert processed.status == 200
        assert (await api.get(f"{session}/messages"))["total"] == (1 if added.status == 200 else 0)
        await api.until(session, "processed")


async def test_a_session_nobody_spoke_in_is_processed_to_nothing(api: Api) -> None:
    user = await api.user()
    await api.remember(user)
    assert await api.memories(user) == []


async def test_a_session_is_processed_by_itself_once_it_is_quiet(api: Api) -> None:
    user = await api.user()
    session = await api.session(user, "I moved to Oslo.", auto_process_after_seconds=600)
    await api.clock.advance(QUIET - timedelta(seconds=1))
    assert (await api.say(session, "I moved to Paris.")).status == 200
    await api.clock.advance(QUIET - timedelta(seconds=1))
    assert await status_of(api, session) == "pending"
    await api.clock.advance(timedelta(seconds=1))
    await api.until(session, "processed")
    assert len(await api.memories(user)) == 1


async def test_a_session_from_the_past_is_quiet_from_now(api: Api) -> None:
    session = await api.session(await api.user(), "Hello", custom_created_at_utc="2023-04-10T12:00:00Z")
    await api.clock.advance(QUIET - timedelta(seconds=1))
    assert await status_of(api, session) == "pending"
    await api.clock.advance(timedelta(seconds=1))
    await api.until(session, "processed")


async def test_the_time_of_quiet_goes_on_over_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with serving(tmp_path, clock) as api:
        user = await api.user()
        session = await api.session(user, "I moved to Oslo.")
    await clock.advance(2 * QUIET)
    async with serving(tmp_path, clock) as api:
        await api.until(session, "processed")
        assert [each["content"] for each in await api.memories(user)] == ["User moved to Oslo"]


async def test_everything_else_may_be_done_in_every_state(api: Api) -> None:
    user = await api.user()
    session = await api.remember(user, "I moved to Oslo.")
    assert (await api.get(f"{session}/messages"))["total"] == 1
    assert (await api.get(f"{session}/context"))["is_final"] is True
    assert (await api.ask("PUT", session, {"new_metadata": {"late": True}})).status == 200
    assert await status_of(api, session) == "processed"
    assert (await api.ask("DELETE", session)).status == 204


async def test_an_erased_session_takes_along_what_was_made_from_it(api: Api) -> None:
    user = await api.user()
    first = await api.remember(user, "I moved to Oslo.", "My sister Clara lives in Berlin.")
    second = await api.remember(user, "I moved to Paris.", "Clara has a dog called Bruno.")
    contents = {each["content"]: each for each in await api.memories(user)}
    assert contents["User moved to Paris"]["version_number"] == 2
    gone = await api.ask("DELETE", second, {})
    assert (gone.status, gone.text) == (204, "")
    left = {each["content"]: each for each in await api.memories(user)}
    assert set(left) == {"User moved to Oslo", "User's sister Clara lives in Berlin"}
    revived = left["User moved to Oslo"]
    assert (revived["version_number"], revived["total_versions"], revived["expired_at"]) == (1, 1, None)
    assert all(each["connected_memories"] == [] for each in left.values())
    assert (await api.ask("DELETE", second)).status == 404
    asking = await api.session(user, "Does Clara have a dog?")
    assert "Bruno" not in (await api.get(f"{asking}/context"))["context"]
    assert await status_of(api, first) == "processed"


async def test_an_erased_session_takes_its_conflict_along(api: Api) -> None:
    user = await api.user(merge_conflict_enabled=True)
    await api.remember(user, "My birthday is March 15.")
    second = await api.remember(user, "My birthday is June 20.")
    assert (await api.get(f"{user}/merge-conflicts"))["total"] == 1
    assert (await api.ask("DELETE", second)).status == 204
    assert (await api.get(f"{user}/merge-conflicts"))["total"] == 0
    (memory,) = await api.memories(user)
    assert (memory["merge_conflict_in_progress"], memory["merge_conflict_id"]) == (False, None)


async def test_a_session_may_be_erased_while_it_is_processed(api: Api) -> None:
    user = await api.user()
    session = await api.session(user, "I moved to Oslo.")
    begun, gone = await asyncio.gather(api.ask("POST", f"{session}/process"), api.ask("DELETE", session))
    assert gone.status == 204
    assert begun.status in {200, 404}
    await api.remember(user, "My cat is called Tom.")
    assert all("Oslo" not in each["content"] for each in await api.memories(user))


async def test_five_at_once_do_not_spoil_versions(api: Api) -> None:
    user = await api.user()
    towns = ["Porto", "Berlin", "Oslo", "Paris", "Rome"]
    sessions = [await api.session(user, f"I moved to {town}.") for town in towns]
    await asyncio.gather(*(api.ask("POST", f"{session}/process") for session in sessions))
    for session in sessions:
        await api.until(session, "processed")
    (home,) = await api.memories(user)
    told = [home["content"], *(each["content"] for each in home["previous_versions"])]
    assert sorted(told) == sorted(f"User moved to {town}" for town in towns)
    assert (home["version_number"], home["total_versions"]) == (5, 5)
    assert [each["version_number"] for each in home["previous_versions"]] == [4, 3, 2, 1]


async def test_times_are_of_the_clock(api: Api) -> None:
    await api.clock.advance(timedelta(hours=1))
    session = await api.session(await api.user())
    told = (await api.get(session))["session"]["created_at"]
    assert told == (MONDAY + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
