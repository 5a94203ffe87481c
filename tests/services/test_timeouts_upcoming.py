"""The order in which sessions fall due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.services.clock_statistics import Lateness
from agent_sessions.services.upcoming import Upcoming

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_sessions_are_taken_in_order_and_never_before_their_time() -> None:
    upcoming = Upcoming()
    for session_id, seconds in [("c", 3), ("a", 1), ("b", 2)]:
        upcoming.put(session_id, at(seconds))
    assert upcoming.next() == at(1)
    assert upcoming.take(at(0)) is None
    assert [upcoming.take(at(2)), upcoming.take(at(2)), upcoming.take(at(2))] == ["a", "b", None]
    assert len(upcoming) == 1


def test_a_later_deadline_does_not_add_an_entry() -> None:
    upcoming = Upcoming()
    for seconds in range(1, 1000):
        upcoming.put("s", at(seconds))
    assert len(upcoming) == 1
    assert upcoming.take(at(1)) == "s"
    assert upcoming.take(at(2000)) is None


def test_an_earlier_deadline_replaces_the_later_one() -> None:
    upcoming = Upcoming()
    upcoming.put("s", at(9))
    upcoming.put("s", at(5))
    assert upcoming.take(at(5)) == "s"
    assert upcoming.next() is None
    assert upcoming.take(at(9)) is None


def test_a_session_taken_and_put_again_waits_again() -> None:
    upcoming = Upcoming()
    upcoming.put("s", at(5))
    upcoming.put("s", at(3))
    assert upcoming.take(at(3)) == "s"
    upcoming.put("s", at(5))
    assert upcoming.take(at(5)) == "s"
    assert upcoming.take(at(5)) is None


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 20)), max_size=30))
def test_each_session_comes_once_at_the_earliest_deadline_told(told: list[tuple[str, int]]) -> None:
    upcoming = Upcoming()
    for session_id, seconds in told:
        upcoming.put(session_id, at(seconds))
    earliest: dict[str, int] = {}
    for session_id, seconds in told:
        earliest[session_id] = min(seconds, earliest.get(session_id, 99))
    taken: dict[str, int] = {}
    for second in range(21):
        while (due := upcoming.take(at(second))) is not None:
            assert due not in taken
            taken[due] = second
    assert taken == earliest


def test_lateness_is_told_by_the_range_that_holds_the_share() -> None:
    lateness = Lateness()
    for late_ms in [0] * 98 + [40, 7_000_000]:
        lateness.add(late_ms)
    assert lateness.within(0.5) == 1
    assert lateness.within(0.99) == 50
    assert lateness.within(1.0) is None
    assert lateness.total_ms == 7_000_040
