"""Measures local recall: how often it finds the turns that answer a question, and how fast.

    python -m benchmarks.recall [--no-quality] [--no-speed] [--million] [--embeddings minilm]

Conversations go in by the services behind the memory wire (a session each, its messages, then processed) and are
recalled by the backend that agents ask. What is found counts as the turns it was made from, best first.

Quality needs the labelled conversations of ``../shared/retrieval`` (beside the repository), which are read there and
never copied. Without them only the speed is measured, on sentences made up here.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib.util
import json
import logging
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from agent_sessions.domain.errors import ConfigError
from agent_sessions.domain.log import Message
from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import Question
from agent_sessions.ports import Owner
from agent_sessions.recall.language.stopwords import STOP_WORDS
from agent_sessions.registry import EMBEDDINGS, Registry

from .recall_speed import print_speed
from .remembering import remembering

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agent_sessions.domain.recalled import Recalled
    from agent_sessions.ports import Embedder, EmbedderFactory

    from .remembering import Remembering

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "retrieval"
SETS = ("locomo", "realtalk", "beam100k")
IN_THE_BOX = "minilm"
HITS = 50
QUIET = timedelta(minutes=10)
ROLES = {role.value: role for role in Role}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-quality", action="store_true", help="speed only")
    parser.add_argument("--no-speed", action="store_true", help="quality only")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 turns of 500 users (takes minutes)")
    parser.add_argument("--embeddings", metavar="NAME", help="an embedder; minilm where its weights are installed")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if not chosen.no_quality:
        asyncio.run(print_quality(_embedders(chosen.embeddings)))
    if not chosen.no_speed:
        asyncio.run(print_speed(million=chosen.million))


async def print_quality(embedders: Mapping[str, Embedder | None]) -> None:
    """The tables of each labelled set, one for every embedder (None: words alone)."""
    if not LABELLED.is_dir():
        print(f"quality skipped: no labelled conversations at {LABELLED}")
        return
    scorer = _scorer()
    for each in SETS:
        labelled = json.loads(gzip.decompress((LABELLED / f"{each}-dev.json.gz").read_bytes()))
        for name, embedder in embedders.items():
            results: dict[tuple[str, str], list[str]] = {}
            for conversation in labelled["conversations"]:
                results |= await _answers(conversation, embedder)
            scores, _ = scorer.evaluate(labelled, results)
            print(scorer.table(scores, f"\n{each}, {name}"), flush=True)
        plain = {key: found for conversation in labelled["conversations"] for key, found in _by_fts5(conversation)}
        scores, _ = scorer.evaluate(labelled, plain)
        print(scorer.table(scores, f"\n{each}, by plain SQLite FTS5 for comparison"), flush=True)


def _embedders(named: str | None) -> dict[str, Embedder | None]:
    """What is tried: no model, and the one named, or the one in the box where it can be had."""
    kinds: Registry[EmbedderFactory] = Registry(EMBEDDINGS)
    try:
        model = kinds.find(named or IN_THE_BOX)({})
    except ConfigError as missing:
        if named:
            raise SystemExit(str(missing)) from missing
        print(f"only without a model: {missing}")
        return {"no model": None}
    return {"no model": None, f"with {model.name}": model}


async def _answers(conversation: dict[str, Any], embedder: Embedder | None) -> dict[tuple[str, str], list[str]]:
    """The turns found for each question, best first."""
    async with remembering(embedder) as services:
        owner = Owner("default", conversation["id"])
        await services.users.create(owner)
        turns = await _take_in(services, owner, conversation["turns"])
        await services.indexes.embedded(owner)
        now = max(_time(turn) for turn in conversation["turns"])
        found = {}
        for question in conversation["questions"]:
            asked = Question(text=question["question"], now=now, limit=HITS)
            recalled = await services.memory.recall(owner, asked)
            found[conversation["id"], question["id"]] = _turns(recalled, turns)
        return found


async def _take_in(services: Remembering, owner: Owner, turns: list[dict[str, Any]]) -> dict[str, str]:
    """Say all turns in their sessions and have these processed; returns message id to turn id."""
    known: dict[str, str] = {}
    for _, said in groupby(turns, key=lambda turn: str(turn["session"])):
        session_turns = list(said)
        began = _time(session_turns[0])
        session = await services.sessions.open(owner, quiet=QUIET, created_at=began)
        for turn in session_turns:
            role = ROLES.get(turn["speaker"])
            speaker = None if role else turn["speaker"]
            await services.sessions.add_message(
                owner, session.id, role=role or Role.USER, text=turn["text"], speaker=speaker
            )
        await services.sessions.process(owner, session.id)
        page = await services.sessions.messages(owner, session.id, limit=len(session_turns))
        for entry, turn in zip(page.items, session_turns, strict=True):
            assert isinstance(entry.fact, Message)
            known[entry.fact.id] = turn["id"]
    await services.processor.settled()
    return known


def _by_fts5(conversation: dict[str, Any]) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """What full-text search alone finds: the porter stemmer, any of the question's words but the commonest, BM25."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE turns USING fts5 (id UNINDEXED, text, tokenize = 'porter unicode61')")
        said = ((turn["id"], turn["text"]) for turn in conversation["turns"])
        database.executemany("INSERT INTO turns VALUES (?, ?)", said)
        for question in conversation["questions"]:
            words = [word for word in re.findall(r"\w+", question["question"].lower()) if word not in STOP_WORDS]
            wanted = " OR ".join(f'"{word}"' for word in words)
            rows = database.execute(
                "SELECT id FROM turns WHERE turns MATCH ? ORDER BY bm25(turns), rowid LIMIT ?", (wanted or '""', HITS)
            )
            yield (conversation["id"], question["id"]), [row[0] for row in rows]


def _turns(recalled: Iterable[Recalled], turns: dict[str, str]) -> list[str]:
    """The turns behind what was recalled, each once; a summary stands for no turn."""
    return list(dict.fromkeys(turns[source] for each in recalled for source in each.sources))[:HITS]


def _time(turn: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(turn["time"]).replace(tzinfo=UTC)


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("evaluate", LABELLED / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
