"""The model kind ``openai``: a model behind any OpenAI-compatible endpoint that takes a JSON schema for its answer.

OpenAI itself, Ollama, vLLM, llama.cpp, OpenRouter ... Needs the extra ``openai``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, ValidationError

from agent_sessions.domain.errors import ConfigError, MissingExtra

from .openai_keys import key_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from agent_sessions.ports import StructuredModel


class ModelOptions(BaseModel):
    """``api_key_env`` names the environment variable that holds the key. ``max_retries``: how often a request that
    failed in passing is sent again."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str = Field(min_length=1)
    base_url: AnyHttpUrl | None = None
    api_key_env: str | None = None
    max_retries: int = Field(default=2, ge=0, le=10)


def create(options: Mapping[str, Any]) -> StructuredModel:
    """A model of this kind. Raises ConfigError for a wrong option or a missing key, MissingExtra."""
    try:
        read = ModelOptions.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise ConfigError(f"extraction: option '{where}': {problem['msg']}") from error
    key = key_for(read.base_url, read.api_key_env, setting="extraction.api_key_env")
    try:
        from .openai_structured import OpenAIModel  # an optional library, and slow to load
    except ImportError as error:
        raise MissingExtra("extraction.model", "openai") from error
    return OpenAIModel(read, api_key=key)
