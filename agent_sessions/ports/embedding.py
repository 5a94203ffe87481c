"""What texts mean, as vectors: the model that says so, and where its answers are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .memory import Owner


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike in meaning they are.

    ``name`` tells vectors of different models apart where they are kept: two that are not comparable differ in it.
    """

    name: str

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector per text, in order, all of one length; of a text the same whatever stands beside it, to rounding.

        Does not block the event loop. Raises ModelFailed.
        """

    async def close(self) -> None:
        """Let go of what it holds."""


EmbedderFactory: TypeAlias = "Callable[[Mapping[str, Any]], Embedder]"
"""An entry point of group ``agent_sessions.embeddings``: from options to an embedder.

Raises ConfigError that names the option, or MissingExtra.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The vector of something said in a session or made from it. ``digest`` says of which text.

    ``memory_id``: the memory whose text it is; ``seq``: the message's row; None and None: a summary.
    """

    session_id: str
    digest: str
    vector: bytes
    memory_id: str | None = None
    seq: int | None = None


class EmbeddingStore(Protocol):
    """Vectors, kept so that no text is embedded twice. They go with the session, memory or user they tell of."""

    async def embeddings(self, owner: Owner, *, model: str) -> Mapping[str, bytes]:
        """All of the owner's vectors by this model, by digest. Raises UserNotFound."""

    async def keep_embeddings(self, owner: Owner, embedded: Sequence[Embedded], *, model: str) -> None:
        """Keep vectors. Those of what is there no more are left out. Raises UserNotFound."""
