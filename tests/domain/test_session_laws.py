"""What holds for a session whatever is done to it, in any order, at any time, even by a clock that goes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from agent_sessions.domain import log
from agent_sessions.domain import session as rules
from agent_sessions.domain.session import Change, MemoryStatus, Processing, Session, State
from agent_sessions.domain.timeouts import TimeoutConfig, expiry

from .strategies import configs, instants, spans

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = timedelta(milliseconds=1)
Rule: TypeAlias = "Callable[[Session, datetime], Change | None]"


def _message(number: int, *, reply_to: str | None = None) -> log.Message:
    author = log.Author.AGENT if reply_to else log.Author.USER
    return log.Message(id=f"m{number}", author=author, author_id="x", text="", in_reply_to=reply_to)


def _posted(session: Session, now: datetime) -> Change:
    return rules.posted(session, _message(session.last_seq), now=now, room=10_000, retry_after=TICK)


def _answered(session: Session, now: datetime) -> Change | None:
    oldest = next(iter(session.awaiting), None)
    return rules.concluded(session, _message(session.last_seq, reply_to=oldest), now=now) if oldest else None


def _unanswered(session: Session, now: datetime) -> Change | None:
    oldest = next(iter(session.awaiting), "none")
    return rules.concluded(session, log.ReplyMissing(oldest, log.Silence.FAILED), now=now)


def _processed(session: Session, now: datetime) -> Change | None:
    return rules.processing_done(session, log.Processed(session.last_seq), now=now)


RULES: dict[str, Rule] = {
    "post": _posted,
    "note": lambda session, now: rules.noted(session, _message(0), now=now),
    "answer": _answered,
    "leave unanswered": _unanswered,
    "renew": lambda session, now: rules.renewed(session, now=now),
    "touch": lambda session, now: rules.touched(session, now=now),
    "fall due": lambda session, now: rules.fallen_due(session, now=now),
    "finish processing": _processed,
}
RENEWALS = ("post", "renew", "touch")


@dataclass(frozen=True)
class Step:
    """One thing that happens to a session, ``after`` so long (less than nothing: the clock was set back)."""

    name: str
    after: timedelta
    config: TimeoutConfig | None = None

    def rule(self, session: Session, now: datetime) -> Change | None:
        if self.config is not None:
            return rules.reconfigured(session, self.config, now=now)
        return RULES[self.name](session, now)


pauses = st.one_of(
    st.just(timedelta(0)),
    spans(most=timedelta(minutes=1)),
    spans(most=timedelta(days=2)),
    spans().map(lambda s: -s / 99),
).map(lambda span: span // TICK * TICK)
steps = st.one_of(
    st.builds(Step, st.sampled_from(list(RULES)), pauses),
    st.builds(Step, st.just("reconfigure"), pauses, configs),
)
quiets = st.none() | spans(least=timedelta(seconds=1))


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """A session that just began."""
    config, now = draw(configs), draw(instants)
    session = Session(
        id="s",
        channel_id="c",
        agent_id="a",
        user_id="u",
        created_at=now,
        last_activity=now,
        expires_at=expiry(config, created_at=now, last_activity=now),
        timeout=config,
        processing=Processing(quiet=draw(quiets)),
        last_at=now,
    )
    return rules.opened(session).session


@dataclass(frozen=True)
class Moment:
    """A session before and after a step, and when that was."""

    step: Step
    now: datetime
    before: Session
    change: Change


@st.composite
def lives(draw: st.DrawFn) -> list[Moment]:
    """A session's life while it is open: whatever may happen to it, and when."""
    session, moments = draw(sessions()), []
    now = session.created_at
    for step in draw(st.lists(steps, max_size=25)):
        if session.state is not State.ACTIVE:
            break
        now += step.after
        change = step.rule(session, now)
        if change is not None:
            moments.append(Moment(step, now, session, change))
            session = change.session
    return moments


@given(lives())
def test_rows_are_numbered_without_gaps_and_their_times_strictly_increase(life: list[Moment]) -> None:
    rows = [entry for moment in life for entry in moment.change.entries]
    assert [row.seq for row in rows] == list(range(2, len(rows) + 2))
    assert all(later.at - earlier.at >= TICK for earlier, later in pairwise(rows))
    for moment in life:
        if moment.change.entries:
            newest = moment.change.entries[-1]
            assert (moment.change.session.last_seq, moment.change.session.last_at) == (newest.seq, newest.at)


