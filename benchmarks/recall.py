"""Measures local recall: how often it finds the turns that answer a question, how fast, and in how much memory.

    python -m benchmarks.recall [--embeddings] [--no-speed]

Quality needs the labelled conversations of ``../shared/retrieval`` (beside the repository), which are read there and
never copied. Without them only the speed is measured, on sentences made up here.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
import statistics
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_sessions.domain.memory import Role
from agent_sessions.recall.document import Document, Kind
from agent_sessions.recall.index import RecallIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Search = Callable[[str, int], list[str]]
    Ingest = Callable[[list[Document]], Search]

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "retrieval"
SETS = ("locomo", "realtalk", "beam100k")
HITS = 50
NEAREST = 200
_ROLES = {role.value: role for role in Role}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embeddings", action="store_true", help="also score with the local embedding model")
    parser.add_argument("--no-speed", action="store_true", help="quality only")
    chosen = parser.parse_args()
    for ingest, name in _engines(embeddings=chosen.embeddings):
        print_quality(ingest, name)
    if not chosen.no_speed:
        print_speed()


def _engines(*, embeddings: bool) -> Iterator[tuple[Ingest, str]]:
    yield into_index, "no model"
    if embeddings:
        yield _with_embeddings(), "with embeddings"


def into_index(documents: list[Document]) -> Search:
    """Ingest one conversation; gives the function that answers a question with document ids, best first."""
    index = RecallIndex()
    index.add(documents)
    now = max(document.at for document in documents)
    return lambda question, limit: [hit.id for hit in index.search(question, now=now, limit=limit)]


def _with_embeddings() -> Ingest:
    from agent_sessions.recall.embed import Vectors, packed
    from agent_sessions_plugins.embed_minilm import MiniLM

    model = MiniLM()

    def ingest(documents: list[Document]) -> Search:
        index, vectors = RecallIndex(), Vectors(model.dimensions)
        index.add(documents)
        for document, vector in zip(documents, model.embed([document.text for document in documents]), strict=True):
            vectors.add(document.id, packed(vector))
        now = max(document.at for document in documents)

        def search(question: str, limit: int) -> list[str]:
            near = vectors.nearest(model.embed([question])[0], limit=NEAREST)
            return [hit.id for hit in index.search(question, now=now, limit=limit, likeness=near)]

        return search

    return ingest


# --- quality ---------------------------------------------------------------------------------------------------------


def print_quality(ingest: Ingest, name: str) -> None:
    if not LABELLED.is_dir():
        print(f"quality skipped: no labelled conversations at {LABELLED}")
        return
    scorer = _scorer()
    for each in SETS:
        labelled = json.loads(gzip.decompress((LABELLED / f"{each}-dev.json.gz").read_bytes()))
        results = {
            key: found for conversation in labelled["conversations"] for key, found in _answers(conversation, ingest)
        }
        scores, _ = scorer.evaluate(labelled, results)
        print(scorer.table(scores, f"\n{each}, {name}"), flush=True)


def _answers(conversation: dict[str, Any], ingest: Ingest) -> Iterator[tuple[tuple[str, str], list[str]]]:
    search = ingest(list(_documents(conversation)))
    for question in conversation["questions"]:
        yield (conversation["id"], question["id"]), search(question["question"], HITS)


def _documents(conversation: dict[str, Any]) -> Iterator[Document]:
    for seq, turn in enumerate(conversation["turns"]):
        role = _ROLES.get(turn["speaker"])
        yield Document(
            id=turn["id"],
            kind=Kind.MESSAGE,
            session_id=turn["session"],
            seq=seq,
            at=datetime.fromisoformat(turn["time"]).replace(tzinfo=UTC),
            text=turn["text"],
            role=role or Role.USER,
            speaker=None if role else turn["speaker"],
        )


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("evaluate", LABELLED / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- speed -----------------------------------------------------------------------------------------------------------

_VOCABULARY = 12_000
_STARTS = datetime(2024, 1, 1, tzinfo=UTC)
_LETTERS = ("ka", "ri", "mo", "ten", "sul", "vi", "dor", "pan", "lek", "shi", "bu", "na", "gor", "fe", "wim", "zet")


def print_speed() -> None:
    print("\nspeed and memory (made-up turns of 12 to 35 words, word frequencies as in English)")
    for turns in (600, 2_000, 10_000):
        print(_measured(turns))


def _measured(turns: int) -> str:
    rng = random.Random(7)
    words = _words(rng)
    documents = list(_turns(turns, words, rng))
    index = RecallIndex()
    began = time.perf_counter()
    index.add(documents)
    indexing = turns / (time.perf_counter() - began)
    spent = sorted(_timed(index, _asked(words, rng)) for _ in range(200))
    return (
        f"{turns:7,} turns: indexing {indexing:8,.0f} turns/s, search p50 {1e3 * statistics.median(spent):6.2f} ms, "
        f"p95 {1e3 * spent[int(0.95 * len(spent))]:6.2f} ms, {_bytes_a_turn(documents):4.0f} B a turn"
    )


def _timed(index: RecallIndex, question: str) -> float:
    began = time.perf_counter()
    index.search(question, now=_STARTS + timedelta(days=400), limit=50)
    return time.perf_counter() - began


def _bytes_a_turn(documents: list[Document]) -> float:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    index = RecallIndex()
    index.add(documents)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / len(index)


def _words(rng: random.Random) -> list[str]:
    known = [
        "work",
        "home",
        "family",
        "weekend",
        "trip",
        "book",
        "movie",
        "food",
        "friend",
        "doctor",
        "birthday",
        "dog",
    ]
    made = {"".join(rng.choices(_LETTERS, k=rng.randint(2, 4))) for _ in range(_VOCABULARY)}
    rest = sorted(made)
    rng.shuffle(rest)
    return known + rest


def _picked(words: list[str], rng: random.Random, count: int) -> list[str]:
    """Words by Zipf's law, as people use them."""
    return [words[int(len(words) ** rng.random()) - 1] for _ in range(count)]


def _turns(count: int, words: list[str], rng: random.Random) -> Iterator[Document]:
    for number in range(count):
        yield Document(
            id=f"{number:08x}-0000-4000-8000-{rng.getrandbits(48):012x}",
            kind=Kind.MESSAGE,
            session_id=f"session-{number // 25}",
            seq=number,
            at=_STARTS + timedelta(minutes=50 * number),
            text=" ".join(_picked(words, rng, rng.randint(8, 25)) + ["i went to the"] * 2),
            role=Role.USER if number % 2 else Role.ASSISTANT,
        )


def _asked(words: list[str], rng: random.Random) -> str:
    return f"When did I {' '.join(_picked(words, rng, rng.randint(3, 8)))}?"


if __name__ == "__main__":
    main()
