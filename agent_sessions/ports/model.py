"""A language model that answers in JSON of a given form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ..domain.errors import AgentSessionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class ModelFailed(AgentSessionsError):
    """The model gave no answer that can be used. The message names the kind of failure, never texts or keys."""

    code = "MODEL_FAILED"


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model answered, JSON as text, and how many tokens question and answer took."""

    text: str
    tokens: int


class StructuredModel(Protocol):
    """A language model that answers in JSON of a given form. Nothing it answers is trusted by whoever asks."""

    async def ask(self, instructions: str, question: str, *, schema: Mapping[str, Any]) -> ModelAnswer:
        """The answer to the question, meant to fit the JSON schema. Raises ModelFailed."""

    async def close(self) -> None:
        """Let go of what it holds."""


StructuredModelFactory: TypeAlias = "Callable[[Mapping[str, Any]], StructuredModel]"
"""An entry point of group ``agent_sessions.models``: from options to a model.

Raises ConfigError that names the option, or MissingExtra.
"""
