"""A server: its parts put together, opened and closed in order, with or without HTTP."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from ..api.console.routes import register as register_console
from ..api.eliza.errors import NO_ENDPOINT
from ..api.eliza.routes import register as register_eliza
from ..api.openapi.routes import register as register_openapi
from ..api.realtime.routes import register_sockets
from ..api.recallr.routes import register as register_recallr
from ..bus.opening import open_bus
from ..clock import SystemClock
from ..domain.character import character_from
from ..domain.errors import ConfigError
from ..registry import AGENTS, Registry
from ..services import Services
from ..services.activity import Activity
from ..services.agent_rooms import AgentRooms
from ..services.agents import AgentDirectory, trial
from ..services.agents_elsewhere import AgentsElsewhere
from ..services.channels import ChannelService
from ..services.conflicts import ConflictService
from ..services.context import ContextBuilder, HistoryBudget
from ..services.conversation import Conversation, WaitingRoom
from ..services.following import Following
from ..services.jobs import JobService
from ..services.log_lines import LogLines
from ..services.memories import MemoryService
from ..services.memory_context import ContextService
from ..services.memory_sessions import MemorySessionService
from ..services.portability import Portability
from ..services.recent import KEPT, RecentMessages
from ..services.replies import Replies
from ..services.sessions import SessionService
from ..services.timeouts import TimeoutManager
from ..services.users import UserService
from ..services.webhooks import WebhookService
from ..store import open_store
from .memory import memory_parts
from .options import categories_of, eliza_options, kinds_over_api, recallr_options, socket_options, timeout_policy
from .webhooks import webhook_delivery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ..config import Settings
    from ..domain.log import LogEntry
    from ..domain.session import Session
    from ..ports import AgentFactory, Clock, EventBus, MemoryBackendFactory
    from .memory import MemoryParts

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
        memory_backends: Mapping[str, MemoryBackendFactory] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        parts = _Parts(settings, clock or SystemClock(), agent_kinds or {}, memory_backends or {})
        self.services, self._replies, self._memory = parts.services(), parts.replies, parts.memory
        self._webhooks = parts.webhooks
        self._agents_elsewhere = AgentsElsewhere(parts.agents, parts.store, bus=parts.bus, clock=parts.clock)
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
        opening.push_async_callback(self._memory.close)
        opening.push_async_callback(self._webhooks.stop)
        await self._webhooks.start()
        opening.push_async_callback(services.agents.close)
        await services.agents.open(self.settings.agents)
        _refuse_agents_that_cannot_run(services, self.settings)
        opening.push_async_callback(self._agents_elsewhere.close)
        self._agents_elsewhere.start()
        opening.push_async_callback(self._replies.close)
        await self._replies.start()
        opening.push_async_callback(services.jobs.close)
        await services.jobs.recover()
        opening.push_async_callback(services.timeouts.stop)
        await services.timeouts.start()
        await self._memory.processor.start()


def setup(
    app: web.Application,
    settings: Settings,
    *,
    prefix: str = "",
    agent_kinds: Mapping[str, AgentFactory] | None = None,
    memory_backends: Mapping[str, MemoryBackendFactory] | None = None,
    clock: Clock | None = None,
) -> Services:
    """Mount the wires on an application, below ``prefix``, and have them opened and closed with it.

    The returned services (also ``app[SERVICES]``) can be used once the application has started. Other routes of the
    application are not touched. The address in ``settings.server`` does not matter: the application listens where it
    listens. The console and the page about the API are served below a prefix
    only: without one, ``/`` and ``/docs`` stay the application's own. The other
    arguments are those of :class:`Server`.
    """
    server = Server(settings, agent_kinds=agent_kinds, memory_backends=memory_backends, clock=clock)
    app[SERVICES] = server.services
    below = prefix.rstrip("/")
    register_recallr(app, server.services, recallr_options(settings), prefix=below)
    register_eliza(app, server.services, eliza_options(settings), prefix=below)
    register_sockets(app, server.services, socket_options(settings), prefix=below)
    if below:
        _register_pages(app, settings, prefix=below)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        async with server:
            yield

    app.cleanup_ctx.append(running)
    return server.services


def create_app(
    settings: Settings,
    *,
    agent_kinds: Mapping[str, AgentFactory] | None = None,
    memory_backends: Mapping[str, MemoryBackendFactory] | None = None,
    clock: Clock | None = None,
) -> web.Application:
    """An application that serves the wires and the console, and nothing else."""
    app = web.Application(client_max_size=settings.server.max_payload)
    setup(app, settings, agent_kinds=agent_kinds, memory_backends=memory_backends, clock=clock)
    _register_pages(app, settings)
    app.router.add_route("*", "/{nothing:.*}", _nothing_here)
    return app


async def _nothing_here(_request: web.Request) -> web.Response:
    """What is asked for in vain outside ``/api`` is told as it is told there."""
    return web.json_response(NO_ENDPOINT, status=404)


def _register_pages(app: web.Application, settings: Settings, *, prefix: str = "") -> None:
    """Put what people look at in a browser on the application."""
    keyed = bool(settings.auth.token or settings.projects)
    register_openapi(app, version=version("agent-sessions"), prefix=prefix, keyed=keyed)
    if settings.console.enabled:
        register_console(app, prefix=prefix)


class _Parts:
    """Every part, knowing the parts it needs, none of them open."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        agent_kinds: Mapping[str, AgentFactory],
        memory_backends: Mapping[str, MemoryBackendFactory],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = open_store(settings.database.url, clock=clock)
        self.bus = open_bus(settings.redis.url)
        kinds = Registry(AGENTS, plugins=agent_kinds)
        over_api = kinds_over_api(settings, kinds) | set(agent_kinds)
        self.agents = AgentDirectory(self.store, kinds, clock, kinds_over_api=over_api)
        self.activity = Activity()
        self.store.on_commit(self.activity)
        self.store.on_commit(_Announcing(self.bus))
        self.memory: MemoryParts = memory_parts(settings, self.store, clock=clock, kinds=memory_backends)
        replies = settings.replies
        self.recent = RecentMessages(self.store, kept=max(KEPT, replies.history_messages + replies.queue_limit))
        self.replies = self._replies()
        self.webhooks = webhook_delivery(settings, self.store, clock=clock)

    def services(self) -> Services:
        """What transports, platforms and programs use."""
        settings, store, clock, backends = self.settings, self.store, self.clock, self.memory.backends
        remember = settings.sessions.remember_expired
        sessions = self._sessions()
        room = WaitingRoom(settings.replies.queue_limit, RETRY_AFTER)
        conversation = Conversation(store, self.replies, clock=clock, remember=remember, room=room)
        channels = self._channels(room)
        return Services(
            clock=clock,
            store=store,
            bus=self.bus,
            agents=self.agents,
            sessions=sessions,
            conversation=conversation,
            channels=channels,
            agent_rooms=AgentRooms(store, channels, clock=clock, on_changed=self.memory.indexes.drop),
            log_lines=LogLines(),
            following=Following(store, self.bus, spoken=self.replies.spoken, clock=clock, remember=remember),
            jobs=JobService(store, sessions, conversation, self.agents, clock=clock, keep=remember),
            timeouts=TimeoutManager(store, clock),
            users=UserService(store, clock=clock, forget=backends.forget, rename=backends.rename),
            memory_sessions=MemorySessionService(store, clock=clock, forget=backends.forget),
            memories=self._memories(),
            conflicts=ConflictService(store, clock=clock, on_changed=self.memory.indexes.drop),
            contexts=ContextService(store, self.memory.local, recent=self.recent, clock=clock),
            local_memory=self.memory.local,
            portability=Portability(store, forget=backends.forget),
            activity=self.activity,
            webhooks=WebhookService(store, self.webhooks, clock=clock),
        )

    def _sessions(self) -> SessionService:
        settings, backends = self.settings, self.memory.backends
        return SessionService(
            self.store,
            self.agents,
            recent=self.recent,
            clock=self.clock,
            policy=timeout_policy(settings.sessions),
            remember=settings.sessions.remember_expired,
            quiet_of=backends.quiet_of,
            forget=backends.forget,
            forget_ended=settings.memory.on_delete == "forget",
        )

    def _channels(self, room: WaitingRoom) -> ChannelService:
        return ChannelService(
            self.store,
            self.agents,
            self.replies,
            recent=self.recent,
            bus=self.bus,
            clock=self.clock,
            remember=self.settings.sessions.remember_expired,
            waiting=room,
            quiet_of=self.memory.backends.quiet_of,
        )

    def _memories(self) -> MemoryService:
        settings = self.settings
        return MemoryService(
            self.store,
            categories=categories_of(settings),
            of_projects={project.id: categories_of(settings, project) for project in settings.projects},
            on_changed=self.memory.indexes.drop,
        )

    def _replies(self) -> Replies:
        settings, replies = self.settings, self.settings.replies
        contexts = ContextBuilder(
            self.store,
            self.recent,
            clock=self.clock,
            budget=HistoryBudget(replies.history_messages, replies.history_characters),
            waiting=replies.queue_limit,
            memory=self.memory.recalling,
        )
        return Replies(
            self.store,
            self.agents,
            contexts,
            bus=self.bus,
            clock=self.clock,
            deadline=timedelta(seconds=replies.deadline_seconds),
            drain=timedelta(seconds=settings.server.shutdown_seconds / 2),
        )


