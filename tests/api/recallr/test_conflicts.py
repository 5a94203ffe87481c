"""Merge conflicts, as hand-made requests see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.config import Memory, ProjectEntry

from .stage import serving

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.testing import FakeClock

    from .stage import Api

QUESTION = "Which is right for User's birthday?"
JUNE, MARCH = "June 20", "March 15"
MEMBERS = {
    *("id", "conflict_id", "project_user_session_id", "status", "proposed_memory_content", "new_memories"),
    *("conflicting_memories", "clarifying_questions", "resolution_data", "created_at", "resolved_at"),
}


async def doubted(api: Api, name: str = "anna") -> dict[str, Any]:
    """The conflict about the birthday of a new user."""
    user = await api.user(name, merge_conflict_enabled=True)
    await api.remember(user, f"My birthday is {MARCH}.")
    await api.clock.advance(timedelta(minutes=1))
    await api.remember(user, f"My birthday is {JUNE}.")
    conflict: dict[str, Any] = (await api.get(f"{user}/merge-conflicts"))["conflicts"][0]
    return conflict


def answering(answer: Any = JUNE, question: Any = QUESTION, **members: Any) -> dict[str, Any]:
    return {"question_answers": [{"question": question, "answer": answer, **members}]}


def path_of(conflict: dict[str, Any]) -> str:
    return f"/users/anna/merge-conflicts/{conflict['id']}"


async def test_a_conflict_is_told_whole(api: Api) -> None:
    conflict = await doubted(api)
    (known,) = await api.memories("/users/anna")
    newest = (await api.get("/users/anna/sessions"))["sessions"][0]["session_id"]
    assert set(conflict) == MEMBERS
    assert conflict["id"] == conflict["conflict_id"] == known["merge_conflict_id"]
    assert known["merge_conflict_in_progress"] is True
    assert known["content"] == f"User's birthday is {MARCH}"
    assert {name: conflict[name] for name in MEMBERS - {"id", "conflict_id", "conflicting_memories"}} == {
        "project_user_session_id": newest,
        "status": "PENDING",
        "proposed_memory_content": f"User's birthday is {JUNE}",
        "new_memories": None,
        "clarifying_questions": [{"question": QUESTION, "options": [MARCH, JUNE]}],
        "resolution_data": None,
        "created_at": "2026-03-02T09:01:00Z",
        "resolved_at": None,
    }
    (rival,) = conflict["conflicting_memories"]
    named = ("memory_id", "content", "event_date_start", "event_date_end", "created_at")
    assert {name: rival[name] for name in named} == {name: known[name] for name in named}
    assert isinstance(rival["reason"], str)
    assert await api.get(path_of(conflict)) == {"conflict": conflict}
    listed = await api.get("/users/anna/merge-conflicts")
    assert listed == {"conflicts": [conflict], "total": 1, "has_more": False}


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("remark", [{}, {"message": None}, {"message": "I was wrong"}])
async def test_an_answer_settles_it(api: Api, wrapped: bool, remark: dict[str, Any]) -> None:
    conflict = await doubted(api)
    await api.clock.advance(timedelta(minutes=1))
    answers = answering(**remark)
    settled = await api.ask("POST", f"{path_of(conflict)}/resolve", {"answers": answers} if wrapped else answers)
    assert settled.status == 200
    told = settled.json["conflict"]
    assert settled.json == await api.get(path_of(conflict))
    assert set(told) == MEMBERS
    assert (told["status"], told["resolved_at"]) == ("RESOLVED", "2026-03-02T09:02:00Z")
    assert told["proposed_memory_content"] is None
    assert told["resolution_data"] == answering(message=remark.get("message"))
    (memory,) = await api.memories("/users/anna")
    named = ("memory_id", "content", "event_date_start", "event_date_end", "created_at")
    assert told["new_memories"] == [{name: memory[name] for name in named}]
    assert (memory["content"], memory["version_number"]) == (f"User's birthday is {JUNE}", 2)
    assert (memory["merge_conflict_in_progress"], memory["merge_conflict_id"]) == (False, None)
    (before,) = memory["previous_versions"]
    assert (before["expiration_reason"], before["merge_conflict_id"]) == ("MERGE_CONFLICT", conflict["id"])


async def test_what_was_known_may_stay(api: Api) -> None:
    conflict = await doubted(api)
    await api.ask("POST", f"{path_of(conflict)}/resolve", answering(MARCH))
    (memory,) = await api.memories("/users/anna")
    assert (memory["content"], memory["total_versions"]) == (f"User's birthday is {MARCH}", 1)
    assert memory["merge_conflict_in_progress"] is False


async def test_what_was_settled_is_known_from_then_on(api: Api) -> None:
    conflict = await doubted(api)
    asking = await api.session("/users/anna", "When is my birthday?")
    assert "Open contradictions" in (await api.get(f"{asking}/context?include_system_prompt=false"))["context"]
    await api.ask("POST", f"{path_of(conflict)}/resolve", answering(JUNE))
    context = (await api.get(f"{asking}/context?include_system_prompt=false"))["context"]
    assert f"User's birthday is {JUNE}" in context
    assert "Open contradictions" not in context


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (answering(question="Which?"), "Invalid questions provided"),
        (
            {"question_answers": [*answering()["question_answers"], {"question": "?", "answer": JUNE}]},
            "Invalid questions",
        ),
        ({"question_answers": []}, "Missing answers for the following questions"),
        (answering("July 1"), "Invalid answer"),
        (answering(""), "Invalid answer"),
        (answering("already resolved"), "Invalid answer"),
        (answering("Invalid questions provided"), "Invalid answer"),
    ],
)
async def test_wrong_answers_are_told_in_the_words_clients_look_for(
    api: Api, answers: dict[str, Any], told: str
) -> None:
    conflict = await doubted(api)
    refused = await api.ask("POST", f"{path_of(conflict)}/resolve", {"answers": answers})
    assert (refused.status, refused.detail.startswith(told)) == (400, True)
    marks = ("already resolved", "Invalid questions provided", "Missing answers for the following questions")
    assert [mark for mark in marks if mark in refused.detail] == [mark for mark in marks if mark.startswith(told[:17])]
    assert ("for question" in refused.detail) == (told == "Invalid answer")
    assert (await api.get(path_of(conflict)))["conflict"] == conflict


async def test_a_question_is_answered_once(api: Api) -> None:
    conflict = await doubted(api)
    twice = {"question_answers": [*answering(JUNE)["question_answers"], *answering(MARCH)["question_answers"]]}
    assert (await api.ask("POST", f"{path_of(conflict)}/resolve", twice)).status == 400
    assert (await api.get(path_of(conflict)))["conflict"]["status"] == "PENDING"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        {},
        {"answers": None},
        {"answers": []},
        {"answers": {}},
        {"question_answers": None},
        {"question_answers": [{}]},
        {"question_answers": [{"question": QUESTION}]},
        answering(1),
        answering(None),
        answering(message=1),
    ],
)
async def test_what_is_no_answer_is_refused(api: Api, body: Any) -> None:
    conflict = await doubted(api)
    refused = await api.ask("POST", f"{path_of(conflict)}/resolve", body)
    assert refused.status == 422
    assert isinstance(refused.detail, str)


async def test_of_those_who_settle_it_at_once_one_wins(api: Api) -> None:
    conflict = await doubted(api)
    replies = await asyncio.gather(
        *(api.ask("POST", f"{path_of(conflict)}/resolve", answering(each)) for each in (JUNE, MARCH, JUNE, MARCH))
    )
    assert sorted(reply.status for reply in replies) == [200, 400, 400, 400]
    assert all("already resolved" in reply.detail for reply in replies if reply.status == 400)
    assert len(await api.memories("/users/anna")) == 1


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/resolve")])
async def test_a_missing_conflict_is_told_apart_from_a_missing_user(api: Api, method: str, rest: str) -> None:
    others = await doubted(api, "otto")
    await api.user("anna")
    body = ... if method == "GET" else answering()
    for missing, told in (
        (others["id"], f"Merge conflict {others['id']} not found"),
        ("nonsense", "Merge conflict nonsense not found"),
        ("User%20anna%20not%20found", "Merge conflict not found"),
    ):
        reply = await api.ask(method, f"/users/anna/merge-conflicts/{missing}{rest}", body)
        assert (reply.status, reply.json) == (404, {"detail": told})


async def test_conflicts_are_listed_in_the_order_asked_for(api: Api) -> None:
    user = await api.user(merge_conflict_enabled=True)
    doubts = (("birthday is", MARCH, JUNE), ("favourite colour is", "red", "blue"), ("name is", "Anna", "Hanna"))
    for what, before, after in doubts:
        await api.remember(user, f"My {what} {before}.")
        await api.remember(user, f"My {what} {after}.")
        await api.clock.advance(timedelta(minutes=1))

    async def ids(query: str = "") -> list[str]:
        return [each["id"] for each in (await api.get(f"{user}/merge-conflicts{query}"))["conflicts"]]

    newest = await ids()
    assert len(newest) == 3
    assert await ids("?sort_by=created_at&sort_order=asc") == newest[::-1]
    assert [*await ids("?limit=2"), *await ids("?limit=2&offset=2")] == newest
    page = await api.get(f"{user}/merge-conflicts?limit=2")
    assert (page["total"], page["has_more"]) == (3, True)
    for conflict_id in (newest[2], newest[0]):
        await api.clock.advance(timedelta(minutes=1))
        question = (await api.get(f"{user}/merge-conflicts/{conflict_id}"))["conflict"]["clarifying_questions"][0]
        answers = answering(question["options"][1], question["question"])
        assert (await api.ask("POST", f"{user}/merge-conflicts/{conflict_id}/resolve", answers)).status == 200
    assert await ids("?status=PENDING") == [newest[1]]
    assert await ids("?status=RESOLVED") == [newest[0], newest[2]]
    assert await ids("?sort_by=resolved_at&sort_order=asc") == [newest[2], newest[0], newest[1]]
    assert await ids("?sort_by=resolved_at") == [newest[0], newest[2], newest[1]]
    for status in ("IN_QUEUE", "RESOLVING", "FAILED"):
        assert await ids(f"?status={status}") == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "status=pending", "status=x", "sort_by=id", "sort_order=up"]
)
async def test_what_breaks_a_rule_of_the_list_is_refused(api: Api, query: str) -> None:
    refused = await api.ask("GET", f"{await api.user()}/merge-conflicts?{query}")
    assert refused.status == 422
    assert refused.detail.startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    ("everywhere", "project", "user", "asks"),
    [
        (False, None, None, False),
        (False, None, True, True),
        (True, None, None, True),
        (True, None, False, False),
        (True, False, None, False),
        (False, True, None, True),
        (False, True, False, False),
    ],
)
async def test_the_user_decides_before_the_project_before_the_server(
    tmp_path: Path, clock: FakeClock, everywhere: bool, project: bool | None, user: bool | None, asks: bool
) -> None:
    entry = ProjectEntry(id="shop", keys=("rai_shop",), merge_conflicts=project)
    async with serving(tmp_path, clock, projects=(entry,), memory=Memory(merge_conflicts=everywhere)) as api:
        api.headers = {"X-Recallr-Api-Key": "rai_shop", "X-Recallr-Project-Id": "shop"}
        path = await api.user(merge_conflict_enabled=user)
        await api.remember(path, f"My birthday is {MARCH}.")
        await api.remember(path, f"My birthday is {JUNE}.")
        assert (await api.get(f"{path}/merge-conflicts"))["total"] == int(asks)
        (memory,) = await api.memories(path)
        assert (memory["total_versions"], memory["merge_conflict_in_progress"]) == ((1, True) if asks else (2, False))
