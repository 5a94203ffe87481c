"""Asking an OpenAI-compatible endpoint, through the official library, and telling its failures in words for clients."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import openai
import structlog

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed, AgentTimedOut

from .chat_turns import turns_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openai import AsyncStream
    from openai.types.chat import ChatCompletionChunk

    from agent_sessions.domain.agent import Context

    from .agent_openai import OpenAIOptions

logger = structlog.get_logger(__name__)

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (openai.APIConnectionError, "The model cannot be reached or broke off"),
    (openai.AuthenticationError, "The model's provider does not accept this server's key"),
    (openai.PermissionDeniedError, "The model's provider does not allow this server to use the model"),
    (openai.NotFoundError, "The model's provider does not have this model"),
    (openai.RateLimitError, "The model's provider takes no more requests for now; try again later"),
    (openai.BadRequestError, "The model's provider refused the request"),
    (openai.UnprocessableEntityError, "The model's provider refused the request"),
    (openai.OpenAIError, "The model's provider failed"),
    (ValueError, "The model's provider sent something that cannot be read"),
)
"""What clients are told, by the first class that fits."""


class OpenAIAgent:
    """Answers with what a model says, as it says it."""

    def __init__(self, options: OpenAIOptions, *, api_key: str) -> None:
        self._options = options
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=str(options.base_url) if options.base_url else None,
            timeout=options.timeout,
            max_retries=options.max_retries,
        )

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """The model's answer, piece by piece; what it thought, where the endpoint tells, comes last."""
        try:
            async with await self._asked(context) as stream, aclosing(_parts(stream)) as parts:
                async for part in parts:
                    yield part
        except openai.APITimeoutError as error:
            _note(error)
            raise AgentTimedOut("The model did not answer in time") from error
        except (openai.OpenAIError, ValueError) as error:
            _note(error)
            raise AgentFailed(_told(error)) from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    async def _asked(self, context: Context) -> AsyncStream[ChatCompletionChunk]:
        options = self._options
        messages: Any = turns_of(context, vision=options.vision)  # plain JSON of the form the library has types for
        return await self._client.chat.completions.create(
            model=options.model,
            messages=messages,
            stream=True,
            temperature=openai.omit if options.temperature is None else options.temperature,
            max_tokens=openai.omit if options.max_tokens is None else options.max_tokens,
            extra_body=options.extra_body,
        )


async def _parts(stream: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[ReplyPart]:
    thoughts: list[str] = []
    async for chunk in stream:
        for choice in chunk.choices[:1]:
            if choice.finish_reason == "content_filter":
                raise AgentFailed("The model's provider withheld the answer")
            thoughts.append(_thought(choice.delta))
            if choice.delta.content:
                yield ReplyPart(text=choice.delta.content)
    if thought := "".join(thoughts).strip():
        yield ReplyPart(thought=thought)


def _thought(delta: Any) -> str:
    """Reasoning, which vLLM, DeepSeek and others send beside the text under a name of their own."""
    return str(getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None) or "")


def _told(error: Exception) -> str:
    return next(words for kind, words in FAILURES if isinstance(error, kind))


def _note(error: Exception) -> None:
    """Leave a trace for whoever runs the server. Not the message: providers quote keys and requests in it."""
    logger.warning(
        "model_request_failed",
        error=type(error).__name__,
        status=getattr(error, "status_code", None),
        code=getattr(error, "code", None),
        request_id=getattr(error, "request_id", None),
    )