@given(lives())
def test_a_row_is_never_dated_before_it_happened(life: list[Moment]) -> None:
    assert all(entry.at >= moment.now for moment in life for entry in moment.change.entries)


@given(lives())
def test_no_session_outlives_its_longest_life(life: list[Moment]) -> None:
    for moment in life:
        after = moment.change.session
        assert after.expires_at <= after.created_at + after.timeout.max_duration


@given(lives())
def test_a_renewal_never_shortens(life: list[Moment]) -> None:
    for moment in life:
        if moment.step.config is None:
            assert moment.change.session.expires_at >= moment.before.expires_at
        if moment.step.name in RENEWALS:
            assert moment.change.session.last_activity >= moment.before.last_activity


@given(lives())
def test_renewals_are_counted_one_by_one_and_told(life: list[Moment]) -> None:
    for moment in life:
        facts = [entry.fact for entry in moment.change.entries]
        told = [getattr(fact, "renewal", None) for fact in facts]
        gained = moment.change.session.renewal_count - moment.before.renewal_count
        assert gained == sum(renewal is not None for renewal in told)
        assert gained in (0, 1)


@given(lives())
def test_a_session_is_warned_once_per_approach(life: list[Moment]) -> None:
    warned = False
    for moment in life:
        moves_the_end = moment.step.config is not None or (
            moment.change.session.renewal_count > moment.before.renewal_count
        )
        warned = warned and not moves_the_end
        for entry in moment.change.entries:
            if isinstance(entry.fact, log.Warned):
                assert not warned
                assert moment.before.is_near_expiration(moment.now)
                warned = True


@given(lives())
def test_lateness_is_never_negative(life: list[Moment]) -> None:
    for moment in life:
        assert all(getattr(entry.fact, "late_ms", 0) >= 0 for entry in moment.change.entries)


@given(sessions(), st.lists(steps, max_size=10), pauses)
def test_something_falls_due_exactly_from_the_deadline_on(
    session: Session, happened: list[Step], more: timedelta
) -> None:
    now = session.created_at
    for step in happened:
        now += step.after
        change = step.rule(session, now) if session.state is State.ACTIVE else None
        session = change.session if change else session
    now += more
    due = session.deadline is not None and now >= session.deadline
    assert (rules.fallen_due(session, now=now) is not None) == due


@given(lives(), pauses)
def test_falling_due_comes_to_rest(life: list[Moment], more: timedelta) -> None:
    if not life:
        return
    session, now = life[-1].change.session, life[-1].now + more
    facts = []
    while change := rules.fallen_due(session, now=now):
        session = change.session
        facts.append(change.entries[0].fact)
        assert len(facts) <= 3
    assert session.deadline is None or session.deadline > now
    assert len({type(fact) for fact in facts}) == len(facts)


@given(sessions())
def test_whoever_looks_at_each_deadline_misses_nothing(session: Session) -> None:
    """Fired at its deadlines only, a session is warned (if ever near), expires, and is processed if it is to be."""
    session = rules.noted(session, _message(1), now=session.created_at).session
    facts: list[log.Fact] = []
    while session.deadline is not None:
        change = rules.fallen_due(session, now=session.deadline)
        assert change is not None
        session = change.session
        facts += [entry.fact for entry in change.entries]
    kinds = [type(fact) for fact in facts]
    assert kinds.count(log.Expired) == 1
    assert kinds.count(log.Warned) == (session.timeout.warning_threshold > timedelta(0))
    assert kinds.count(log.ProcessingBegun) == (session.processing.quiet is not None)
    assert (session.processing.status is MemoryStatus.PROCESSING) == (session.processing.quiet is not None)


@given(lives())
def test_a_change_keeps_who_and_when(life: list[Moment]) -> None:
    for moment in life:
        before, after = moment.before, moment.change.session
        assert (before.id, before.channel_id, before.agent_id, before.user_id, before.created_at) == (
            after.id,
            after.channel_id,
            after.agent_id,
            after.user_id,
            after.created_at,
        )
