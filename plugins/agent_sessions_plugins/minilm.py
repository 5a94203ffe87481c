"""The sentence model all-MiniLM-L6-v2, computed with numpy alone: BERT, six layers, mean pooling, unit length.

As in the files beside the weights. Meant for English.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from agent_sessions.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

_DIMENSIONS = 384
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12
_MOST_TOKENS = 128
"""Half of what the model was made for: what a message is about it says first, and time grows with length."""
_BATCH_TOKENS = 512
"""Padded tokens computed at once; more gains nothing on a processor and costs its cache."""


class MiniLM:
    """The model. About 90 MB; safe to use from several threads."""

    dimensions = _DIMENSIONS

    def __init__(self, folder: Path, *, most_tokens: int = _MOST_TOKENS) -> None:
        """``folder`` holds model.safetensors and tokenizer.json. Raises ConfigError when it does not."""
        for needed in ("model.safetensors", "tokenizer.json"):
            if not (folder / needed).is_file():
                raise ConfigError(f"no {needed} in {folder}")
        self._weights = read_safetensors(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=most_tokens)

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """One unit vector per text, in order."""
        tokens = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        vectors: list[Sequence[float]] = [()] * len(tokens)
        for batch in _batches(tokens):
            for place, vector in zip(batch, self._forward([tokens[place] for place in batch]), strict=True):
                vectors[place] = vector.tolist()
        return vectors

    def _forward(self, batch: list[list[int]]) -> Matrix:
        """Unit vectors of texts, given as tokens."""
        width = max(map(len, batch))
        ids = np.array([tokens + [0] * (width - len(tokens)) for tokens in batch])
        present = np.array([[1.0] * len(tokens) + [0.0] * (width - len(tokens)) for tokens in batch], dtype=np.float32)
        states = self._embedded(ids)
        masked = (present[:, None, None, :] - 1) * np.float32(1e9)
        for layer in range(_LAYERS):
            states = self._layer(states, f"encoder.layer.{layer}", masked)
        mean = (states * present[:, :, None]).sum(1) / present.sum(1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _embedded(self, ids: NDArray[np.int64]) -> Matrix:
        weights = self._weights
        summed = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        return self._normed(summed, "embeddings.LayerNorm")

    def _layer(self, states: Matrix, name: str, masked: Matrix) -> Matrix:
        seen = self._attention(states, f"{name}.attention.self", masked)
        seen = self._normed(
            states + self._dense(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = _gelu(self._dense(seen, f"{name}.intermediate.dense"))
        return self._normed(seen + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, states: Matrix, name: str, masked: Matrix) -> Matrix:
        texts, width, _ = states.shape
        query, key, value = (
            self._dense(states, f"{name}.{part}").reshape(texts, width, _HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(_DIMENSIONS // _HEADS)) + masked
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray((scores @ value).transpose(0, 2, 1, 3).reshape(texts, width, _DIMENSIONS))

    def _dense(self, states: Matrix, name: str) -> Matrix:
        rows = states.reshape(-1, states.shape[-1]) @ self._weights[f"{name}.weight"].T
        rows += self._weights[f"{name}.bias"]
        return rows.reshape(*states.shape[:-1], -1)

    def _normed(self, states: Matrix, name: str) -> Matrix:
        centred = states - states.mean(-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(_EPSILON))
        return np.asarray(centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


def read_safetensors(path: Path) -> dict[str, Matrix]:
    """The single-precision tensors of a file (https://github.com/huggingface/safetensors#format), aligned in memory."""
    with path.open("rb") as file:
        header_size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_size))
    mapped = np.memmap(path, mode="r", offset=8 + header_size)
    return {
        name: np.array(mapped[slice(*entry["data_offsets"])]).view("<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of texts of like length together, so that little is padded."""
    batch: list[int] = []
    for place in sorted(range(len(tokens)), key=lambda place: len(tokens[place])):
        if batch and (len(batch) + 1) * len(tokens[place]) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _gelu(states: Matrix) -> Matrix:
    """In the tanh form of Hendrycks and Gimpel (arXiv 1606.08415): cosines move by less than a thousandth."""
    inner = np.square(states)
    inner *= np.float32(0.044715)
    inner += 1
    inner *= states
    inner *= np.float32(math.sqrt(2 / math.pi))
    np.tanh(inner, out=inner)
    inner += 1
    inner *= states
    inner *= np.float32(0.5)
    return inner
