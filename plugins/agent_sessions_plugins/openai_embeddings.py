"""Asking an OpenAI-compatible endpoint what texts mean, through the official library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai

from agent_sessions.ports import ModelFailed

from .openai_structured import FAILURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .embed_openai import EmbeddingOptions


class OpenAIEmbedder:
    """Implements :class:`~agent_sessions.ports.Embedder`."""

    def __init__(self, options: EmbeddingOptions, *, api_key: str) -> None:
        self.name = _name(options)
        self._model = options.model
        self._dimensions = options.dimensions or openai.omit
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=str(options.base_url) if options.base_url else None,
            max_retries=options.max_retries,
        )

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector per text. Raises ModelFailed."""
        if not texts:
            return []
        try:
            answer = await self._client.embeddings.create(
                model=self._model, input=list(texts), dimensions=self._dimensions, encoding_format="float"
            )
        except openai.BadRequestError as error:
            raise ModelFailed(
                "the model's provider refused the request; perhaps it is no model for embeddings"
            ) from error
        except (openai.OpenAIError, ValueError) as error:
            raise ModelFailed(next(words for kind, words in FAILURES if isinstance(error, kind))) from error
        return [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()


def _name(options: EmbeddingOptions) -> str:
    """Model, host and length: what makes vectors comparable."""
    host = options.base_url.host if options.base_url else "api.openai.com"
    return f"{options.model}@{host}" + (f"/{options.dimensions}" if options.dimensions else "")
