"""Finding by meaning: a help that costs nobody an answer, tells nobody anything, and is paid for once."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

pytest.importorskip("numpy", reason="the extra 'embeddings' is not installed")

from agent_sessions.recall.search.document import Kind
from agent_sessions.registry import EMBEDDINGS, Registry
from agent_sessions.services.embedding import REST

from .embedding_endpoint import EmbeddingEndpoint
from .remembering import ANN, BEN, remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from aiohttp.test_utils import TestServer

    from agent_sessions.ports import Embedder, EmbedderFactory
    from agent_sessions.testing import FakeClock

    from .remembering import Memory

LIMITS = dict.fromkeys(Kind, 5)
TALK = ("U: Our hamster escaped", "A: Oh no!", "U: The shares fell", "A: I see.", "U: Now I must go", "A: Bye!")


@pytest.fixture
def endpoint() -> EmbeddingEndpoint:
    return EmbeddingEndpoint()


@pytest.fixture
async def embedder(
    endpoint: EmbeddingEndpoint,
    aiohttp_server: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Embedder]:
    server: TestServer = await aiohttp_server(endpoint.app())
    monkeypatch.setenv("MEANING_KEY", "of-meaning")
    factory: EmbedderFactory = Registry[Any](EMBEDDINGS).find("openai")
    options = {"model": "m", "base_url": str(server.make_url("/v1")), "api_key_env": "MEANING_KEY", "max_retries": 0}
    made = factory(options)
    yield made
    await made.close()


async def told(memory: Memory) -> None:
    """Ann said what she says, each in a session of its own, and all of it has its meaning."""
    for line in TALK:
        await memory.session(ANN, line)
    await memory.indexes.embedded(ANN)


async def test_what_shares_no_word_is_found(
    tmp_path: Path, clock: FakeClock, embedder: Embedder, endpoint: EmbeddingEndpoint
) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        await told(memory)
        assert (await memory.texts(ANN, "zoology"))[0] == "Our hamster escaped"
        assert (await memory.texts(ANN, "economics"))[0] == "The shares fell"
        survey = await memory.local.survey(ANN, ["economics"], now=clock.now(), zone=UTC, limits=LIMITS)
        assert survey.messages[0].text == "The shares fell"
        assert set(endpoint.keys) == {"Bearer of-meaning"}


async def test_without_a_model_it_is_not(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await told(memory)
        assert await memory.texts(ANN, "zoology") == []


async def test_what_is_said_and_remembered_later_has_its_meaning_soon(
    tmp_path: Path, clock: FakeClock, embedder: Embedder
) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        await told(memory)
        await memory.processed(ANN, "U: I live in Porto")
        await memory.indexes.embedded(ANN)
        found = await memory.recall(ANN, "residence")
        assert {each.kind.value for each in found if "Porto" in each.text} == {"message", "memory", "summary"}


async def test_nobody_is_told_what_others_said(tmp_path: Path, clock: FakeClock, embedder: Embedder) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        await told(memory)
        await memory.session(BEN, "U: I play the guitar", "A: Lovely!")
        await memory.indexes.embedded(BEN)
        for question in ("zoology", "economics", "music", "residence"):
            assert set(await memory.texts(BEN, question)) <= {"I play the guitar", "Lovely!"}
            assert "I play the guitar" not in await memory.texts(ANN, question)


async def test_no_text_is_embedded_twice(
    tmp_path: Path, clock: FakeClock, embedder: Embedder, endpoint: EmbeddingEndpoint
) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        await told(memory)
        await memory.processed(ANN, "U: I live in Porto")
        await memory.indexes.embedded(ANN)
        assert len(endpoint.texts) == len(set(endpoint.texts))
        memory.indexes.drop(ANN)  # as after a restart
        endpoint.texts.clear()
        assert (await memory.texts(ANN, "zoology"))[0] == "Our hamster escaped"
        await memory.indexes.embedded(ANN)
        assert endpoint.texts == ["zoology"]


@pytest.mark.parametrize("gone", ["session", "user", "memory"])
async def test_nothing_is_kept_of_what_is_forgotten(
    tmp_path: Path, clock: FakeClock, embedder: Embedder, gone: str
) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        session = await memory.processed(ANN, "U: I live in Porto")
        await memory.indexes.embedded(ANN)
        assert len(await memory.store.embeddings(ANN, model=embedder.name)) == 3
        if gone == "session":
            await memory.sessions.remove(ANN, session.id)
        elif gone == "memory":
            [kept] = await memory.store.current_memories(ANN)
            await memory.store.remove_memory(ANN, kept.memory.id, with_previous=False)
        else:
            await memory.users.erase(ANN)
            await memory.session(ANN, "U: Hello again")
        assert await memory.store.embeddings(ANN, model=embedder.name) == {}


async def test_words_must_do_while_the_model_fails(
    tmp_path: Path, clock: FakeClock, embedder: Embedder, endpoint: EmbeddingEndpoint
) -> None:
    async with remembering(tmp_path, clock, embedder=embedder) as memory:
        endpoint.status = 500
        with capture_logs() as logged:
            await told(memory)
            assert (await memory.texts(ANN, "hamster"))[0] == "Our hamster escaped"
            assert await memory.texts(ANN, "zoology") == []
        [warning] = [each for each in logged if each["event"] == "embedding_failed"]
        assert warning["log_level"] == "warning"
        assert "sk-secret" not in str(warning)
        asked = len(endpoint.texts)
        await memory.texts(ANN, "zoology")
        assert len(endpoint.texts) == asked  # it is left in peace
        endpoint.status = 200
        clock.step(REST)
        await memory.indexes.embedded(ANN)
        assert (await memory.texts(ANN, "zoology"))[0] == "Our hamster escaped"


async def test_nobody_waits_for_a_model_that_does_not_answer(
    tmp_path: Path, clock: FakeClock, embedder: Embedder, endpoint: EmbeddingEndpoint
) -> None:
    endpoint.stalled = True
    patience = timedelta(milliseconds=50)
    async with remembering(tmp_path, clock, embedder=embedder, patience=patience) as memory:
        await memory.session(ANN, *TALK)
        with capture_logs() as logged:
            assert (await memory.texts(ANN, "hamster"))[0] == "Our hamster escaped"
        assert [each["reason"] for each in logged if each["event"] == "embedding_failed"] == [
            "the model did not answer in time"
        ]


class Broken:
    """A plugin with a mistake in it."""

    name = "broken"

    async def embed(self, texts: object) -> list[list[float]]:
        raise ZeroDivisionError

    async def close(self) -> None:
        pass


class Miscounting(Broken):
    """One vector, whatever it is asked."""

    async def embed(self, texts: object) -> list[list[float]]:
        return [[1.0], [2.0], [3.0]]


@pytest.mark.parametrize("plugin", [Broken(), Miscounting()])
async def test_a_plugins_mistake_takes_no_answer_away(tmp_path: Path, clock: FakeClock, plugin: Embedder) -> None:
    async with remembering(tmp_path, clock, embedder=plugin) as memory:
        await memory.session(ANN, *TALK)
        assert (await memory.texts(ANN, "hamster"))[0] == "Our hamster escaped"
