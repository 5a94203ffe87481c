"""The vectors of one index, compared exactly: how alike in meaning each document is to a question.

Needs numpy, which the extra ``embeddings`` brings: nothing else of recall does, and nothing else imports this module
unless embeddings are wanted. Knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.domain.errors import MissingExtra

try:
    import numpy as np
except ImportError as missing:
    raise MissingExtra("comparing embeddings", "embeddings") from missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_CHUNK = 4_096
"""Rows compared at a time: bounds what is widened from half to single precision at once."""
_SMALLEST = 64
_TINY = 1e-9
_NEAREST = 150
_USUAL_SPREAD = 0.1
_PLACES = 4
"""Beyond them the order in which documents came shows."""
_FEW = 20
"""Cosines of so many documents say as much about how far cosines spread as is known of models in general."""


def packed(vector: Sequence[float]) -> bytes:
    """A vector as unit length, half precision, little endian: two bytes a dimension, for keeping in a store."""
    exact = np.asarray(vector, dtype=np.float32)
    unit = exact / max(float(np.linalg.norm(exact)), _TINY)
    return unit.astype("<f2").tobytes()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a question the documents of an index are, in spreads above or below their mean.

    On that scale models can be exchanged, whatever cosines they are used to; 0 says nothing either way. ``nearest``:
    the ids of the documents most alike, the most alike first (ties by id).
    """

    nearest: Sequence[str]
    _rows: Mapping[str, int]
    _values: Sequence[float]

    def of(self, document_id: str) -> float:
        """0 for a document without a vector, as for the mean."""
        row = self._rows.get(document_id)
        return 0.0 if row is None else self._values[row]


class Vectors:
    """The vectors of one index, by document id; two bytes a dimension. All are of the length of the one added last:
    those of another length are of another model, and forgotten."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._matrix: NDArray[np.float16] = np.zeros((_SMALLEST, 0), dtype="<f2")

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, document_id: str) -> bool:
        return document_id in self._rows

    def add(self, document_id: str, vector: bytes) -> None:
        """Keep a ``packed`` vector, in place of the one known for that id."""
        read = np.frombuffer(vector, dtype="<f2")
        if len(read) != self._matrix.shape[1]:
            self._begin(len(read))
        row = self._rows.setdefault(document_id, len(self._ids))
        if row == len(self._ids):
            self._ids.append(document_id)
            self._make_room()
        self._matrix[row] = read

    def remove(self, document_id: str) -> None:
        """Forget a vector, if there is one."""
        row = self._rows.pop(document_id, None)
        if row is not None:
            self._close_gap(row)

    def likeness(self, question: Sequence[float]) -> Likeness | None:
        """How alike all documents are to a question; None where there is nothing to compare."""
        if not self._ids or len(question) != self._matrix.shape[1]:
            return None
        asked = np.frombuffer(packed(question), dtype="<f2").astype(np.float32)
        cosines = np.concatenate([self._chunk(start) @ asked for start in range(0, len(self._ids), _CHUNK)])
        spread = (len(cosines) * float(cosines.std()) + _FEW * _USUAL_SPREAD) / (len(cosines) + _FEW)
        return Likeness(
            self._nearest(cosines), self._rows, ((cosines - cosines.mean()) / spread).round(_PLACES).tolist()
        )

    def _nearest(self, cosines: NDArray[np.float32]) -> Sequence[str]:
        few = len(cosines) <= _NEAREST
        kept = range(len(cosines)) if few else np.flatnonzero(cosines >= np.partition(cosines, -_NEAREST)[-_NEAREST])
        found = sorted((-float(cosines[row]), self._ids[row]) for row in kept)
        return [document_id for _, document_id in found[:_NEAREST]]

    def _chunk(self, start: int) -> NDArray[np.float32]:
        return self._matrix[start : min(start + _CHUNK, len(self._ids))].astype(np.float32)

    def _begin(self, dimensions: int) -> None:
        self._ids, self._rows = [], {}
        self._matrix = np.zeros((_SMALLEST, dimensions), dtype="<f2")

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
