"""Which timeouts a session gets, and when it ends and is near its end."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain.timeouts import (
    NOTHING,
    TimeoutConfig,
    TimeoutLimits,
    TimeoutOverrides,
    TimeoutPolicy,
    Unusable,
    expiry,
    is_near,
    renewed_expiry,
    warning_time,
)

from .strategies import configs, instants, overrides, spans

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEFAULTS = TimeoutConfig(30 * MINUTE, auto_renew=True, max_duration=720 * MINUTE, warning_threshold=5 * MINUTE)
LIMITS = TimeoutLimits(5 * MINUTE, 1440 * MINUTE)
POLICY = TimeoutPolicy(DEFAULTS, LIMITS)
BAD = Unusable.VALUE


def wishes(**minutes: Any) -> TimeoutOverrides:
    """Wishes by name, numbers in minutes."""
    scaled: dict[str, Any] = {
        name: value if isinstance(value, bool | Unusable) else value * MINUTE for name, value in minutes.items()
    }
    return TimeoutOverrides(**scaled)


def minutes(config: TimeoutConfig) -> tuple[float, bool, float, float]:
    return (
        config.timeout / MINUTE,
        config.auto_renew,
        config.max_duration / MINUTE,
        config.warning_threshold / MINUTE,
    )


policies = st.builds(
    TimeoutPolicy,
    configs,
    st.builds(
        lambda low, more: TimeoutLimits(low, low + more),
        spans(least=MINUTE, most=60 * MINUTE),
        spans(most=timedelta(days=7)),
    ),
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (30, True, 720, 5)),
        ({"timeout": 1}, (5, True, 720, 5)),
        ({"timeout": 99999}, (1440, True, 720, 5)),
        ({"timeout": 45}, (45, True, 720, 5)),
        ({"timeout": 7.5}, (7.5, True, 720, 5)),
        ({"timeout": 0}, (5, True, 720, 5)),
        ({"timeout": BAD}, (30, True, 720, 5)),
        ({"timeout": 1440}, (1440, True, 720, 5)),
        ({"auto_renew": False}, (30, False, 720, 5)),
        ({"max_duration": 1}, (30, True, 30, 5)),
        ({"max_duration": 1, "timeout": 45}, (45, True, 45, 5)),
        ({"max_duration": 999999}, (30, True, 2880, 5)),
        ({"max_duration": BAD}, (30, True, 720, 5)),
        ({"warning_threshold": -3}, (30, True, 720, 1)),
        ({"warning_threshold": 0}, (30, True, 720, 1)),
        ({"warning_threshold": 9999}, (30, True, 720, 9999)),
        ({"warning_threshold": BAD}, (30, True, 720, 5)),
    ],
    ids=str,
)
def test_a_new_session_gets_its_wishes_inside_the_limits(asked: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert minutes(POLICY.for_new_session(wishes(**asked))) == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({}, (30, True, 720, 5)),
        ({"timeout": 60}, (60, True, 720, 5)),
        ({"timeout": 1}, (5, True, 720, 5)),
        ({"timeout": 99999}, (1440, True, 720, 5)),
        ({"timeout": BAD}, (30, True, 720, 5)),
        ({"auto_renew": False}, (30, False, 720, 5)),
        ({"auto_renew": BAD}, (30, True, 720, 5)),
        ({"max_duration": 1}, (30, True, 5, 5)),
        ({"max_duration": 99999}, (30, True, 2880, 5)),
        ({"warning_threshold": 0}, (30, True, 720, 1)),
        ({"warning_threshold": 99999}, (30, True, 720, 1440)),
    ],
    ids=str,
)
def test_an_agent_sets_what_its_sessions_do_not(agent: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert minutes(POLICY.for_new_session(NOTHING, wishes(**agent))) == expected


def test_the_servers_own_defaults_are_not_held_to_its_limits() -> None:
    policy = TimeoutPolicy(replace(DEFAULTS, timeout=2 * MINUTE), TimeoutLimits(60 * MINUTE, 60 * MINUTE))
    assert policy.for_new_session(NOTHING).timeout == 2 * MINUTE


LEVELS = {
    "timeout": (10, 20, 30),
    "auto_renew": (False, False, True),
    "max_duration": (100, 200, 720),
    "warning_threshold": (2, 3, 5),
}


@pytest.mark.parametrize("field", LEVELS)
def test_session_goes_before_agent_before_server_field_by_field(field: str) -> None:
    session, agent, server = LEVELS[field]
    position = list(LEVELS).index(field)

    def got(**levels: Any) -> object:
        asked = {field: levels["session"]} if "session" in levels else {}
        set_by_agent = {field: levels["agent"]} if "agent" in levels else {}
        return minutes(POLICY.for_new_session(wishes(**asked), wishes(**set_by_agent)))[position]

    assert got(session=session, agent=agent) == session
    assert got(agent=agent) == agent
    assert got() == server
    assert got(session=BAD, agent=agent) == agent
    assert got(session=BAD, agent=BAD) == server
    assert got(session=BAD) == server


@given(configs, overrides)
def test_a_change_that_names_nothing_changes_nothing(current: TimeoutConfig, agent: TimeoutOverrides) -> None:
    assert POLICY.for_changed_session(current, NOTHING, agent=agent) == current


@given(configs, overrides, overrides, policies)
def test_a_change_touches_only_what_it_names(
    current: TimeoutConfig, asked: TimeoutOverrides, agent: TimeoutOverrides, policy: TimeoutPolicy
) -> None:
    changed = policy.for_changed_session(current, asked, agent=agent)
    for field in fields(TimeoutConfig):
        if getattr(asked, field.name) is None:
            assert getattr(changed, field.name) == getattr(current, field.name)


@given(configs, overrides, overrides, policies)
def test_the_same_change_twice_is_the_same_as_once(
    current: TimeoutConfig, asked: TimeoutOverrides, agent: TimeoutOverrides, policy: TimeoutPolicy
) -> None:
    once = policy.for_changed_session(current, asked, agent=agent)
    assert policy.for_changed_session(once, asked, agent=agent) == once


@given(overrides, policies)
def test_a_session_that_asks_gets_the_same_whatever_its_agent_says(
    agent: TimeoutOverrides, policy: TimeoutPolicy
) -> None:
    asked = TimeoutOverrides(9 * MINUTE, False, 99 * MINUTE, 3 * MINUTE)
    assert policy.for_new_session(asked, agent) == policy.for_new_session(asked)


@given(overrides, overrides, policies)
def test_what_is_asked_stays_inside_the_limits(
    asked: TimeoutOverrides, agent: TimeoutOverrides, policy: TimeoutPolicy
) -> None:
    got, limits = policy.for_new_session(asked, agent), policy.limits
    if isinstance(asked.timeout, timedelta) or isinstance(agent.timeout, timedelta):
        assert limits.min_timeout <= got.timeout <= limits.max_timeout
    if isinstance(asked.max_duration, timedelta):
        assert got.timeout <= got.max_duration <= max(2 * limits.max_timeout, got.timeout)
    if isinstance(asked.warning_threshold, timedelta):
        assert got.warning_threshold >= MINUTE


def test_an_unusable_change_falls_to_agent_then_server() -> None:
    current = TimeoutConfig(45 * MINUTE, auto_renew=False, max_duration=90 * MINUTE, warning_threshold=9 * MINUTE)
    agent = wishes(timeout=60)
    changed = POLICY.for_changed_session(current, wishes(timeout=BAD, warning_threshold=BAD), agent=agent)
    assert minutes(changed) == (60, False, 90, 5)


@pytest.mark.parametrize(
    ("auto_renew", "timeout", "longest", "idle", "expected"),
    [
        (True, 30, 720, 0, 30),
        (True, 30, 720, 100, 130),
        (True, 30, 720, 700, 720),
        (True, 1440, 720, 0, 720),
        (False, 60, 720, 100, 60),
        (False, 60, 120, 100, 60),
        (False, 60, 30, 0, 30),
    ],
)
def test_a_session_ends_after_its_timeout_but_never_beyond_its_longest_life(
    auto_renew: bool, timeout: int, longest: int, idle: int, expected: int
) -> None:
    config = TimeoutConfig(timeout * MINUTE, auto_renew, longest * MINUTE, 5 * MINUTE)
    assert expiry(config, created_at=NOON, last_activity=NOON + idle * MINUTE) == NOON + expected * MINUTE


@given(configs, instants, spans())
def test_no_end_lies_beyond_creation_plus_longest_life(
    config: TimeoutConfig, created: datetime, age: timedelta
) -> None:
    latest = created + config.max_duration
    assert expiry(config, created_at=created, last_activity=created + age) <= latest
    assert renewed_expiry(config, created_at=created, now=created + age) <= latest


@given(configs, instants, spans(), spans())
def test_later_renewals_never_end_earlier(
    config: TimeoutConfig, created: datetime, first: timedelta, more: timedelta
) -> None:
    earlier = renewed_expiry(config, created_at=created, now=created + first)
    assert renewed_expiry(config, created_at=created, now=created + first + more) >= earlier


def test_a_session_is_near_its_end_from_the_threshold_until_it_is_over() -> None:
    ends = NOON + 30 * MINUTE
    assert warning_time(DEFAULTS, ends) == NOON + 25 * MINUTE
    tick = timedelta(milliseconds=1)
    assert not is_near(DEFAULTS, ends, now=ends - 5 * MINUTE - tick)
    assert is_near(DEFAULTS, ends, now=ends - 5 * MINUTE)
    assert is_near(DEFAULTS, ends, now=ends - tick)
    assert not is_near(DEFAULTS, ends, now=ends)
