"""The composition root: the only place that chooses implementations and puts the parts together.

Three ways in: :class:`Server` for a program that wants the services and no HTTP, :func:`setup` to mount the wires on
an aiohttp application there is, :func:`create_app` for an application of its own.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from .api.eliza.options import ElizaOptions
from .api.eliza.routes import register
from .bus.opening import open_bus
from .clock import SystemClock
from .domain.character import character_from
from .domain.errors import ConfigError
from .domain.timeouts import TimeoutConfig, TimeoutLimits, TimeoutPolicy
from .registry import AGENTS, Registry
from .services import Services
from .services.agents import AgentDirectory, trial
from .services.context import ContextBuilder, HistoryBudget
from .services.conversation import Conversation, WaitingRoom
from .services.jobs import JobService
from .services.replies import Replies
from .services.sessions import SessionService
from .services.timeouts import TimeoutManager
from .store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from .config import Settings
    from .config.settings import Sessions
    from .domain.log import LogEntry
    from .domain.session import Session
    from .ports import AgentFactory, Clock, EventBus

SERVICES: web.AppKey[Services] = web.AppKey("agent_sessions", Services)
"""Where an application keeps the services that :func:`setup` mounted on it."""

RETRY_AFTER = timedelta(seconds=1)
"""When a client may come back whose session has too many messages waiting."""


class Server:
    """The services of one server, without HTTP. ``async with Server(settings) as services: ...`` opens and closes them.

    Nothing is opened before that; it can be done once. ``agent_kinds``: ways of answering by name, beside those that
    are installed. ``clock``: where the time comes from, for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        agent_kinds: Mapping[str, AgentFactory] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.services, self._replies = _assembled(settings, agent_kinds or {}, clock or SystemClock())
        self._opened = AsyncExitStack()

    async def open(self) -> Services:
        """Open everything in order, or nothing: raises ConfigError, StoreInUse or StoreUnavailable."""
        async with AsyncExitStack() as opening:
            await self._open(opening)
            self._opened = opening.pop_all()
        return self.services

    async def close(self) -> None:
        """Let replies under way finish for a short while, then close everything in the opposite order."""
        await self._opened.aclose()

    async def __aenter__(self) -> Services:
        return await self.open()

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _open(self, opening: AsyncExitStack) -> None:
        services = self.services
        opening.push_async_callback(services.store.close)
        await services.store.open()
        opening.push_async_callback(services.bus.close)
        await services.bus.open()
        opening.push_async_callback(services.agents.close)
        await services.agents.open(self.settings.agents)
        _refuse_agents_that_cannot_run(services, self.settings)
        opening.push_async_callback(self._replies.close)
        await self._replies.start()
        opening.push_async_callback(services.jobs.close)
        await services.jobs.recover()
        opening.push_async_callback(services.timeouts.stop)
        await services.timeouts.start()


def setup(
    app: web.Application,
    settings: Settings,
    *,
    prefix: str = "",
    agent_kinds: Mapping[str, AgentFactory] | None = None,
) -> Services:
    """Mount the wires on an application, below ``prefix``, and have them opened and closed with it.

    The returned services (also ``app[SERVICES]``) can be used once the application has started. Other routes of the
    application are not touched. The address in ``settings.server`` does not matter: the application listens where it
    listens.
    """
    server = Server(settings, agent_kinds=agent_kinds)
    app[SERVICES] = server.services
    register(app, server.services, _eliza_options(settings), prefix=prefix.rstrip("/"))

    async def running(_app: web.Application) -> AsyncIterator[None]:
        async with server:
            yield

    app.cleanup_ctx.append(running)
    return server.services


def create_app(settings: Settings, *, agent_kinds: Mapping[str, AgentFactory] | None = None) -> web.Application:
    """An application that serves the wires and nothing else."""
    app = web.Application(client_max_size=settings.server.max_payload)
    setup(app, settings, agent_kinds=agent_kinds)
    return app


