"""Likeness by meaning: what an embedding model must offer, and the vectors of one index, compared exactly.

Needs numpy, which the extra ``embeddings`` brings: nothing else of recall does, and nothing else imports this module
unless embeddings are wanted. Knows no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from agent_sessions.domain.errors import MissingExtra

try:
    import numpy as np
except ImportError as missing:
    raise MissingExtra("comparing embeddings", "embeddings") from missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_CHUNK = 4_096
"""Rows compared at a time: bounds what is widened from half to single precision at once."""
_SMALLEST = 64
_TINY = 1e-9


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike in meaning they are.

    ``name`` tells vectors of different models apart where they are stored; ``dimensions`` is their length. ``embed``
    gives one vector per text, in order, the same for a text whatever stands beside it (to rounding). It blocks, and is
    called from a worker thread.
    """

    name: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]: ...


def packed(vector: Sequence[float]) -> bytes:
    """A vector as unit length, half precision, little endian: two bytes a dimension, for keeping in a store."""
    exact = np.asarray(vector, dtype=np.float32)
    unit = exact / max(float(np.linalg.norm(exact)), _TINY)
    return unit.astype("<f2").tobytes()


class Vectors:
    """The vectors of one index, by document id; two bytes a dimension."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._matrix: NDArray[np.float16] = np.zeros((_SMALLEST, dimensions), dtype="<f2")

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, document_id: str, vector: bytes) -> None:
        """Keep a ``packed`` vector, in place of the one known for that id."""
        row = self._rows.setdefault(document_id, len(self._ids))
        if row == len(self._ids):
            self._ids.append(document_id)
            self._make_room()
        self._matrix[row] = np.frombuffer(vector, dtype="<f2", count=self._dimensions)

    def remove(self, document_ids: Iterable[str]) -> None:
        """Forget vectors; ids not known are passed over."""
        for document_id in document_ids:
            row = self._rows.pop(document_id, None)
            if row is not None:
                self._close_gap(row)

    def nearest(self, question: Sequence[float], *, limit: int) -> dict[str, float]:
        """The ``limit`` documents most like a question, most alike first (ties by id), with their cosine."""
        if not self._ids:
            return {}
        asked = np.frombuffer(packed(question), dtype="<f2").astype(np.float32)
        cosines = np.concatenate([self._chunk(start) @ asked for start in range(0, len(self._ids), _CHUNK)])
        kept = range(len(cosines)) if len(cosines) <= limit else np.flatnonzero(cosines >= self._least(cosines, limit))
        found = sorted((-float(cosines[row]), self._ids[row]) for row in kept)[:limit]
        return {document_id: -negated for negated, document_id in found}

    def _least(self, cosines: NDArray[np.float32], limit: int) -> float:
        return float(np.partition(cosines, len(cosines) - limit)[len(cosines) - limit])

    def _chunk(self, start: int) -> NDArray[np.float32]:
        return self._matrix[start : min(start + _CHUNK, len(self._ids))].astype(np.float32)

    def _make_room(self) -> None:
        if len(self._ids) > len(self._matrix):
            more = np.zeros_like(self._matrix)
            self._matrix = np.concatenate([self._matrix, more])

    def _close_gap(self, row: int) -> None:
        """The last row takes the place of one removed."""
        last = len(self._ids) - 1
        moved = self._ids[last]
        if row != last:
            self._matrix[row] = self._matrix[last]
            self._ids[row] = moved
            self._rows[moved] = row
        self._ids.pop()
