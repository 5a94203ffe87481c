"""From settings to what the wires and the services are told."""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..api.eliza.options import ElizaOptions
from ..api.realtime.options import SocketOptions
from ..api.recallr.options import Project, RecallrOptions
from ..domain.errors import ConfigError
from ..domain.timeouts import TimeoutConfig, TimeoutLimits, TimeoutPolicy
from ..services.processing import ProcessingRules

if TYPE_CHECKING:
    from ..config import ProjectEntry, Sessions, Settings
    from ..ports import AgentFactory
    from ..registry import Registry


def timeout_policy(sessions: Sessions) -> TimeoutPolicy:
    """How long sessions live."""
    return TimeoutPolicy(
        defaults=TimeoutConfig(
            timeout=_minutes(sessions.default_timeout_minutes),
            auto_renew=sessions.auto_renew,
            max_duration=_minutes(sessions.max_duration_minutes),
            warning_threshold=_minutes(sessions.warning_threshold_minutes),
        ),
        limits=TimeoutLimits(_minutes(sessions.min_timeout_minutes), _minutes(sessions.max_timeout_minutes)),
    )


def kinds_over_api(settings: Settings, kinds: Registry[AgentFactory]) -> set[str]:
    """The kinds of agents that callers may make. Raises ConfigError for one that does not exist: it was mistyped."""
    asked, known = settings.auth.agent_kinds_over_api, kinds.names()
    if unknown := [f"'{kind}'" for kind in asked if kind not in known]:
        raise ConfigError(
            f"auth.agent_kinds_over_api: no agent kind is called {' or '.join(unknown)}; known: {', '.join(known)}"
        )
    return set(asked)


def processing_rules(settings: Settings, project: ProjectEntry | None = None) -> ProcessingRules:
    """How conversations are read, of this project or of all that say nothing themselves."""
    memory = settings.memory
    own = project.merge_conflicts if project else None
    return ProcessingRules(
        categories=categories_of(settings, project),
        zone=ZoneInfo(memory.time_zone),
        conflicts=memory.merge_conflicts if own is None else own,
    )


def categories_of(settings: Settings, project: ProjectEntry | None = None) -> tuple[str, ...]:
    """What memories of this project are filed under."""
    own = project.categories if project else None
    return settings.memory.categories if own is None else own


def eliza_options(settings: Settings) -> ElizaOptions:
    """What the elizaOS wire is told."""
    server = settings.server
    return ElizaOptions(
        token=settings.auth.token,
        body_limit=server.max_payload,
        cors_origins=server.cors_origins,
        rate_limit=_rate_limit(settings),
        rate_window=timedelta(seconds=settings.rate_limit.window_seconds),
        keep_alive_interval=timedelta(seconds=server.stream_ping_seconds),
        cancel_on_disconnect=settings.replies.cancel_on_disconnect,
        allow_stop=settings.server.allow_stop,
        uploads=Path(settings.uploads.folder),
        upload_limit=settings.uploads.max_file,
        version=version("agent-sessions"),
    )


def socket_options(settings: Settings) -> SocketOptions:
    """What Socket.IO is told."""
    local = settings.server.on_loopback and settings.auth.token is None
    return SocketOptions(
        streams_log=local if settings.log.over_sockets is None else settings.log.over_sockets,
        token=settings.auth.token,
        cors_origins=settings.server.cors_origins,
        rate_limit=_rate_limit(settings),
        rate_window=timedelta(seconds=settings.rate_limit.window_seconds),
    )


def recallr_options(settings: Settings) -> RecallrOptions:
    """What the memory wire is told. Raises ConfigError for a project whose key the environment does not have."""
    server = settings.server
    return RecallrOptions(
        projects=tuple(Project(id=entry.id, keys=_keys(entry)) for entry in settings.projects),
        token=settings.auth.token,
        body_limit=server.max_payload,
        cors_origins=server.cors_origins,
        rate_limit=_rate_limit(settings),
        rate_window=timedelta(seconds=settings.rate_limit.window_seconds),
        keep_alive_interval=timedelta(seconds=min(server.stream_ping_seconds, LONGEST_SILENCE)),
    )


LONGEST_SILENCE = 8
"""Seconds; clients of the memory wire take a stream for dead after 30, and are promised a sign of life every 10."""


def _keys(entry: ProjectEntry) -> tuple[str, ...]:
    named = [os.environ.get(name) or _missing(entry, name) for name in entry.keys_env]
    if not (keys := (*entry.keys, *named)):
        raise ConfigError(f"projects: '{entry.id}' has no keys, so nobody could use it; give it keys or keys_env")
    return keys


def _missing(entry: ProjectEntry, name: str) -> str:
    raise ConfigError(f"projects: '{entry.id}': the environment has no {name}")


def _rate_limit(settings: Settings) -> int | None:
    limit = settings.rate_limit
    limited = not settings.server.on_loopback if limit.enabled is None else limit.enabled
    return limit.requests if limited else None


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
