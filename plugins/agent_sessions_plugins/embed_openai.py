"""The embedder ``openai``: a model behind any OpenAI-compatible endpoint (extras ``openai`` and ``embeddings``).

OpenAI itself, Ollama, vLLM, llama.cpp, LiteLLM ... Texts of conversations are sent there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from agent_sessions.domain.errors import MissingExtra

from .embedding_options import checked
from .openai_keys import key_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from agent_sessions.ports import Embedder


class EmbeddingOptions(BaseModel):
    """``base_url``: None means OpenAI. ``api_key_env`` names the environment variable that holds the key.
    ``dimensions``: how long vectors are to be, for models that leave the choice."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str = Field(default="text-embedding-3-small", min_length=1)
    base_url: AnyHttpUrl | None = None
    api_key_env: str | None = None
    dimensions: int | None = Field(default=None, ge=1)
    max_retries: int = Field(default=1, ge=0, le=10)


def create(options: Mapping[str, Any]) -> Embedder:
    """The embedder. Raises ConfigError for a wrong option or a missing key, MissingExtra."""
    read = checked(EmbeddingOptions, options)
    key = key_for(read.base_url, read.api_key_env, setting="option 'api_key_env'")
    try:
        from .openai_embeddings import OpenAIEmbedder  # an optional library, and slow to load
    except ImportError as error:
        raise MissingExtra("memory.embeddings: openai", "openai") from error
    return OpenAIEmbedder(read, api_key=key)
