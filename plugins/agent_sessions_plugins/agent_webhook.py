"""The agent kind ``webhook``: a web server of yours answers. It is sent the context and may stream its reply.

The request is a POST of :mod:`.context_form`; the answer is JSON in the form of :mod:`.reply_form`, plain text, nothing
at all (status 204), or server-sent events, each with a piece of text or of JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from pydantic import AnyHttpUrl, Field

from agent_sessions.domain.agent import ReplyPart
from agent_sessions.domain.errors import AgentFailed, AgentTimedOut

from .context_form import context_form
from .event_stream import TooMuch, events_of
from .named_secrets import required_secret
from .options import Options, read_options
from .reply_form import reply_part

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from agent_sessions.domain.agent import Character, Context

    from .event_stream import StreamEvent

logger = structlog.get_logger(__name__)

SIGNATURE = "X-Agent-Sessions-Signature"
"""``sha256=`` and the hexadecimal HMAC-SHA256 of the body under the shared secret."""
END = "[DONE]"

UNREACHABLE = "The agent's webhook cannot be reached"
BROKE_OFF = "The agent's webhook broke off"
UNREADABLE = "The agent's webhook sent something that cannot be read"


class WebhookOptions(Options):
    """``headers`` are sent as they are; ``headers_env`` and ``secret_env`` name secrets or environment variables, so
    that no secret is in a file. ``timeout``: the longest silence, in seconds. ``max_bytes``: of a whole reply."""

    url: AnyHttpUrl
    headers: dict[str, str] = Field(default_factory=dict)
    headers_env: dict[str, str] = Field(default_factory=dict)
    secret_env: str | None = None
    timeout: float = Field(default=60, gt=0)
    max_bytes: int = Field(default=1_048_576, gt=0)


class WebhookAgent:
    """Answers with what a web server answers."""

    def __init__(self, options: WebhookOptions, *, headers: Mapping[str, str], secret: str | None) -> None:
        self._options = options
        self._headers = headers
        self._secret = secret
        self._client: aiohttp.ClientSession | None = None

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """The web server's answer, as it comes."""
        body = json.dumps(context_form(context), ensure_ascii=False, default=str).encode()
        headers = {**self._headers, **self._own_headers(body, context)}
        try:
            async with self._opened().post(
                str(self._options.url), data=body, headers=headers, allow_redirects=False
            ) as response:
                _ensure_success(response)
                async with aclosing(self._parts(response)) as parts:
                    async for part in parts:
                        yield part
        except TimeoutError as error:
            raise _failed(AgentTimedOut("The agent's webhook did not answer in time"), error) from error
        except aiohttp.ClientConnectorError as error:
            raise _failed(AgentFailed(UNREACHABLE), error) from error
        except aiohttp.ClientError as error:
            raise _failed(AgentFailed(BROKE_OFF), error) from error
        except ValueError as error:
            raise _failed(AgentFailed(UNREADABLE), error) from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._client is None:
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=self._options.timeout, sock_read=self._options.timeout
            )
            self._client = aiohttp.ClientSession(timeout=timeout)
        return self._client

    def _own_headers(self, body: bytes, context: Context) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json, text/plain",
            "Idempotency-Key": context.message.id,
        }
        if self._secret is not None:
            headers[SIGNATURE] = "sha256=" + hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        return headers

    async def _parts(self, response: aiohttp.ClientResponse) -> AsyncGenerator[ReplyPart]:
        if response.status == 204:
            yield ReplyPart(silent=True)
        elif response.content_type == "text/event-stream":
            stream = events_of(response.content.iter_any(), most_bytes=self._options.max_bytes)
            async with aclosing(stream) as events:
                async for event in events:
                    if event.name == "done" or event.content == END:
                        return
                    yield _part_of(event)
        else:
            text = await self._whole(response)
            yield reply_part(json.loads(text) if response.content_type.endswith("json") else text)

    async def _whole(self, response: aiohttp.ClientResponse) -> str:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._options.max_bytes:
                raise TooMuch
        return body.decode(response.charset or "utf-8")


def create(character: Character, options: Mapping[str, Any]) -> WebhookAgent:
    """An agent of this kind. Raises ConfigError for a wrong option or a missing secret."""
    read = read_options(WebhookOptions, options, character=character)
    secret_headers = {
        header: required_secret(name, character, option=f"headers_env.{header}")
        for header, name in read.headers_env.items()
    }
    secret = required_secret(read.secret_env, character, option="secret_env") if read.secret_env else None
    return WebhookAgent(read, headers={**read.headers, **secret_headers}, secret=secret)


def _part_of(event: StreamEvent) -> ReplyPart:
    """JSON where it begins like an object or a string, else the text as it stands."""
    if event.name == "error":
        raise AgentFailed("The agent's webhook reported a failure")
    looks_like_json = event.content.startswith(("{", '"'))
    return reply_part(json.loads(event.content) if looks_like_json else event.content)


def _ensure_success(response: aiohttp.ClientResponse) -> None:
    if response.status in (401, 403):
        raise _failed(AgentFailed("The agent's webhook does not accept this server's credentials"), response)
    if response.status == 429:
        raise _failed(AgentFailed("The agent's webhook takes no more requests for now; try again later"), response)
    if not 200 <= response.status < 300:
        raise _failed(AgentFailed("The agent's webhook failed"), response)


def _failed(failure: AgentFailed, cause: object) -> AgentFailed:
    """The failure, after leaving a trace for whoever runs the server."""
    status = cause.status if isinstance(cause, aiohttp.ClientResponse) else None
    logger.warning("webhook_failed", reason=str(failure), error=type(cause).__name__, status=status)
    return failure
