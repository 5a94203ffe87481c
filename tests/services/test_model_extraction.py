"""Memories made by a model, through the real client library, against a web server that speaks the protocol."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agent_sessions.domain.errors import ConfigError
from agent_sessions.domain.memory import Memory, MemoryKind, Role, Utterance, VersionReason
from agent_sessions.ports import ConversationToRemember, ModelAnswer, Owner
from agent_sessions.registry import MODELS, Registry
from agent_sessions.services.local_extraction import LocalExtractor
from agent_sessions.services.model_extraction import ModelExtractor, TokenBudget
from agent_sessions.services.model_form import Bearing
from agent_sessions.testing import FakeClock

from .model_endpoint import ModelEndpoint, fact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from agent_sessions.domain.memory import ProcessingResult
    from agent_sessions.ports import StructuredModel, StructuredModelFactory

MONDAY = datetime(2026, 11, 16, 22, 30, tzinfo=UTC)
SAID = ("I moved to Berlin last week.", "How nice!", "My sister Anna visits me on December 5th.")
KNOWN = Memory(
    "known-1", "old", "User lives in Paris", MONDAY - timedelta(days=90), MONDAY - timedelta(days=90), MONDAY
)


def conversation(*said: str, known: Sequence[Memory] = (), **changes: Any) -> ConversationToRemember:
    """The user begins, the assistant answers, and so on."""
    utterances = [
        Utterance(
            f"m{at}", "s1", at, MONDAY + timedelta(minutes=at), Role.ASSISTANT if at % 2 == 0 else Role.USER, text
        )
        for at, text in enumerate(said, start=1)
    ]
    whole = ConversationToRemember(
        owner=Owner("default", "u1"),
        session_id="s1",
        created_at=MONDAY,
        utterances=utterances,
        known=known,
        zone=UTC,
        conflicts=False,
        categories=("home", "relationships"),
    )
    return replace(whole, **changes)


@asynccontextmanager
async def extracting(
    endpoint: ModelEndpoint, *, per_day: int | None = None, patience: float = 30, clock: FakeClock | None = None
) -> AsyncIterator[ModelExtractor]:
    kinds: Registry[StructuredModelFactory] = Registry(MODELS)
    async with TestServer(endpoint.app()) as server:
        model = kinds.find("openai")({"model": "tiny", "base_url": str(server.make_url("/v1")), "max_retries": 0})
        try:
            yield ModelExtractor(
                model,
                by_rule=LocalExtractor(),
                patience=timedelta(seconds=patience),
                budget=TokenBudget(per_day, clock=clock or FakeClock()),
            )
        finally:
            await model.close()


async def extracted(endpoint: ModelEndpoint, about: ConversationToRemember) -> ProcessingResult:
    async with extracting(endpoint) as extractor:
        return await extractor.extract(about)


async def test_facts_of_the_model_become_memories_with_dates_sources_and_categories() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (
        fact("User  moved to Berlin.", 1, first_day="2026-11-09", last_day="2026-11-15", categories=["home", "secret"]),
        fact("User's sister Anna visits them", 3, 2, first_day="2026-12-05"),
    )
    endpoint.summary = "User told of a move to Berlin and of Anna's visit."
    made = await extracted(endpoint, conversation(*SAID))
    first, second = made.created
    assert (first.content, first.sources, first.categories) == ("User moved to Berlin", ("m1",), ("home",))
    assert (first.event_start, first.event_end) == (
        datetime(2026, 11, 9, tzinfo=UTC),
        datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC),
    )
    assert (second.sources, second.event_end.date().isoformat()) == (("m2", "m3"), "2026-12-05")
    assert {memory.created_at for memory in made.created} == {MONDAY}
    assert made.summary is not None
    assert made.summary.text == endpoint.summary


async def test_the_same_answer_makes_the_same_memories() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (fact("User moved to Berlin", 1), fact("User has a sister called Anna", 3))
    assert await extracted(endpoint, conversation(*SAID)) == await extracted(endpoint, conversation(*SAID))


async def test_a_fact_without_a_date_is_of_the_users_day() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (
        fact("User moved to Berlin", 1, first_day="soon"),
        fact("User was born", 1, first_day="0001-01-01"),
    )
    made = await extracted(endpoint, conversation(*SAID, zone=ZoneInfo("Europe/Berlin")))
    assert {memory.event_start for memory in made.created} == {datetime(2026, 11, 15, 23, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        ("adds", VersionReason.ADDITION),
        ("changes", VersionReason.CHANGE),
        ("contradicts", VersionReason.CONTRADICTION),
    ],
)
async def test_what_a_fact_is_to_a_known_one_makes_a_version(relation: str, reason: VersionReason) -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (fact("User moved to Berlin", 1, relation=relation, known=1),)
    made = await extracted(endpoint, conversation(*SAID, known=[KNOWN]))
    (version,) = made.versions
    assert (version.replaces, version.reason, made.created) == ("known-1", reason, ())
    assert "K1 (2026-08-18): User lives in Paris" in endpoint.question


async def test_a_known_fact_said_again_gains_a_source() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (fact("User has a flat in Paris", 1, relation="same", known=1),)
    made = await extracted(endpoint, conversation("I live in Paris.", known=[KNOWN]))
    assert [(fold.memory_id, fold.sources) for fold in made.folded] == [("known-1", ("m1",))]
    assert not made.created
    assert not made.versions


async def test_a_contradiction_is_put_to_a_human_in_the_models_words_where_that_is_wanted() -> None:
    endpoint = ModelEndpoint()
    question = {"text": "Where do you live?", "as_known": "Paris", "as_told": "Berlin"}
    endpoint.facts = (fact("User lives in Berlin", 1, relation="contradicts", known=1, question=question),)
    about = conversation("I live in Berlin.", known=[KNOWN], conflicts=True)
    (conflict,) = (await extracted(endpoint, about)).conflicts
    assert [(asked.question, asked.options) for asked in conflict.questions] == [
        ("Where do you live?", ("Paris", "Berlin"))
    ]
    endpoint.facts = (
        fact("User lives in Berlin", 1, relation="contradicts", known=1, question={**question, "as_told": "paris"}),
    )
    (conflict,) = (await extracted(endpoint, about)).conflicts
    assert conflict.questions[0].question != "Where do you live?"


@pytest.mark.parametrize(
    "told",
    [
        fact("User is rich"),
        fact("User is rich", 2),
        fact("User is rich", 7, 0, -1),
        fact("", 1),
        fact("x" * 500, 1),
        fact("User's password is hunter2", 1),
    ],
    ids=["no message", "the assistant's", "no such messages", "nothing", "too long", "a secret"],
)
async def test_what_no_message_of_the_user_stands_behind_or_must_not_be_kept_is_left_out(told: dict[str, Any]) -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (told,)
    made = await extracted(endpoint, conversation(*SAID))
    assert [memory for memory in made.created if memory.kind is MemoryKind.FACT] == []
    assert sum(count for _, count in made.skipped) == 1


async def test_a_memory_that_was_not_shown_cannot_be_touched() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = tuple(
        fact(f"User owns boat {number}", 1, relation="changes", known=number) for number in (2, 99, -1)
    )
    made = await extracted(endpoint, conversation(*SAID, known=[KNOWN]))
    assert made.versions == ()
    assert len(made.created) == 3


async def test_only_what_is_new_becomes_memories() -> None:
    endpoint = ModelEndpoint()
    endpoint.facts = (fact("User moved to Berlin", 1), fact("User's sister is Anna", 3))
    made = await extracted(endpoint, conversation(*SAID, done_seq=2))
    assert [memory.content for memory in made.created] == ["User's sister is Anna"]
    assert "NEW M3" in endpoint.question
    assert "NEW M1" not in endpoint.question
    asked = len(endpoint.requests)
    await extracted(endpoint, conversation(*SAID, done_seq=3))
    assert len(endpoint.requests) == asked


async def test_secrets_are_not_shown_to_the_model_and_its_summary_must_not_hold_any() -> None:
    endpoint = ModelEndpoint()
    endpoint.summary = "User's password is hunter2."
    made = await extracted(endpoint, conversation("I moved to Berlin. My password is hunter2."))
    assert "hunter2" not in endpoint.question
    assert "Berlin" in endpoint.question
    assert made.summary is not None
    assert "hunter2" not in made.summary.text


async def test_the_request_asks_for_strict_json_with_the_configured_model() -> None:
    endpoint = ModelEndpoint()
    await extracted(endpoint, conversation(*SAID))
    (request,) = endpoint.requests
    assert request["model"] == "tiny"
    form = request["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["required"] == ["facts", "summary"]
    assert endpoint.keys == ["Bearer none"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": 500}, "the model's provider failed"),
        ({"status": 401}, "does not accept this server's key"),
        ({"status": 429}, "takes no more requests"),
        ({"text": "Sure! Here are the facts:"}, "does not have the form"),
        ({"text": '{"facts": [{"content": "User is rich"}], "summary": ""}'}, "does not have the form"),
        ({"text": ""}, "does not have the form"),
        ({"finish": "length"}, "was cut off"),
        ({"refusal": "I cannot do that"}, "refused to answer"),
        ({"stalled": True}, "did not answer in time"),
    ],
)
async def test_when_the_model_fails_memories_are_made_by_rule(changes: Mapping[str, Any], reason: str) -> None:
    endpoint = ModelEndpoint()
    for name, value in changes.items():
        setattr(endpoint, name, value)
    about = conversation(*SAID)
    with capture_logs() as logs:
        async with extracting(endpoint, patience=0.1 if endpoint.stalled else 30) as extractor:
            made = await extractor.extract(about)
    assert made == await LocalExtractor().extract(about)
    assert made.created
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("memories_made_by_rule", "warning")
    assert reason in line["reason"]
    assert "Berlin" not in str(line)
    assert "sk-secret" not in str(line)


async def test_nobody_at_the_address_means_memories_by_rule() -> None:
    kinds: Registry[StructuredModelFactory] = Registry(MODELS)
    model = kinds.find("openai")({"model": "tiny", "base_url": "http://127.0.0.1:9/v1", "max_retries": 0})
    budget = TokenBudget(None, clock=FakeClock())
    extractor = ModelExtractor(model, by_rule=LocalExtractor(), patience=timedelta(seconds=30), budget=budget)
    assert (await extractor.extract(conversation(*SAID))).created
    await model.close()


async def test_beyond_the_tokens_of_a_day_the_model_is_not_asked_until_the_next() -> None:
    endpoint, clock = ModelEndpoint(), FakeClock()
    endpoint.tokens = 5_000
    async with extracting(endpoint, per_day=5_500, clock=clock) as extractor:
        await extractor.extract(conversation(*SAID))
        await extractor.extract(conversation(*SAID))
        assert len(endpoint.requests) == 1
        await clock.advance(timedelta(days=1))
        await extractor.extract(conversation(*SAID))
        assert len(endpoint.requests) == 2


async def test_an_endpoint_that_does_not_count_is_counted() -> None:
    endpoint = ModelEndpoint()
    endpoint.tokens = None
    async with extracting(endpoint, per_day=1_000) as extractor:
        await extractor.extract(conversation(*SAID))
        await extractor.extract(conversation(*SAID))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "extraction: option 'model'"),
        ({"model": "m", "modle": 1}, "extraction: option 'modle'"),
        ({"model": "m", "api_key_env": "NO_SUCH_KEY"}, "extraction.api_key_env: the environment has no NO_SUCH_KEY"),
        ({"model": "m"}, "extraction.api_key_env: the environment has no OPENAI_API_KEY"),
    ],
)
def test_a_mistake_in_the_settings_is_told(options: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    kinds: Registry[StructuredModelFactory] = Registry(MODELS)
    with pytest.raises(ConfigError) as caught:
        kinds.find("openai")(options)
    assert str(caught.value).startswith(told)


class Parrot:
    """A model that answers what it was told to."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def ask(self, instructions: str, question: str, *, schema: Mapping[str, Any]) -> ModelAnswer:
        return ModelAnswer(self._text, 1)

    async def close(self) -> None:
        """Nothing is held."""


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.builds(
            lambda content, messages, relation, known: fact(content, *messages, relation=relation, known=known),
            st.text(max_size=40) | st.sampled_from(["User moved to Berlin", "User lives in Paris", "User has a dog"]),
            st.lists(st.integers(-3, 6), max_size=4),
            st.sampled_from([each.value for each in Bearing]),
            st.none() | st.integers(-3, 6),
        ),
        max_size=6,
    )
)
async def test_whatever_a_model_answers_only_this_users_memories_change_and_none_is_lost(
    facts: list[dict[str, Any]],
) -> None:

    known = [KNOWN, replace(KNOWN, id="known-2", content="User has a cat")]
    model: StructuredModel = Parrot(json.dumps({"facts": facts, "summary": ""}))
    budget = TokenBudget(None, clock=FakeClock())
    extractor = ModelExtractor(model, by_rule=LocalExtractor(), patience=timedelta(seconds=9), budget=budget)
    made = await extractor.extract(conversation(*SAID, known=known))
    ids = {memory.id for memory in known} | {memory.id for memory in made.created}
    for version in made.versions:
        assert version.replaces in ids
        ids.add(version.memory.id)
    replaced = [version.replaces for version in made.versions]
    assert len(replaced) == len(set(replaced))
    assert {fold.memory_id for fold in made.folded} <= ids
    assert all(memory.session_id == "s1" for memory in made.created)
    assert all(set(memory.sources) <= {"m1", "m2", "m3"} and memory.sources for memory in made.created)
