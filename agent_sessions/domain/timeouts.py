"""The rules of the clock: which timeout a session gets, when it ends, when it is near its end.

Pure functions over aware UTC datetimes and timedeltas. Knows nothing of who keeps the time or of how minutes are
written on a wire.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = timedelta(minutes=1_000_000_000)
"""No span of a timeout exceeds about 1,900 years, so that no deadline leaves the calendar."""


@dataclass(frozen=True, slots=True)
class TimeoutConfig:
    """How long one session lives.

    ``timeout``: idle time (with ``auto_renew``) or life time (without) after which it expires. ``max_duration``: the
    longest it may live, renewed or not. ``warning_threshold``: how long before the end it counts as near its end.
    """

    timeout: timedelta
    auto_renew: bool
    max_duration: timedelta
    warning_threshold: timedelta


UNENDING = TimeoutConfig(timeout=LONGEST, auto_renew=False, max_duration=LONGEST, warning_threshold=timedelta(0))
"""For sessions that only ever end by somebody's word."""


class Unusable(Enum):
    """Marks a field that was given a value no one can use: the next level decides it."""

    VALUE = "unusable"


@dataclass(frozen=True, slots=True)
class TimeoutOverrides:
    """What a session or an agent wants different. None: not said; ``Unusable.VALUE``: said, but without sense."""

    timeout: timedelta | Unusable | None = None
    auto_renew: bool | Unusable | None = None
    max_duration: timedelta | Unusable | None = None
    warning_threshold: timedelta | Unusable | None = None


NOTHING = TimeoutOverrides()


@dataclass(frozen=True, slots=True)
class TimeoutLimits:
    """What sessions and agents may ask for. The longest life is twice the longest timeout, as on the elizaOS server."""

    min_timeout: timedelta
    max_timeout: timedelta

    def clamp(self, asked: TimeoutOverrides) -> TimeoutOverrides:
        """A session's wishes, moved inside the limits. A warning threshold has a floor of a minute and no ceiling."""
        return self._clamp(asked, shortest_life=timedelta(0), longest_warning=LONGEST)

    def clamp_agent(self, asked: TimeoutOverrides) -> TimeoutOverrides:
        """An agent's wishes, moved inside the limits, which are narrower than those of a session."""
        return self._clamp(asked, shortest_life=self.min_timeout, longest_warning=self.max_timeout)

    def _clamp(
        self, asked: TimeoutOverrides, *, shortest_life: timedelta, longest_warning: timedelta
    ) -> TimeoutOverrides:
        return TimeoutOverrides(
            timeout=_clamped(asked.timeout, low=self.min_timeout, high=self.max_timeout),
            auto_renew=asked.auto_renew,
            max_duration=_clamped(asked.max_duration, low=shortest_life, high=2 * self.max_timeout),
            warning_threshold=_clamped(asked.warning_threshold, low=timedelta(minutes=1), high=longest_warning),
        )


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """The server's defaults and limits; decides what a session gets. Precedence per field: session, agent, server."""

    defaults: TimeoutConfig
    limits: TimeoutLimits

    def for_new_session(self, asked: TimeoutOverrides, agent: TimeoutOverrides = NOTHING) -> TimeoutConfig:
        """The configuration of a session that starts with these wishes: one object for all that wish the same."""
        return _for_new_session(self, asked, agent)

    def for_changed_session(
        self, current: TimeoutConfig, asked: TimeoutOverrides, *, agent: TimeoutOverrides = NOTHING
    ) -> TimeoutConfig:
        """The configuration after a change: what is not named stays, what is unusable falls to agent, then server."""
        fallen = self.for_agent(agent)
        kept = {
            field.name: getattr(fallen if getattr(asked, field.name) is Unusable.VALUE else current, field.name)
            for field in fields(TimeoutConfig)
        }
        return self.merged(asked, onto=TimeoutConfig(**kept))

    def for_agent(self, agent: TimeoutOverrides) -> TimeoutConfig:
        """What this agent's sessions get when they ask for nothing. The server's own defaults are not clamped."""
        return _with(self.defaults, self.limits.clamp_agent(agent))

    def merged(self, asked: TimeoutOverrides, *, onto: TimeoutConfig) -> TimeoutConfig:
        """The configuration ``onto`` with these wishes, moved inside the limits."""
        merged = _with(onto, self.limits.clamp(asked))
        if isinstance(asked.max_duration, timedelta) and merged.max_duration < merged.timeout:
            return replace(merged, max_duration=merged.timeout)
        return merged


@lru_cache(maxsize=1024)
def _for_new_session(policy: TimeoutPolicy, asked: TimeoutOverrides, agent: TimeoutOverrides) -> TimeoutConfig:
    """Most sessions wish for nothing, and a million of them need no configuration each."""
    return policy.merged(asked, onto=policy.for_agent(agent))


def expiry(config: TimeoutConfig, *, created_at: datetime, last_activity: datetime) -> datetime:
    """When a session ends: ``min(base + timeout, created + max)``; base is the last activity if activity renews it."""
    base = last_activity if config.auto_renew else created_at
    return min(base + config.timeout, created_at + config.max_duration)


def renewed_expiry(config: TimeoutConfig, *, created_at: datetime, now: datetime) -> datetime:
    """When a session ends that is renewed now, whatever its ``auto_renew`` says."""
    return min(now + config.timeout, created_at + config.max_duration)


def warning_time(config: TimeoutConfig, expires_at: datetime) -> datetime:
    """From when on the session is near its end."""
    return expires_at - config.warning_threshold


def is_near(config: TimeoutConfig, expires_at: datetime, *, now: datetime) -> bool:
    """Whether the session is alive and within its warning threshold."""
    return expires_at - config.warning_threshold <= now < expires_at


def _with(config: TimeoutConfig, wishes: TimeoutOverrides) -> TimeoutConfig:
    """``config`` with every usable wish in its place."""
    usable = {
        field.name: wish
        for field in fields(TimeoutOverrides)
        if (wish := getattr(wishes, field.name)) is not None and wish is not Unusable.VALUE
    }
    return replace(config, **usable) if usable else config


def _clamped(wish: timedelta | Unusable | None, *, low: timedelta, high: timedelta) -> timedelta | Unusable | None:
    return min(max(wish, low), high) if isinstance(wish, timedelta) else wish
