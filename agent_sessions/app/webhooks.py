"""The parts of webhooks: who is told what, and what tells it."""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from ..api.realtime.events import CHUNK, facts_of
from ..api.webhooks.sending import Destination, HttpSender
from ..api.webhooks.signing import PREFIX, read_secret
from ..domain.agent import UUID_SHAPE
from ..domain.errors import ConfigError
from ..domain.webhook import WebhookEndpoint
from ..services.webhook_delivery import WebhookDelivery

if TYPE_CHECKING:
    from ..config import Settings
    from ..config.webhooks import WebhookEntry
    from ..domain.log import Fact
    from ..ports import Clock, Store

ALL = "*"


def webhook_delivery(settings: Settings, store: Store, *, clock: Clock) -> WebhookDelivery:
    """What tells the endpoints of the settings, not running. Raises ConfigError for what it cannot tell or sign."""
    endpoints = [_endpoint(entry, settings) for entry in settings.webhooks]
    sender = HttpSender(map(_destination, settings.webhooks), version=version("agent-sessions"))
    return WebhookDelivery(store, sender, endpoints, clock=clock)


def _endpoint(entry: WebhookEntry, settings: Settings) -> WebhookEndpoint:
    return WebhookEndpoint(
        name=entry.name,
        facts=_facts(entry),
        project=entry.project,
        agent_id=_agent_id(entry, settings),
        patience=timedelta(hours=entry.give_up_hours),
    )


def _facts(entry: WebhookEntry) -> frozenset[type[Fact]]:
    facts = facts_of()
    if unknown := [kind for kind in entry.events if kind not in (*facts, ALL)]:
        why = "is not kept, so no webhook can tell it" if unknown[0] == CHUNK else "is no type of event"
        raise ConfigError(f"webhooks: '{entry.name}': events: '{unknown[0]}' {why}; there are {', '.join(facts)} and *")
    return frozenset(facts.values()) if ALL in entry.events else frozenset(facts[kind] for kind in entry.events)


def _agent_id(entry: WebhookEntry, settings: Settings) -> str | None:
    """By the name of a configured agent, or by id: agents that are made over the API are not known yet."""
    if entry.agent is None or UUID_SHAPE.fullmatch(entry.agent):
        return entry.agent
    for agent in settings.agents:
        if agent.name == entry.agent:
            return agent.id
    raise ConfigError(f"webhooks: '{entry.name}': agent: '{entry.agent}' is no configured agent, nor an id")


def _destination(entry: WebhookEntry) -> Destination:
    return Destination(
        name=entry.name,
        url=str(entry.url),
        secrets=tuple(_secret(entry, text) for text in entry.secrets),
        timeout=timedelta(seconds=entry.timeout_seconds),
    )


def _secret(entry: WebhookEntry, text: str) -> bytes:
    """A secret, or what the environment variable of this name holds. What it is is never repeated."""
    named = not text.startswith(PREFIX)
    value = os.environ.get(text) if named else text
    if value is None:
        raise ConfigError(f"webhooks: '{entry.name}': secrets: the environment has no {text}")
    try:
        return read_secret(value)
    except ValueError as error:
        whose = f"environment {text} " if named else ""
        raise ConfigError(f"webhooks: '{entry.name}': secrets: {whose}{error}") from error
