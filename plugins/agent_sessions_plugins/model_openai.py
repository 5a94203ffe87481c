"""The model kind ``openai``: a model behind any OpenAI-compatible endpoint that takes a JSON schema for its answer.

OpenAI itself, Ollama, vLLM, llama.cpp, OpenRouter ... Needs the extra ``openai``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, ValidationError

from agent_sessions.domain.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from agent_sessions.ports import StructuredModel

USUAL_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a model of one's own wants no key; the library insists on some text."""


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
    key = _key(read)
    try:
        from .openai_structured import OpenAIModel  # an optional library, and slow to load
    except ImportError as error:
        raise MissingExtra("extraction.model", "openai") from error
    return OpenAIModel(read, api_key=key)


def _key(options: ModelOptions) -> str:
    """The key; a missing one is a mistake unless the endpoint is one's own and no key was named."""
    own = options.base_url is not None and not (options.base_url.host or "").endswith(".openai.com")
    if options.api_key_env is None and own:
        return NO_KEY  # never send OpenAI's key to somebody else
    name = options.api_key_env or USUAL_KEY
    if not (key := os.environ.get(name)):
        raise ConfigError(f"extraction.api_key_env: the environment has no {name}")
    return key
