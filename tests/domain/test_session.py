"""What happens to a session, and what its log says of it: one rule at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.domain import log
from agent_sessions.domain import session as rules
from agent_sessions.domain.errors import SessionBusy, SessionExpired, SessionNotFound
from agent_sessions.domain.session import Change, Session, State
from agent_sessions.domain.timeouts import TimeoutConfig, expiry

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TICK = timedelta(milliseconds=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def begun(**changes: Any) -> Session:
    """A session of 30 minutes, warned 5 before its end, of 12 hours at most; begun at noon."""
    timeout = TimeoutConfig(
        changes.pop("timeout", 30) * MINUTE,
        auto_renew=changes.pop("auto_renew", True),
        max_duration=changes.pop("max_duration", 720) * MINUTE,
        warning_threshold=changes.pop("warning", 5) * MINUTE,
    )
    members: dict[str, Any] = {
        "id": "s",
        "channel_id": "c",
        "agent_id": "a",
        "user_id": "u",
        "created_at": NOON,
        "last_activity": NOON,
        "expires_at": expiry(timeout, created_at=NOON, last_activity=NOON),
        "timeout": timeout,
        "last_at": NOON,
    }
    return rules.opened(Session(**members | changes)).session


def said(message_id: str = "m") -> log.Message:
    return log.Message(id=message_id, author=log.Author.USER, author_id="u", text="Hello")


def answer(to: str = "m") -> log.Message:
    return log.Message(id=f"re {to}", author=log.Author.AGENT, author_id="a", text="Hi", in_reply_to=to)


def post(session: Session, now: datetime, *, room: int | None = None, message_id: str = "m") -> Change:
    return rules.posted(session, said(message_id), now=now, room=room, retry_after=timedelta(seconds=1))


def only_fact(change: Change | None) -> log.Fact:
    assert change is not None
    (entry,) = change.entries
    assert entry.seq == change.session.last_seq
    assert entry.at == change.session.last_at
    return entry.fact


# ---------------------------------------------------------------------------------------------------- what calls change


def test_a_new_session_has_one_row() -> None:
    session = begun()
    assert (session.last_seq, session.last_at, session.renewal_count) == (1, NOON, 0)
    assert session.expires_at == NOON + 30 * MINUTE


CALLS: dict[str, Callable[[Session, datetime], Change]] = {
    "message": post,
    "heartbeat": lambda session, now: rules.touched(session, now=now),
    "renew": lambda session, now: rules.renewed(session, now=now),
}


@pytest.mark.parametrize(
    ("call", "auto_renew", "renewals", "ends_after"),
    [
        ("message", True, 1, 40),
        ("message", False, 0, 30),
        ("heartbeat", True, 1, 40),
        ("heartbeat", False, 0, 30),
        ("renew", True, 1, 40),
        ("renew", False, 1, 40),
    ],
)
def test_what_each_call_does_to_the_clock(call: str, auto_renew: bool, renewals: int, ends_after: int) -> None:
    session = begun(auto_renew=auto_renew)
    after = CALLS[call](session, NOON + 10 * MINUTE).session
    assert after.last_activity == NOON + 10 * MINUTE
    assert after.renewal_count == renewals
    assert after.expires_at == NOON + ends_after * MINUTE
    assert after.timeout == session.timeout


def test_near_the_longest_life_renewals_count_but_move_nothing() -> None:
    session = begun(timeout=60, max_duration=90)
    for count, minute in enumerate((40, 80, 89), start=1):
        session = rules.renewed(session, now=NOON + minute * MINUTE).session
        assert (session.renewal_count, session.expires_at) == (count, NOON + 90 * MINUTE)


def test_a_message_that_renews_says_so_in_its_own_row() -> None:
    fact = only_fact(post(begun(), NOON + 10 * MINUTE))
    assert isinstance(fact, log.Message)
    assert fact.renewal == log.Renewal(NOON + 40 * MINUTE, 1)


def test_a_message_that_does_not_renew_says_nothing_of_it() -> None:
    fact = only_fact(post(begun(auto_renew=False), NOON + 10 * MINUTE))
    assert isinstance(fact, log.Message)
    assert fact.renewal is None


def test_a_heartbeat_that_does_not_renew_leaves_no_row() -> None:
    assert rules.touched(begun(auto_renew=False), now=NOON + MINUTE).entries == ()


def test_renewing_tells_the_new_end() -> None:
    assert only_fact(rules.renewed(begun(), now=NOON + MINUTE)) == log.Renewed(log.Renewal(NOON + 31 * MINUTE, 1))


def test_an_agent_speaking_unasked_does_not_touch_the_clock() -> None:
    session = begun()
    after = rules.noted(session, answer(), now=NOON + 10 * MINUTE).session
    assert (after.last_activity, after.expires_at, after.last_seq) == (NOON, session.expires_at, 2)


def test_a_clock_that_goes_back_shortens_no_session() -> None:
    session = rules.renewed(begun(), now=NOON + 10 * MINUTE).session
    for call in CALLS.values():
        after = call(session, NOON + 5 * MINUTE).session
        assert after.expires_at == session.expires_at
        assert after.last_activity == session.last_activity


# --------------------------------------------------------------------------------------------------- changed timeouts


@pytest.mark.parametrize(
    ("auto_renew", "active_at", "timeout", "ends_after"),
    [(True, 20, 60, 80), (True, 20, 5, 25), (False, 20, 60, 60), (False, 20, 5, 5)],
)
def test_a_changed_timeout_moves_the_end(auto_renew: bool, active_at: int, timeout: int, ends_after: int) -> None:
    session = post(begun(auto_renew=auto_renew), NOON + active_at * MINUTE).session
    config = replace(session.timeout, timeout=timeout * MINUTE)
    change = rules.reconfigured(session, config, now=NOON + 22 * MINUTE)
    ends = NOON + ends_after * MINUTE
    assert change.session.expires_at == ends
    assert (change.session.last_activity, change.session.renewal_count) == (
        session.last_activity,
        session.renewal_count,
    )
    assert only_fact(change) == log.Reconfigured(ends, config)


def test_a_session_may_be_configured_into_the_past_and_is_over_then() -> None:
    session = begun(auto_renew=False)
    after = rules.reconfigured(session, replace(session.timeout, timeout=5 * MINUTE), now=NOON + 20 * MINUTE).session
    assert after.time_remaining(NOON + 20 * MINUTE) == timedelta(0)
    with pytest.raises(SessionExpired):
        rules.ensure_live(after, NOON + 20 * MINUTE, remember=DAY)


def test_a_changed_timeout_warns_anew() -> None:
    warned = fired(begun(), NOON + 25 * MINUTE)
    after = rules.reconfigured(warned, replace(warned.timeout, timeout=60 * MINUTE), now=NOON + 26 * MINUTE).session
    assert after.deadline == NOON + 55 * MINUTE


# ------------------------------------------------------------------------------------------------------ alive or not


def test_a_session_is_live_until_its_end_exactly() -> None:
    session = begun()
    rules.ensure_live(session, session.expires_at - TICK, remember=DAY)
    with pytest.raises(SessionExpired) as told:
        rules.ensure_live(session, session.expires_at, remember=DAY)
    assert told.value.expired_at == session.expires_at


def test_an_expired_session_is_remembered_for_a_while_then_unknown() -> None:
    session = fired(begun(), NOON + 40 * MINUTE)
    assert session.state is State.EXPIRED
    with pytest.raises(SessionExpired):
        rules.ensure_live(session, session.expires_at + DAY - TICK, remember=DAY)
    with pytest.raises(SessionNotFound):
        rules.ensure_live(session, session.expires_at + DAY, remember=DAY)


def test_an_ended_session_is_unknown_at_once() -> None:
    change = rules.ended(begun(), now=NOON + MINUTE)
    assert only_fact(change) == log.Ended()
    assert (change.session.state, change.session.closed_at) == (State.ENDED, NOON + MINUTE)
    with pytest.raises(SessionNotFound):
        rules.ensure_live(change.session, NOON + MINUTE, remember=DAY)


def test_time_remaining_and_nearness() -> None:
    session = begun()
    assert session.time_remaining(NOON + 10 * MINUTE) == 20 * MINUTE
    assert session.time_remaining(NOON + 31 * MINUTE) == timedelta(0)
    assert not session.is_near_expiration(NOON + 25 * MINUTE - TICK)
    assert session.is_near_expiration(NOON + 25 * MINUTE)
    assert not session.is_near_expiration(NOON + 30 * MINUTE)
    assert not rules.ended(session, now=NOON + 26 * MINUTE).session.is_near_expiration(NOON + 27 * MINUTE)


# --------------------------------------------------------------------------------------------------------- falling due


def fired(session: Session, now: datetime) -> Session:
    change = rules.fallen_due(session, now=now)
    assert change is not None
    return change.session


def test_the_next_deadline_is_the_warning_then_the_end_then_none() -> None:
    session = begun()
    assert session.deadline == NOON + 25 * MINUTE
    session = fired(session, NOON + 25 * MINUTE)
    assert session.deadline == NOON + 30 * MINUTE
    session = fired(session, NOON + 30 * MINUTE)
    assert session.deadline is None


def test_nothing_is_due_a_moment_before() -> None:
    session = begun()
    assert rules.fallen_due(session, now=NOON + 25 * MINUTE - TICK) is None
    warned = fired(session, NOON + 25 * MINUTE)
    assert rules.fallen_due(warned, now=NOON + 30 * MINUTE - TICK) is None


def test_a_session_is_warned_once_per_approach() -> None:
    warned = fired(begun(), NOON + 25 * MINUTE)
    assert warned.warned_at == NOON + 25 * MINUTE
    assert rules.fallen_due(warned, now=NOON + 26 * MINUTE) is None
    renewed = rules.renewed(warned, now=NOON + 27 * MINUTE).session
    assert renewed.warned_at is None
    assert only_fact(rules.fallen_due(renewed, now=NOON + 52 * MINUTE)) == log.Warned(NOON + 57 * MINUTE, 0)


def test_facts_of_the_clock_say_how_late_they_are() -> None:
    session = begun()
    late = timedelta(milliseconds=1500)
    assert only_fact(rules.fallen_due(session, now=NOON + 25 * MINUTE + late)) == log.Warned(session.expires_at, 1500)
    assert only_fact(rules.fallen_due(session, now=NOON + 30 * MINUTE + late)) == log.Expired(session.expires_at, 1500)


def test_a_warning_is_never_early_even_where_the_log_ran_ahead_of_the_clock() -> None:
    session = begun()
    for _ in range(5):
        session = rules.noted(session, answer(), now=NOON + 25 * MINUTE).session
    assert only_fact(rules.fallen_due(session, now=NOON + 25 * MINUTE)) == log.Warned(session.expires_at, 0)


def test_who_was_not_looked_at_until_the_end_expires_without_a_warning() -> None:
    change = rules.fallen_due(begun(), now=NOON + 30 * MINUTE)
    assert isinstance(only_fact(change), log.Expired)


def test_a_session_as_short_as_its_threshold_is_near_its_end_from_the_start() -> None:
    session = begun(timeout=5, warning=10)
    assert only_fact(rules.fallen_due(session, now=NOON)) == log.Warned(NOON + 5 * MINUTE, 0)


def test_without_a_threshold_there_is_no_warning() -> None:
    session = begun(warning=0)
    assert session.deadline == session.expires_at
    assert isinstance(only_fact(rules.fallen_due(session, now=session.expires_at)), log.Expired)


def test_nothing_falls_due_for_a_closed_session() -> None:
    for closed in (rules.ended(begun(), now=NOON).session, fired(begun(), NOON + DAY)):
        assert closed.deadline is None
        assert rules.fallen_due(closed, now=NOON + 2 * DAY) is None


# ----------------------------------------------------------------------------------------------- messages and replies


def test_messages_wait_for_replies_in_order_until_there_is_no_room() -> None:
    session = begun()
    for message_id in ("one", "two"):
        session = post(session, NOON, room=2, message_id=message_id).session
    assert session.awaiting == ("one", "two")
    with pytest.raises(SessionBusy) as refused:
        post(session, NOON, room=2, message_id="three")
    assert (refused.value.limit, refused.value.retry_after) == (2, timedelta(seconds=1))


def test_a_message_without_a_reply_needs_no_room() -> None:
    session = post(begun(), NOON, room=1).session
    assert post(session, NOON, room=None, message_id="x").session.awaiting == ("m",)


@pytest.mark.parametrize("end", [answer("two"), log.ReplyMissing("two", log.Silence.FAILED)])
def test_a_message_is_concluded_once(end: log.Message | log.ReplyMissing) -> None:
    session = begun()
    for message_id in ("one", "two"):
        session = post(session, NOON, room=9, message_id=message_id).session
    change = rules.concluded(session, end, now=NOON + MINUTE)
    assert change is not None
    assert only_fact(change) == end
    assert change.session.awaiting == ("one",)
    assert change.session.last_activity == session.last_activity
    assert rules.concluded(change.session, end, now=NOON + MINUTE) is None
