"""Facts survive being written down, exactly."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given

from agent_sessions.domain import log
from agent_sessions.domain.encoding import (
    config_from_plain,
    config_to_plain,
    fact_from_plain,
    fact_to_plain,
    from_micros,
    kind_of,
    to_micros,
)
from agent_sessions.domain.timeouts import TimeoutConfig

from .strategies import configs, facts, instants

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = TimeoutConfig(timedelta(minutes=30), True, timedelta(hours=12), timedelta(minutes=5))


@given(facts)
def test_a_fact_survives_json_exactly(fact: log.Fact) -> None:
    written = json.dumps(fact_to_plain(fact))
    assert fact_from_plain(kind_of(fact), json.loads(written)) == fact


@given(facts)
def test_members_of_a_newer_version_are_ignored(fact: log.Fact) -> None:
    assert fact_from_plain(kind_of(fact), {**fact_to_plain(fact), "invented later": {"x": 1}}) == fact


@given(facts)
def test_no_absent_text_and_no_empty_collection_is_written(fact: log.Fact) -> None:
    written = fact_to_plain(fact)
    always = {"text", "thought", "id", "author_id", "in_reply_to"}
    assert not [name for name, value in written.items() if value in (None, "", [], {}) and name not in always]


@given(instants)
def test_an_instant_survives(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


def test_times_are_microseconds_since_1970_whatever_the_zone() -> None:
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC)) == 1_000_001
    assert from_micros(1_000_001).tzinfo is UTC


@given(configs)
def test_a_configuration_survives(config: TimeoutConfig) -> None:
    assert config_from_plain(config_to_plain(config)) == config


@pytest.mark.parametrize(
    ("fact", "kind", "plain"),
    [
        (
            log.Message(id="m", author=log.Author.USER, author_id="u", text="hello"),
            "message",
            {"id": "m", "author": "user", "author_id": "u", "text": "hello"},
        ),
        (log.Renewed(log.Renewal(NOON, 3)), "renewed", {"expires_at": 1772366400000000, "count": 3}),
        (log.Warned(NOON, 7), "warned", {"expires_at": 1772366400000000, "late_ms": 7}),
        (log.Expired(NOON, 0), "expired", {"expired_at": 1772366400000000, "late_ms": 0}),
        (log.Ended(), "ended", {}),
        (
            log.ReplyMissing("m", log.Silence.TIMED_OUT),
            "reply_missing",
            {"in_reply_to": "m", "why": "timed_out"},
        ),
        (
            log.Created(NOON, CONFIG),
            "created",
            {
                "expires_at": 1772366400000000,
                "timeout": {
                    "timeout": 1_800_000_000,
                    "auto_renew": True,
                    "max_duration": 43_200_000_000,
                    "warning_threshold": 300_000_000,
                },
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_written_form_is_stable(fact: log.Fact, kind: str, plain: dict[str, object]) -> None:
    assert kind_of(fact) == kind
    assert fact_to_plain(fact) == plain


def test_every_fact_has_its_own_kind() -> None:
    examples: list[log.Fact] = [
        log.Message(id="m", author=log.Author.USER, author_id="u", text=""),
        log.Erased(),
        log.Created(NOON, CONFIG),
        log.Renewed(log.Renewal(NOON, 1)),
        log.Reconfigured(NOON, CONFIG),
        log.Warned(NOON, 0),
        log.Expired(NOON, 0),
        log.Ended(),
        log.ReplyMissing("m", log.Silence.CHOSEN),
        log.ProcessingBegun(1),
        log.Processed(1),
        log.ProcessingFailed(1),
    ]
    assert {type(example) for example in examples} == set(get_args(log.Fact))
    assert len({kind_of(example) for example in examples}) == len(examples)


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no fact is of kind 'sung'"):
        fact_from_plain("sung", {})
