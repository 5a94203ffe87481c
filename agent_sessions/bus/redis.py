"""Events between processes, through Redis publish/subscribe.

One channel carries the events of all sessions: subscribing is instant, and an event that nobody here wants is skipped
unread. Readers in the same process get an event without the way through Redis. What was lost on the way is never passed
over: after any gap every reader gets FellBehind and reads the log.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from ..domain.errors import ConfigError, MissingExtra
from .frames import Frame, decode
from .local import BUFFER, LocalBus
from .outbox import OUTBOX, Outbox

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ImportError as missing:
    raise MissingExtra("A redis:// URL", "redis") from missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from redis.asyncio.client import PubSub

    from ..ports import Event, Subscription

log = structlog.get_logger(__name__)

TROUBLE = (RedisError, OSError)
"""What the client raises when Redis cannot be reached."""
PATIENCE = 5.0
"""Seconds an answer of Redis may take."""
PING_EVERY = 5.0
"""Seconds of silence after which the listening connection is tried, so that a dead one is noticed."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
FLUSH = 2.0
"""Seconds given to deliver what is on its way when the bus closes."""


class RedisBus:
    """A bus that spans every process on the same Redis database.

    ``buffer``: events kept for one reader; ``outbox``: events kept while Redis is away (beyond that the other processes
    are told to read the log); ``name``: keeps apart servers that share a Redis. Opening waits a moment for Redis but
    does without: it connects when Redis is back. Raises ConfigError for an unusable URL.
    """

    def __init__(self, url: str, *, name: str = "agent-sessions", buffer: int = BUFFER, outbox: int = OUTBOX) -> None:
        self._redis = _client(url)
        # Publish/subscribe knows no databases; the name keeps those apart who chose different ones.
        self._channel = f"{name}:{self._redis.connection_pool.connection_kwargs.get('db') or 0}:events:1"
        self._sender = uuid4().hex
        self._local = LocalBus(buffer=buffer)
        self._outbox = Outbox(self._sender, limit=outbox)
        self._heard: dict[str, int] = {}
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def publish(self, event: Event) -> None:
        """Give the event to readers here and send it to the other processes. Never blocks nor raises."""
        self._local.publish(event)
        self._outbox.put(event)

    def subscribe(self, session_id: str | None = None) -> Subscription:
        """A reader of one session's events, or of all, wherever they are published."""
        return self._local.subscribe(session_id)

    async def open(self) -> None:
        """Connect; when Redis does not answer within seconds, go on without until it does."""
        await self._local.open()
        self._tasks = [_started(self._listen(), "bus: listen"), _started(self._send(), "bus: send")]
        try:
            async with asyncio.timeout(FLUSH):
                await self._connected.wait()
        except TimeoutError:
            log.error("bus_opened_without_redis")

    async def close(self) -> None:
        """Send what is on its way if Redis takes it within seconds, and end every subscription."""
        if self._tasks:
            try:
                async with asyncio.timeout(FLUSH):
                    await self._outbox.sent()
            except TimeoutError:
                log.warning("bus_closed_with_events_unsent")
        await _stopped(self._tasks)
        self._tasks = []
        self._connected.clear()
        await self._local.close()
        await self._redis.aclose()

    # ------------------------------------------------------------------------------------------------------- sending

    async def _send(self) -> None:
        while True:
            frame = await self._outbox.next_frame()
            await self._deliver(frame.to_bytes())
            self._outbox.done()

    async def _deliver(self, frame: bytes) -> None:
        """Publish until Redis has taken it. A frame that arrives twice is told by its number."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._redis.publish(self._channel, frame)
            except TROUBLE as problem:
                log.warning("event_publishing_failed", retry_in_s=pause, reason=str(problem))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    # ----------------------------------------------------------------------------------------------------- listening

    async def _listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._hear()
            except TROUBLE as problem:
                pause = FIRST_PAUSE if self._connected.is_set() else min(pause * 2, LONGEST_PAUSE)
                log.warning("bus_disconnected", retry_in_s=pause, reason=str(problem))
            except Exception:
                log.exception("bus_listening_broke")
                pause = LONGEST_PAUSE
            self._connected.clear()
            await asyncio.sleep(pause)

    async def _hear(self) -> None:
        """Take frames in until the connection breaks."""
        async with self._redis.pubsub() as channel:
            await channel.subscribe(self._channel)
            async for message in _messages(channel):
                if message["type"] == "subscribe":
                    self._begin_hearing()
                elif message["type"] == "message":
                    self._take(message["data"])

    def _begin_hearing(self) -> None:
        """Redis confirms: from here on everything arrives. What was said before is lost to whoever reads already."""
        log.info("bus_connected")
        self._heard.clear()
        self._local.tell_of_gap()
        self._connected.set()

    def _take(self, raw: bytes) -> None:
        try:
            frame = Frame.from_bytes(raw)
        except (ValueError, KeyError):
            log.exception("frame_unreadable")
            return
        last = self._heard.get(frame.sender, frame.number - 1)
        if frame.sender == self._sender or frame.number <= last:
            return
        self._heard[frame.sender] = frame.number
        if frame.lossy or frame.number > last + 1:
            self._local.tell_of_gap()
        self._spread(frame)

    def _spread(self, frame: Frame) -> None:
        for session_id, line in frame.sessions():
            if self._local.wanted(session_id):
                try:
                    self._local.publish(decode(session_id, line))
                except (ValueError, KeyError):
                    log.exception("event_unreadable", session_id=session_id)


def _client(url: str) -> Redis:
    try:
        return Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),  # this bus has its own
        )
    except ValueError as problem:
        raise ConfigError(f"The Redis URL cannot be used: {problem}") from problem


async def _messages(channel: PubSub) -> AsyncIterator[dict[str, Any]]:
    """Messages as they come. Raises TimeoutError when after a while of silence not even a ping is answered."""
    asked = False
    while True:
        message = await channel.get_message(timeout=PING_EVERY)
        if message is not None:
            yield message
        elif asked:
            raise TimeoutError("Redis does not answer")
        else:
            await channel.ping()
        asked = message is None


def _started(work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


async def _stopped(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks until they obey: while it reconnects, the client swallows a cancellation now and then."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.1)
