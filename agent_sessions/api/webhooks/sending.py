"""Sends events to the endpoints of webhooks: one POST each, whose answer counts by its status alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp
import orjson
import structlog

from ...ports import WebhookAnswer
from ..eliza.times import EPOCH, iso
from ..realtime.events import told
from .signing import signatures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ...domain.log import LogEntry

logger = structlog.get_logger(__name__)

LONGEST_WAIT = timedelta(hours=1)
"""An endpoint that asks to be left alone for longer is asked again after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an endpoint is, what signs for it, and how long it may take to answer."""

    name: str
    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    timeout: timedelta


class HttpSender:
    """Implements :class:`~agent_sessions.ports.WebhookSender`. Redirects are not followed, answers are not read."""

    def __init__(self, destinations: Iterable[Destination], *, version: str) -> None:
        self._destinations = {each.name: each for each in destinations}
        self._agent = f"agent-sessions/{version}"
        self._client: aiohttp.ClientSession | None = None

    async def send(self, endpoint: str, entry: LogEntry, *, now: datetime) -> WebhookAnswer:
        """Tell this endpoint of a row."""
        to = self._destinations[endpoint]
        try:
            message_id, body = event_id(entry.session_id, entry.seq), written(entry)
            timestamp = (now - EPOCH) // timedelta(seconds=1)
            headers = {
                "Content-Type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signatures(to.secrets, message_id=message_id, timestamp=timestamp, body=body),
            }
            return await self._post(to, body, headers=headers)
        except TimeoutError:
            return WebhookAnswer(f"It did not answer within {to.timeout.total_seconds():g} s")
        except aiohttp.ClientConnectorError:
            return WebhookAnswer("It cannot be reached")
        except aiohttp.ClientError:
            return WebhookAnswer("It broke off")
        except Exception:
            logger.exception("webhook_not_sent", endpoint=endpoint, session_id=entry.session_id, seq=entry.seq)
            return WebhookAnswer("It could not be sent")

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _post(self, to: Destination, body: bytes, *, headers: dict[str, str]) -> WebhookAnswer:
        timeout = aiohttp.ClientTimeout(total=to.timeout.total_seconds())
        async with self._opened().post(
            to.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            if 200 <= answer.status < 300:
                return WebhookAnswer()
            return WebhookAnswer(
                f"It answered with status {answer.status}",
                gone=answer.status == HTTPStatus.GONE,
                wait=_wait(answer.headers.get("Retry-After", "")),
            )

    def _opened(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                headers={"User-Agent": self._agent}, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._client


def event_id(session_id: str, seq: int) -> str:
    """What tells an event from all others, however often it is sent."""
    return f"{session_id}:{seq}"


def written(entry: LogEntry) -> bytes:
    """The body: a type, when it happened, and the members of the one table of events."""
    kind, members = told(entry)
    del members["type"]
    return orjson.dumps({"type": kind, "timestamp": iso(entry.at), "data": members}, default=dict)


def _wait(text: str) -> timedelta | None:
    """``Retry-After`` in seconds; its other form, a date, is not heeded."""
    if not (text.isascii() and text.isdigit()):
        return None
    return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