def _assembled(settings: Settings, agent_kinds: Mapping[str, AgentFactory], clock: Clock) -> tuple[Services, Replies]:
    """Every part, knowing the parts it needs, none of them open."""
    store = open_store(settings.database.url, clock=clock)
    bus = open_bus(settings.redis.url)
    remember = settings.sessions.remember_expired
    agents = AgentDirectory(
        store,
        Registry(AGENTS, plugins=agent_kinds),
        clock,
        kinds_over_api={*settings.auth.agent_kinds_over_api, *agent_kinds},
    )
    budget = HistoryBudget(settings.replies.history_messages, settings.replies.history_characters)
    store.on_commit(_Announcing(bus))
    replies = Replies(
        store,
        agents,
        ContextBuilder(store, clock=clock, budget=budget, waiting=settings.replies.queue_limit),
        bus=bus,
        clock=clock,
        deadline=timedelta(seconds=settings.replies.deadline_seconds),
        drain=timedelta(seconds=settings.server.shutdown_seconds / 2),
    )
    room = WaitingRoom(settings.replies.queue_limit, RETRY_AFTER)
    sessions = SessionService(store, agents, clock=clock, policy=_policy(settings.sessions), remember=remember)
    conversation = Conversation(store, replies, clock=clock, remember=remember, room=room)
    services = Services(
        clock=clock,
        store=store,
        bus=bus,
        agents=agents,
        sessions=sessions,
        conversation=conversation,
        jobs=JobService(store, sessions, conversation, agents, clock=clock, keep=remember),
        timeouts=TimeoutManager(store, clock),
    )
    return services, replies


class _Announcing:
    """Tells the bus of every row that was committed."""

    def __init__(self, bus: EventBus) -> None:
        self._publish = bus.publish

    def __call__(self, _session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._publish(entry)


def _policy(sessions: Sessions) -> TimeoutPolicy:
    return TimeoutPolicy(
        defaults=TimeoutConfig(
            timeout=_minutes(sessions.default_timeout_minutes),
            auto_renew=sessions.auto_renew,
            max_duration=_minutes(sessions.max_duration_minutes),
            warning_threshold=_minutes(sessions.warning_threshold_minutes),
        ),
        limits=TimeoutLimits(_minutes(sessions.min_timeout_minutes), _minutes(sessions.max_timeout_minutes)),
    )


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _eliza_options(settings: Settings) -> ElizaOptions:
    server, limit = settings.server, settings.rate_limit
    limited = not server.on_loopback if limit.enabled is None else limit.enabled
    return ElizaOptions(
        token=settings.auth.token,
        body_limit=server.max_payload,
        cors_origins=server.cors_origins,
        rate_limit=limit.requests if limited else None,
        rate_window=timedelta(seconds=limit.window_seconds),
        keep_alive_interval=timedelta(seconds=server.stream_ping_seconds),
        cancel_on_disconnect=settings.replies.cancel_on_disconnect,
        version=version("agent-sessions"),
    )


def _refuse_agents_that_cannot_run(services: Services, settings: Settings) -> None:
    """A mistake in config.yaml is told at the start, not to the first user. Agents made over the API may fail."""
    configured = {character_from(entry.document).id for entry in settings.agents}
    reasons = [reason for agent_id, reason in services.agents.failures.items() if agent_id in configured]
    if reasons:
        raise ConfigError("\n".join(reasons))


async def check(settings: Settings, *, agent_kinds: Mapping[str, AgentFactory] | None = None) -> None:
    """Raise ConfigError for whatever keeps a server with these settings from being put together. Opens nothing."""
    Server(settings, agent_kinds=agent_kinds)
    kinds: Registry[AgentFactory] = Registry(AGENTS, plugins=agent_kinds)
    reasons = []
    for entry in settings.agents:
        try:
            await trial(kinds, entry)
        except ConfigError as error:
            reasons.append(f"agent {entry.name}: {error}")
    if reasons:
        raise ConfigError("\n".join(reasons))
