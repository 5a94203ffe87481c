"""Ids of our own making."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
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


def test_no_two_are_equal_that_threads_made_beside_each_other() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [made for some in threads.map(_some, range(8)) for made in some]
    assert len(set(made)) == len(made)


def _some(_thread: int) -> list[str]:
    return [new_id(NOW) for _ in range(5_000)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_no_two_are_equal_that_forked_processes_made() -> None:
    new_id(NOW)
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, new_id(NOW).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 36).decode() not in {new_id(NOW) for _ in range(1_000)}


def test_a_channel_leads_back_to_its_session() -> None:
    session_id = new_id(NOW)
    channel_id = channel_of(session_id)
    assert channel_id != session_id
    assert session_of(channel_id) == session_of(channel_id.upper()) == session_id
    assert UUID(channel_id).version == 7


def test_what_is_no_uuid_leads_nowhere() -> None:
    assert session_of("lobby") is None
