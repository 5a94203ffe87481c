"""A user's memories, as hand-made requests see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from .stage import Api

MEMBERS = {
    *("memory_id", "content", "event_date_start", "event_date_end", "created_at", "categories"),
    *("version_number", "total_versions", "has_previous_versions", "previous_versions", "connected_memories"),
    *("merge_conflict_in_progress", "merge_conflict_id", "expired_at", "expiration_reason", "session_id", "sources"),
}
TOWNS = ("Porto", "Berlin", "Oslo", "Paris")


@pytest.fixture
async def line(api: Api) -> list[str]:
    """The ids of four versions of where Anna lives, first to last, each a minute after the one before."""
    user = await api.user()
    for town in TOWNS:
        await api.remember(user, f"I moved to {town}.")
        await api.clock.advance(timedelta(minutes=1))
    (home,) = await api.memories(user)
    return [*(each["memory_id"] for each in home["previous_versions"][::-1]), home["memory_id"]]


async def shown(api: Api, memory_id: str) -> dict[str, Any]:
    memory: dict[str, Any] = await api.get(f"/users/anna/memory/{memory_id}")
    return memory


async def left(api: Api) -> list[str]:
    """The towns of what is left of the line, first to last."""
    (home,) = await api.memories("/users/anna")
    told = [home["content"], *(each["content"] for each in home["previous_versions"])]
    numbers = [home["version_number"], *(each["version_number"] for each in home["previous_versions"])]
    assert numbers == list(range(home["total_versions"], 0, -1))
    return [each.removeprefix("User moved to ") for each in told[::-1]]


async def test_a_memory_is_told_whole(api: Api, line: list[str]) -> None:
    listed = await api.get("/users/anna/memories")
    (memory,) = listed["items"]
    assert (listed["total"], listed["has_more"]) == (1, False)
    assert set(memory) == MEMBERS
    assert await shown(api, line[3]) == memory
    newest_session = (await api.get("/users/anna/sessions"))["sessions"][0]["session_id"]
    (said,) = (await api.get(f"/users/anna/sessions/{newest_session}/messages"))["messages"]
    assert {name: value for name, value in memory.items() if name != "previous_versions"} == {
        "memory_id": line[3],
        "content": "User moved to Paris",
        "event_date_start": "2026-03-02T00:00:00Z",
        "event_date_end": "2026-03-02T23:59:59Z",
        "created_at": "2026-03-02T09:03:00Z",
        "categories": ["home"],
        "version_number": 4,
        "total_versions": 4,
        "has_previous_versions": True,
        "connected_memories": [],
        "merge_conflict_in_progress": False,
        "merge_conflict_id": None,
        "expired_at": None,
        "expiration_reason": None,
        "session_id": newest_session,
        "sources": [said["message_id"]],
    }
    assert memory["previous_versions"][0] == {
        "memory_id": line[2],
        "content": "User moved to Oslo",
        "event_date_start": "2026-03-02T00:00:00Z",
        "event_date_end": "2026-03-02T23:59:59Z",
        "created_at": "2026-03-02T09:02:00Z",
        "version_number": 3,
        "expired_at": "2026-03-02T09:03:00Z",
        "expiration_reason": "TEMPORAL_CONFLICT",
        "merge_conflict_id": None,
    }


async def test_an_older_version_is_shown_by_its_id(api: Api, line: list[str]) -> None:
    memory = await shown(api, line[1])
    assert set(memory) == MEMBERS
    assert (memory["memory_id"], memory["content"]) == (line[1], "User moved to Berlin")
    assert (memory["version_number"], memory["total_versions"]) == (2, 4)
    assert (memory["expired_at"], memory["expiration_reason"]) == ("2026-03-02T09:02:00Z", "TEMPORAL_CONFLICT")
    assert [each["memory_id"] for each in memory["previous_versions"]] == [line[0]]
    assert (await shown(api, line[0]))["has_previous_versions"] is False


@pytest.mark.parametrize("of", ["memories", "memory"])
async def test_versions_and_connections_may_be_left_out(api: Api, line: list[str], of: str) -> None:
    async def told(query: str) -> dict[str, Any]:
        if of == "memory":
            memory: dict[str, Any] = await api.get(f"/users/anna/memory/{line[3]}{query}")
            return memory
        (listed,) = await api.memories("/users/anna", query)
        return dict(listed)

    without = await told("?include_previous_versions=false&include_connected_memories=false")
    assert (without["previous_versions"], without["connected_memories"]) == (None, None)
    assert (without["has_previous_versions"], without["total_versions"]) == (True, 4)
    both = await told("?include_previous_versions=true&include_connected_memories=true")
    assert both == await told("")
    assert (len(both["previous_versions"]), both["connected_memories"]) == (3, [])


async def test_connections_are_told_from_both_ends(api: Api) -> None:
    user = await api.user()
    await api.remember(user, "My sister Clara lives in Berlin.", "Clara has a dog called Bruno.")
    first, second = await api.memories(user)
    assert first["connected_memories"] == [{"memory_id": second["memory_id"], "content": second["content"]}]
    assert second["connected_memories"] == [{"memory_id": first["memory_id"], "content": first["content"]}]


@pytest.mark.parametrize(
    ("which", "query", "towns"),
    [
        (3, "", ["Porto", "Berlin", "Oslo"]),
        (1, "", ["Porto", "Oslo", "Paris"]),
        (0, "?delete_previous_versions=false", ["Berlin", "Oslo", "Paris"]),
        (1, "?delete_previous_versions=true", ["Oslo", "Paris"]),
        (2, "?delete_previous_versions=true", ["Paris"]),
    ],
)
async def test_what_is_left_of_a_line_joins_up(
    api: Api, line: list[str], which: int, query: str, towns: list[str]
) -> None:
    gone = await api.ask("DELETE", f"/users/anna/memory/{line[which]}{query}")
    assert (gone.status, gone.text) == (204, "")
    assert await left(api) == towns
    again = await api.ask("DELETE", f"/users/anna/memory/{line[which]}")
    assert (again.status, again.detail) == (404, f"Memory {line[which]} not found")
    assert (await api.ask("GET", f"/users/anna/memory/{line[which]}")).status == 404


async def test_a_line_that_goes_whole_leaves_nothing(api: Api, line: list[str]) -> None:
    gone = await api.ask("DELETE", f"/users/anna/memory/{line[3]}?delete_previous_versions=true", {})
    assert gone.status == 204
    assert await api.get("/users/anna/memories") == {"items": [], "total": 0, "has_more": False}


async def test_a_revived_version_is_current_in_every_way(api: Api, line: list[str]) -> None:
    await api.ask("DELETE", f"/users/anna/memory/{line[3]}")
    memory = await shown(api, line[2])
    assert (memory["expired_at"], memory["expiration_reason"], memory["version_number"]) == (None, None, 3)
    asking = await api.session("/users/anna", "Where did I move?")
    context = await api.get(f"{asking}/context?include_metadata_ids=true")
    assert line[2] in context["metadata"]["memory_ids"]
    assert line[3] not in context["metadata"]["memory_ids"]


async def test_connections_of_the_newest_move_on(api: Api) -> None:
    user = await api.user()
    await api.remember(user, "My sister Clara lives in Berlin.", "Clara has a dog called Bruno.")
    await api.remember(user, "My sister Clara lives in Oslo.")
    current = {each["content"]: each for each in await api.memories(user)}
    newest = current["User's sister Clara lives in Oslo"]
    assert [each["content"] for each in newest["connected_memories"]] == ["User's sister Clara has a dog called Bruno"]
    await api.ask("DELETE", f"{user}/memory/{newest['memory_id']}")
    revived = {each["content"]: each for each in await api.memories(user)}["User's sister Clara lives in Berlin"]
    assert revived["connected_memories"] == newest["connected_memories"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_nobody_reaches_what_is_somebody_elses(api: Api, line: list[str], method: str) -> None:
    await api.user("otto")
    for missing in (line[3], "nonsense", "deadbeef-0000-4000-8000-00000000dead"):
        reply = await api.ask(method, f"/users/otto/memory/{missing}")
        assert (reply.status, reply.detail) == (404, f"Memory {missing} not found")
    assert (await shown(api, line[3]))["version_number"] == 4


async def test_memories_come_newest_first_in_pages_that_do_not_overlap(api: Api) -> None:
    user = await api.user()
    await api.remember(user, "My cat is called Tom.", custom_created_at_utc="2025-01-05T10:00:00Z")
    await api.remember(user, "I am allergic to peanuts.", "I play chess.", "I work at Zalando.")
    await api.remember(user, "I speak Danish.", custom_created_at_utc="2024-01-05T10:00:00Z")
    whole = await api.memories(user)
    assert [each["created_at"][:4] for each in whole] == ["2026", "2026", "2026", "2025", "2024"]
    paged = []
    for offset in range(5):
        page = await api.get(f"{user}/memories?offset={offset}&limit=1")
        assert (page["total"], page["has_more"]) == (5, offset < 4)
        paged += page["items"]
    assert paged == whole


async def test_memories_are_filtered_by_what_they_are_of(api: Api) -> None:
    user = await api.user()
    first = await api.remember(user, "I am allergic to peanuts.", metadata={"from": {"app": "x"}, "n": 1})
    second = await api.remember(user, "My cat is called Tom.", metadata={"from": {"app": "y"}})
    ids = [each.rpartition("/")[2] for each in (first, second)]

    async def found(query: str) -> list[str]:
        page = await api.get(f"{user}/memories?limit=1&{query}")
        total = page["total"]
        items = (await api.get(f"{user}/memories?{query}"))["items"]
        assert (len(items), page["has_more"]) == (total, total > 1)
        return sorted(each["session_id"] for each in items)

    for name in ("categories", "categories[]", "categories%5B%5D"):
        assert await found(f"{name}=food") == [ids[0]]
        assert await found(f"{name}=food&{name}=pets") == sorted(ids)
        assert await found(f"{name}=finance") == []
    for name in ("session_id_filter", "session_id_filter[]"):
        assert await found(f"{name}={ids[1]}") == [ids[1]]
        assert await found(f"{name}={ids[1]}&{name}={ids[0]}") == sorted(ids)
        assert await found(f"{name}=nonsense") == []
    for wanted, sessions in (
        ('{"from": {"app": "x"}}', ids[:1]),
        ('{"from":{}}', sorted(ids)),
        ('{"n": "1"}', []),
        ("{}", sorted(ids)),
    ):
        assert await found(f"session_metadata_filter={quote(wanted)}") == sessions
    assert await found(f"categories=pets&session_id_filter={ids[0]}") == []


@pytest.mark.parametrize("name", ["categories", "categories[]"])
async def test_unknown_categories_are_named(api: Api, name: str) -> None:
    user = await api.user()
    refused = await api.ask("GET", f"{user}/memories?{name}=food&{name}=nope&{name}=Food&{name}=nope")
    assert refused.status == 400
    assert refused.detail["invalid_categories"] == ["nope", "Food"]
    assert "nope" in refused.detail["message"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "offset=-1",
        "include_previous_versions=maybe",
        "include_connected_memories=2",
        "session_metadata_filter=[1]",
        "categories=%00",
    ],
)
async def test_what_breaks_a_rule_is_refused_other_than_with_400(api: Api, query: str) -> None:
    refused = await api.ask("GET", f"{await api.user()}/memories?{query}")
    assert refused.status == 422
    assert refused.detail.startswith(query.partition("=")[0])


async def test_a_removal_says_yes_or_no(api: Api, line: list[str]) -> None:
    assert (await api.ask("DELETE", f"/users/anna/memory/{line[3]}?delete_previous_versions=perhaps")).status == 422
    assert await left(api) == list(TOWNS)
