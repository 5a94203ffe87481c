"""Contexts, whole and as event streams, and the system prompts, as hand-made requests see them."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientTimeout

from agent_sessions.domain.errors import StoreUnavailable

from .stage import SDK_HEADERS, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import ClientResponse

    from .stage import Api

STRATEGIES = ("low_latency", "balanced", "agentic", "auto")
MEMBERS = {"is_final", "status_update_message", "error_message", "context", "metadata"}
SOURCES = {
    *("recall_strategy_used", "memory_ids", "session_ids", "agent_reasoning", "vector_search_queries", "keywords"),
    *("session_summaries_search_queries", "date_range_filters"),
}


@pytest.fixture
async def asking(api: Api) -> str:
    """A session in which Anna asks for what she told before."""
    user = await api.user()
    await api.remember(user, "My sister Clara lives in Berlin.", "Clara has a dog called Bruno.")
    return await api.session(user, "What is Clara's dog called?")


def events(reply: Reply) -> list[dict[str, Any]]:
    """The events of a stream, read as clients read it: line by line, each by itself."""
    lines = [line for line in reply.text.splitlines() if line.startswith("data:")]
    return [json.loads(line.removeprefix("data:").strip()) for line in lines]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("ids", [True, False])
async def test_a_context_is_told_whole(api: Api, asking: str, strategy: str, ids: bool) -> None:
    context = await api.get(f"{asking}/context?recall_strategy={strategy}&include_metadata_ids={str(ids).lower()}")
    assert set(context) == MEMBERS
    assert (context["is_final"], context["status_update_message"], context["error_message"]) == (True, None, None)
    assert "Clara has a dog called Bruno" in context["context"]
    metadata = context["metadata"]
    assert set(metadata) == SOURCES
    used = metadata.pop("recall_strategy_used")
    assert used == strategy or (strategy == "auto" and used in STRATEGIES[:3])
    reasoning = metadata.pop("agent_reasoning")
    assert bool(reasoning) == (ids and used == "agentic")
    if ids:
        memories = {each["memory_id"]: each["session_id"] for each in await api.memories("/users/anna")}
        assert memories.keys() == set(metadata["memory_ids"])
        assert set(memories.values()) <= set(metadata["session_ids"])
        assert metadata["vector_search_queries"][0] == "What is Clara's dog called?"
        assert metadata["date_range_filters"] == []
    else:
        assert set(metadata.values()) == {None}


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_a_stream_ends_with_exactly_one_context(api: Api, asking: str, strategy: str) -> None:
    query = f"recall_strategy={strategy}&include_metadata_ids=true"
    reply = await api.ask("GET", f"{asking}/context?stream=true&{query}")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/event-stream")
    assert reply.text.isascii()
    assert reply.text.endswith("}\n\n")
    *before, last = events(reply)
    assert before
    for event in before:
        assert set(event) == MEMBERS
        assert (event["is_final"], event["context"]) == (False, None)
        assert isinstance(event["status_update_message"], str)
        assert event["metadata"]["recall_strategy_used"] == last["metadata"]["recall_strategy_used"]
        assert bool(event["metadata"]["agent_reasoning"]) == (strategy == "agentic")
    assert last == await api.get(f"{asking}/context?{query}")


async def test_every_event_is_a_line_to_every_reader(api: Api) -> None:
    """Clients cut lines at characters that JSON leaves as they are."""
    asking = await api.session(await api.user(), "Zoë\u2028\u2029\u0085\x0b\x0c\x1c\x1d\x1e\U0001f600 asks")
    reply = await api.ask("GET", f"{asking}/context?stream=true")
    assert reply.text.isascii()
    *_, last = events(reply)
    assert "Zoë\u2028\u2029\u0085\x0b\x0c\x1c\x1d\x1e\U0001f600 asks" in last["context"]


async def test_what_a_stream_is_refused_for_is_told_as_json(api: Api, asking: str) -> None:
    for path, status in (
        (f"{asking}x/context?stream=true", 404),
        (f"{asking}/context?stream=true&min_top_k=1", 422),
        (f"{asking}/context?stream=perhaps", 422),
    ):
        refused = await api.ask("GET", path)
        assert (refused.status, refused.headers["Content-Type"]) == (status, "application/json; charset=utf-8")
        assert isinstance(refused.detail, str)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (StoreUnavailable("disk /secret is full"), "The store is unavailable, nothing was written"),
        (RuntimeError("password=hunter2"), "Internal server error"),
    ],
)
async def test_trouble_on_the_way_is_the_last_event(
    api: Api, asking: str, monkeypatch: pytest.MonkeyPatch, trouble: Exception, told: str
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(api.services.local_memory, "survey", fail)
    reply = await api.ask("GET", f"{asking}/context?stream=true&recall_strategy=auto")
    *before, last = events(reply)
    assert [event["is_final"] for event in before] == [False] * len(before)
    assert (last["is_final"], last["error_message"], last["context"]) == (True, told, None)
    assert last["metadata"]["recall_strategy_used"] == "low_latency"
    assert (await api.ask("GET", f"{asking}/context")).status in {500, 503}


@asynccontextmanager
async def held(api: Api, asking: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[ClientResponse, Any]]:
    """A stream that has told its first event and waits, and what lets it go on."""
    survey, go_on = api.services.local_memory.survey, asyncio.Event()

    async def later(*given: Any, **named: Any) -> Any:
        await go_on.wait()
        return await survey(*given, **named)

    monkeypatch.setattr(api.services.local_memory, "survey", later)
    url = f"{api.url}/api/v1{asking}/context?stream=true"
    async with api.http.get(url, headers=SDK_HEADERS, timeout=ClientTimeout(total=20)) as response:
        assert (await response.content.readline()).startswith(b"data: ")
        assert await response.content.readline() == b"\n"
        yield response, go_on


async def test_comments_come_while_nothing_else_does(api: Api, asking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with held(api, asking, monkeypatch) as (response, go_on):
        for _ in range(2):
            await api.clock.advance(timedelta(seconds=10))
            assert await response.content.readline() == b": ping\n"
            assert await response.content.readline() == b"\n"
        go_on.set()
        rest = Reply(200, {}, (await response.read()).decode())
    (last,) = events(rest)
    assert last["is_final"] is True


async def test_a_server_that_stops_ends_its_streams(api: Api, asking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with held(api, asking, monkeypatch) as (response, _):
        stopping = asyncio.create_task(api.stop())
        (last,) = events(Reply(200, {}, (await response.read()).decode()))
        await stopping
    assert (last["is_final"], last["context"], last["error_message"]) == (True, None, "The server is stopping")


@pytest.mark.parametrize(
    "query",
    [
        *("recall_strategy=fast", "recall_strategy=BALANCED", "recall_strategy="),
        *("min_top_k=4", "min_top_k=51", "min_top_k=x", "max_top_k=9", "max_top_k=101"),
        *("memories_threshold=0.19", "memories_threshold=0.81", "memories_threshold=nan"),
        *("summaries_threshold=0.1", "summaries_threshold=1", "summaries_threshold=inf"),
        *("last_n_messages=0", "last_n_messages=101", "last_n_summaries=0", "last_n_summaries=21"),
        *("timezone=Mars/Base", "timezone=", "timezone=../etc/passwd", "include_system_prompt=2"),
        *("include_metadata_ids=maybe", "stream=2"),
    ],
)
async def test_what_breaks_a_rule_is_refused(api: Api, asking: str, query: str) -> None:
    refused = await api.ask("GET", f"{asking}/context?{query}")
    assert refused.status == 422
    assert refused.detail.startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    "query",
    [
        "min_top_k=5&max_top_k=100&memories_threshold=0.2&summaries_threshold=0.8",
        "min_top_k=50&max_top_k=10",  # the least wins over the most
        "last_n_messages=1&last_n_summaries=20&timezone=America/New_York",
        "include_system_prompt=False&include_metadata_ids=True",  # as Python writes them
        "surprise=1",
    ],
)
async def test_what_keeps_to_the_rules_is_taken(api: Api, asking: str, query: str) -> None:
    assert (await api.get(f"{asking}/context?{query}"))["is_final"] is True


async def test_times_are_told_in_the_zone_asked_for(api: Api, asking: str) -> None:
    plain = (await api.get(f"{asking}/context?include_system_prompt=false&last_n_messages=1"))["context"]
    moved = await api.get(f"{asking}/context?include_system_prompt=false&last_n_messages=1&timezone=Asia/Tokyo")
    assert "2026/03/02 09:00 AM" in plain
    assert "2026/03/02 06:00 PM" in moved["context"]


async def test_parts_come_in_their_order(api: Api, asking: str) -> None:
    query = "include_system_prompt=false&last_n_messages=2&last_n_summaries=1"
    context = (await api.get(f"{asking}/context?recall_strategy=low_latency&{query}"))["context"]
    headings = [line for line in context.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Memories about the user",
        "## Summaries of earlier conversations",
        "## What was said in earlier conversations",
        "## Ongoing conversations",
        "## Last 2 messages",
        "## Last 1 summaries",
    ]


@pytest.mark.parametrize(("strategy", "there"), [("low_latency", True), ("balanced", True), ("agentic", False)])
async def test_the_asking_conversation_is_ongoing_too(api: Api, asking: str, strategy: str, there: bool) -> None:
    await api.session("/users/anna", "I think of moving to Lisbon.")
    query = f"recall_strategy={strategy}&include_system_prompt=false"
    ongoing = (await api.get(f"{asking}/context?{query}"))["context"].partition("## Ongoing conversations")[2]
    assert "I think of moving to Lisbon." in ongoing
    assert ("What is Clara's dog called?" in ongoing) is there


async def test_memories_below_the_threshold_are_left_out(api: Api, asking: str) -> None:
    async def similarities(threshold: float) -> list[str]:
        query = f"memories_threshold={threshold}&min_top_k=5&include_metadata_ids=true&include_system_prompt=false"
        context: str = (await api.get(f"{asking}/context?{query}"))["context"]
        return [line for line in context.partition("## Summaries")[0].splitlines() if "Similarity:" in line]

    for threshold in (0.2, 0.6, 0.8):
        told = [float(line.split("Similarity: ")[1].split()[0]) for line in await similarities(threshold)]
        assert all(each >= threshold for each in told)
    assert await similarities(0.2)


async def test_without_a_question_what_is_known_is_told(api: Api, asking: str) -> None:
    silent = await api.session("/users/anna")
    for strategy in STRATEGIES:
        context = await api.get(f"{silent}/context?recall_strategy={strategy}&include_system_prompt=false")
        assert "Clara has a dog called Bruno" in context["context"]


async def test_of_a_stranger_nothing_is_known(api: Api, asking: str) -> None:
    strange = await api.session(await api.user("otto"), "What is Clara's dog called?")
    for strategy in STRATEGIES:
        context = await api.get(f"{strange}/context?recall_strategy={strategy}&include_metadata_ids=true")
        assert "Bruno" not in context["context"]
        assert context["metadata"]["memory_ids"] == []


@pytest.mark.parametrize("strategy", STRATEGIES[:3])
async def test_the_system_prompt_is_the_one_that_goes_before_a_context(api: Api, asking: str, strategy: str) -> None:
    prompt = (await api.get(f"/system-prompt?recall_strategy={strategy}"))["system_prompt"]
    whole = (await api.get(f"{asking}/context?recall_strategy={strategy}"))["context"]
    without = (await api.get(f"{asking}/context?recall_strategy={strategy}&include_system_prompt=false"))["context"]
    assert whole == f"{prompt}\n\n\n{without}"


async def test_there_is_a_system_prompt_for_each_way_contexts_look(api: Api) -> None:
    prompts = {each: (await api.get(f"/system-prompt?recall_strategy={each}"))["system_prompt"] for each in STRATEGIES}
    assert prompts["low_latency"] == prompts["balanced"] == prompts["auto"]
    assert prompts["agentic"] not in {"", prompts["balanced"]}
    assert (await api.get("/system-prompt"))["system_prompt"] == prompts["balanced"]
    assert (await api.ask("GET", "/system-prompt?recall_strategy=fast")).status == 422