class _Announcing:
    """Tells the bus of every row that was committed."""

    def __init__(self, bus: EventBus) -> None:
        self._publish = bus.publish

    def __call__(self, _session: Session, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._publish(entry)


def _refuse_agents_that_cannot_run(services: Services, settings: Settings) -> None:
    """A mistake in config.yaml is told at the start, not to the first user. Agents made over the API may fail."""
    configured = {character_from(entry.document).id for entry in settings.agents}
    reasons = [reason for agent_id, reason in services.agents.failures.items() if agent_id in configured]
    if reasons:
        raise ConfigError("\n".join(reasons))


async def check(settings: Settings, *, agent_kinds: Mapping[str, AgentFactory] | None = None) -> None:
    """Raise ConfigError for whatever keeps a server with these settings from being put together. Opens nothing."""
    Server(settings, agent_kinds=agent_kinds)
    recallr_options(settings)
    kinds: Registry[AgentFactory] = Registry(AGENTS, plugins=agent_kinds)
    reasons = []
    for entry in settings.agents:
        try:
            await trial(kinds, entry)
        except ConfigError as error:
            reason = str(error)
            reasons.append(reason if reason.startswith("agent") else f"agent '{entry.name}': {reason}")
    if reasons:
        raise ConfigError("\n".join(reasons))
