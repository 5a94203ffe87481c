"""Ids of our own making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain.ids import channel_of, new_id, session_of

NOW = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
INSTANTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS)
def test_they_are_uuids_of_version_7_with_their_time(at: datetime) -> None:
    made = UUID(new_id(at))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert str(made) == str(made).lower()
    assert made.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(INSTANTS, INSTANTS)
def test_they_sort_by_time(one: datetime, other: datetime) -> None:
    if other - one >= timedelta(milliseconds=1):
        assert new_id(one) < new_id(other)


def test_no_two_are_equal() -> None:
    assert len({new_id(NOW) for _ in range(10_000)}) == 10_000


def test_a_channel_leads_back_to_its_session() -> None:
    session_id = new_id(NOW)
    channel_id = channel_of(session_id)
    assert channel_id != session_id
    assert session_of(channel_id) == session_of(channel_id.upper()) == session_id
    assert UUID(channel_id).version == 7


def test_what_is_no_uuid_leads_nowhere() -> None:
    assert session_of("lobby") is None
