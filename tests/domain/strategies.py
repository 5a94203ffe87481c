"""Anything a session, a configuration or a fact may hold, for property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from agent_sessions.domain import log
from agent_sessions.domain.timeouts import TimeoutConfig, TimeoutOverrides, Unusable

SECOND = timedelta(seconds=1)


def whole_milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def spans(*, least: timedelta = timedelta(0), most: timedelta = timedelta(days=30)) -> st.SearchStrategy[timedelta]:
    """Spans of whole milliseconds, short and long ones alike."""
    step = timedelta(milliseconds=1)
    return st.integers(least // step, most // step).map(lambda count: count * step)


instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    whole_milliseconds
)

configs = st.builds(
    TimeoutConfig,
    timeout=spans(least=SECOND),
    auto_renew=st.booleans(),
    max_duration=spans(least=SECOND),
    warning_threshold=spans(),
)


def _wish(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.just(Unusable.VALUE), values)


overrides = st.builds(
    TimeoutOverrides,
    timeout=_wish(spans()),
    auto_renew=_wish(st.booleans()),
    max_duration=_wish(spans()),
    warning_threshold=_wish(spans()),
)

texts = st.text(st.characters(codec="utf-8"), max_size=20)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)
counts = st.integers(0, 10**9)
renewals = st.builds(log.Renewal, instants, counts)

messages = st.builds(
    log.Message,
    id=st.uuids().map(str),
    author=st.sampled_from(log.Author),
    author_id=st.uuids().map(str),
    text=texts,
    thought=st.none() | texts,
    actions=st.lists(texts, max_size=2).map(tuple),
    attachments=st.lists(json_objects, max_size=2).map(tuple),
    metadata=json_objects,
    in_reply_to=st.none() | texts,
    extra=json_objects,
    renewal=st.none() | renewals,
    addressee=st.none() | st.uuids().map(str),
    source=st.none() | st.just("discord"),
)

facts: st.SearchStrategy[log.Fact] = st.one_of(
    messages,
    st.builds(log.Erased, st.lists(texts, max_size=2).map(tuple)),
    st.builds(log.Created, instants, configs),
    st.builds(log.Renewed, renewals),
    st.builds(log.Reconfigured, instants, configs),
    st.builds(log.Warned, instants, counts),
    st.builds(log.Expired, instants, counts),
    st.builds(log.Ended),
    st.builds(log.ReplyMissing, texts, st.sampled_from(log.Silence), texts),
    st.builds(log.ProcessingBegun, counts),
    st.builds(log.Processed, counts, created=counts, versions=counts, conflicts=counts),
    st.builds(log.ProcessingFailed, counts, texts),
)
