"""The agent kind ``openai``: a model behind any endpoint that speaks OpenAI's chat completions, streamed.

OpenAI itself, Ollama, vLLM, llama.cpp, OpenRouter ... Needs the extra ``openai``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AnyHttpUrl, Field

from agent_sessions.domain.errors import MissingExtra

from .named_secrets import required_secret
from .options import Options, read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent_sessions.domain.agent import Character
    from agent_sessions.ports import Agent

USUAL_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a model of one's own wants no key; the library insists on some text."""


class OpenAIOptions(Options):
    """``api_key_env`` names the secret or environment variable that holds the key. ``timeout``: the longest silence of
    the endpoint, in seconds. ``max_retries``: how often a request that failed in passing is sent again. ``extra_body``:
    further members of the request."""

    model: str = Field(min_length=1)
    base_url: AnyHttpUrl | None = None
    api_key_env: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, gt=0)
    timeout: float = Field(default=60, gt=0)
    max_retries: int = Field(default=2, ge=0, le=10)
    vision: bool = False
    extra_body: dict[str, Any] = Field(default_factory=dict)


def create(character: Character, options: Mapping[str, Any]) -> Agent:
    """An agent of this kind. Raises ConfigError for a wrong option or a missing key, MissingExtra."""
    read = read_options(OpenAIOptions, options, character=character)
    key = _key(read, character)
    try:
        from .openai_chat import OpenAIAgent  # an optional library, and slow to load
    except ImportError as error:
        raise MissingExtra("The agent kind 'openai'", "openai") from error
    return OpenAIAgent(read, api_key=key)


def _key(options: OpenAIOptions, character: Character) -> str:
    """The key; a missing one is a mistake unless the endpoint is one's own and no key was named."""
    if options.api_key_env is not None:
        return required_secret(options.api_key_env, character, option="api_key_env")
    if options.base_url is not None and not (options.base_url.host or "").endswith(".openai.com"):
        return NO_KEY  # never send OpenAI's key to somebody else
    return required_secret(USUAL_KEY, character, option="api_key_env")
