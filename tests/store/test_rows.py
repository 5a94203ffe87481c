"""Sessions and facts survive being rows, exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain import log
from agent_sessions.domain.errors import InvalidInput, StoreUnavailable
from agent_sessions.domain.session import MemoryStatus, Processing, Session, State
from agent_sessions.store import facts, jsontext, rows
from tests.domain import strategies

sessions = st.builds(
    Session,
    id=st.uuids().map(str),
    channel_id=strategies.texts,
    agent_id=strategies.texts,
    user_id=strategies.texts,
    created_at=strategies.instants,
    last_activity=strategies.instants,
    expires_at=strategies.instants,
    timeout=strategies.configs,
    metadata=strategies.json_objects,
    renewal_count=st.integers(0, 2**31 - 1),
    state=st.sampled_from(State),
    warned_at=st.none() | strategies.instants,
    closed_at=st.none() | strategies.instants,
    awaiting=st.lists(strategies.texts, max_size=3).map(tuple),
    processing=st.builds(
        Processing,
        status=st.sampled_from(MemoryStatus),
        quiet=st.none() | strategies.spans(),
        due_at=st.none() | strategies.instants,
        done_seq=st.integers(0, 2**31 - 1),
    ),
    last_seq=st.integers(1, 2**31 - 1),
    last_at=strategies.instants,
)


@given(sessions)
def test_a_session_survives(session: Session) -> None:
    row = rows.session_row(session, run=3, claims=True)
    assert len(row) == len(rows.SESSION_COLUMNS)
    assert rows.SessionReader().read(row) == session


@given(sessions)
def test_the_moving_part_is_the_same_part_of_the_row(session: Session) -> None:
    whole = dict(zip(rows.SESSION_COLUMNS, rows.session_row(session, run=3, claims=False), strict=True))
    moving = dict(zip(rows.MOVING_COLUMNS, rows.moving_row(session, run=3, claims=False), strict=True))
    assert moving == {name: whole[name] for name in rows.MOVING_COLUMNS}


@given(sessions)
def test_an_open_session_of_a_crashed_run_ends_later(session: Session) -> None:
    read = rows.SessionReader({3}).read(rows.session_row(session, run=3, claims=False))
    assert read.expires_at - session.expires_at == (rows.GRACE if session.state is State.ACTIVE else rows.GRACE * 0)


@given(strategies.facts, strategies.instants)
def test_an_entry_survives(fact: log.Fact, at: Any) -> None:
    entry = log.LogEntry("s", 7, at, fact)
    session_id, seq, kind, micros, concluded, payload = rows.entry_row(entry)
    assert rows.read_entry(session_id, (seq, kind, micros, payload)) == entry
    assert concluded == getattr(fact, "in_reply_to", None)


def test_a_row_of_a_later_version_is_told_as_such() -> None:
    with pytest.raises(StoreUnavailable, match="'dreamt'"):
        facts.decode("dreamt", "{}")
    with pytest.raises(StoreUnavailable, match="'message'"):
        facts.decode("message", "{}")


@pytest.mark.parametrize("value", ["\ud800", 2**70, {1: 2}, {"x": {3}}])
def test_what_json_cannot_say_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        jsontext.dumps(value, name="metadata")
