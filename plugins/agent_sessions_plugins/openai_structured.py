"""Asking an OpenAI-compatible endpoint for JSON of a given form, through the official library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai

from agent_sessions.ports import ModelAnswer, ModelFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai.types.chat import ChatCompletion

    from .model_openai import ModelOptions

CHARACTERS_PER_TOKEN = 4
"""About; for endpoints that do not say how many tokens an answer took."""

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (openai.APITimeoutError, "the model did not answer in time"),
    (openai.APIConnectionError, "the model cannot be reached or broke off"),
    (openai.AuthenticationError, "the model's provider does not accept this server's key"),
    (openai.PermissionDeniedError, "the model's provider does not allow this server to use the model"),
    (openai.NotFoundError, "the model's provider does not have this model"),
    (openai.RateLimitError, "the model's provider takes no more requests for now"),
    (openai.BadRequestError, "the model's provider refused the request; perhaps it takes no JSON schema"),
    (openai.OpenAIError, "the model's provider failed"),
    (ValueError, "the model's provider sent something that cannot be read"),
)
"""What is told, by the first class that fits. Never the provider's own words: they quote keys and requests."""


class OpenAIModel:
    """Implements :class:`~agent_sessions.ports.StructuredModel`."""

    def __init__(self, options: ModelOptions, *, api_key: str) -> None:
        self._model = options.model
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=str(options.base_url) if options.base_url else None,
            max_retries=options.max_retries,
        )

    async def ask(self, instructions: str, question: str, *, schema: Mapping[str, Any]) -> ModelAnswer:
        """The model's answer. Raises ModelFailed."""
        form: Any = {"name": "answer", "schema": dict(schema), "strict": True}
        try:
            completion = await self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": "system", "content": instructions}, {"role": "user", "content": question}],
                response_format={"type": "json_schema", "json_schema": form},
            )
        except (openai.OpenAIError, ValueError) as error:
            raise ModelFailed(next(words for kind, words in FAILURES if isinstance(error, kind))) from error
        text = _text(completion)
        said = len(instructions) + len(question) + len(text)
        return ModelAnswer(text, completion.usage.total_tokens if completion.usage else said // CHARACTERS_PER_TOKEN)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()


def _text(completion: ChatCompletion) -> str:
    """The whole answer. Raises ModelFailed when the model refused, or was cut off."""
    if not completion.choices:
        raise ModelFailed("the model's provider sent no answer")
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelFailed("the model refused to answer")
    if choice.finish_reason == "length":
        raise ModelFailed("the model's answer was cut off")
    return choice.message.content or ""
