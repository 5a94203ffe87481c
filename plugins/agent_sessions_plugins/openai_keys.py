"""Which key an OpenAI-compatible endpoint is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent_sessions.domain.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import AnyHttpUrl

USUAL_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""Sent where a model of one's own wants no key; the library insists on some text."""


def key_for(base_url: AnyHttpUrl | None, api_key_env: str | None, *, setting: str) -> str:
    """The key; a missing one is a mistake in ``setting`` unless the endpoint is one's own and no key was named."""
    own = base_url is not None and not (base_url.host or "").endswith(".openai.com")
    if api_key_env is None and own:
        return NO_KEY  # never send OpenAI's key to somebody else
    name = api_key_env or USUAL_KEY
    if not (key := os.environ.get(name)):
        raise ConfigError(f"{setting}: the environment has no {name}")
    return key
