"""Promises about what webhooks have yet to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..domain.log import Created, Ended, Message
from ..domain.session import ended
from ..domain.webhook import DeadLetter, WebhookBacklog, WebhookClaim, WebhookEndpoint, WebhookSettlement
from .store_promises import Promises
from .store_samples import AGENT, HOUR, MINUTE, SECOND, failing, message, open_session, saying

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..domain.session import Session
    from ..ports import Store
    from .clock import FakeClock

HOOK = WebhookEndpoint(name="hook", facts=frozenset({Created, Message}))


async def claimed(
    store: Store,
    clock: FakeClock,
    *settled: WebhookSettlement,
    limit: int = 10,
    endpoint: str = "hook",
) -> Sequence[WebhookClaim]:
    """What is claimed now, for a minute."""
    now = clock.now()
    found = await store.webhook_round(settled, wanted={endpoint: limit}, now=now, until=now + MINUTE)
    return found.claims


async def next_due(store: Store, clock: FakeClock) -> datetime | None:
    """When the endpoint is to be looked after again."""
    found = await store.webhook_round([], wanted={"hook": 0}, now=clock.now(), until=clock.now())
    return found.next_due.get("hook")


async def say(store: Store, clock: FakeClock, session: Session) -> None:
    """One more message; rows of one session are at least a millisecond apart."""
    clock.step(SECOND)
    await store.change(session.id, saying(message(), clock.now()))


def settled(claim: WebhookClaim, done_seq: int, **changes: Any) -> WebhookSettlement:
    """Told up to there; the rest is due at once."""
    members: dict[str, Any] = {"claim": claim, "done_seq": done_seq, "due_at": claim.since}
    return WebhookSettlement(**members | changes)


def buried(claim: WebhookClaim, seq: int, now: datetime) -> WebhookSettlement:
    """This event was given up."""
    dead = DeadLetter(
        endpoint=claim.endpoint,
        session_id=claim.session_id,
        seq=seq,
        kind="message",
        at=claim.since,
        given_up_at=now,
        attempts=7,
        reason="It answered with status 500",
    )
    return settled(claim, seq, dead=dead)


class WebhookPromises(Promises):
    """The queue of webhooks, claims and dead letters."""

    async def test_nothing_is_queued_for_nobody(self, store: Store, clock: FakeClock) -> None:
        await open_session(store, clock.now())
        assert await claimed(store, clock) == ()
        assert await store.webhook_backlog("hook") == WebhookBacklog(0, None, 0)

    async def test_what_an_endpoint_wants_is_queued_as_one_for_each_session(
        self, store: Store, clock: FakeClock
    ) -> None:
        store.queue_webhooks([HOOK])
        one, two = await open_session(store, clock.now()), await open_session(store, clock.now())
        await say(store, clock, one)
        found = {claim.session_id: claim for claim in await claimed(store, clock)}
        assert {key: (claim.done_seq, claim.last_seq) for key, claim in found.items()} == {
            one.id: (0, 2),
            two.id: (0, 1),
        }
        assert {(claim.endpoint, claim.replay, claim.attempts, claim.since) for claim in found.values()} == {
            ("hook", 0, 0, one.created_at)
        }

    async def test_only_what_is_wanted_is_queued(self, store: Store, clock: FakeClock) -> None:
        ends = WebhookEndpoint(name="ends", facts=frozenset({Ended}), project="shop")
        of_agent = WebhookEndpoint(name="agent", facts=frozenset({Ended}), agent_id=AGENT)
        store.queue_webhooks([ends, of_agent])
        shop = await open_session(store, clock.now(), project="shop", agent_id="")
        mine = await open_session(store, clock.now())
        await say(store, clock, mine)
        assert await claimed(store, clock, endpoint="ends") == await claimed(store, clock, endpoint="agent") == ()
        for session in (shop, mine):
            await store.change(session.id, lambda each: ended(each, now=clock.now()))
        clock.step(SECOND)
        (first,) = await claimed(store, clock, endpoint="ends")
        assert (first.session_id, first.done_seq, first.last_seq) == (shop.id, 1, 2)
        (second,) = await claimed(store, clock, endpoint="agent")
        assert (second.session_id, second.done_seq, second.last_seq) == (mine.id, 2, 3)

    async def test_what_is_not_written_is_not_queued(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        store.queue_webhooks([HOOK])
        await store.change_each([session.id], failing(ValueError("no")))
        assert await claimed(store, clock) == ()

    async def test_a_claim_is_nobody_elses_until_its_time_is_over(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        await open_session(store, clock.now())
        (first,) = await claimed(store, clock)
        assert await claimed(store, clock) == ()
        assert await next_due(store, clock) == clock.now() + MINUTE == first.until
        clock.step(MINUTE)
        (second,) = await claimed(store, clock)
        assert second.token != first.token
        assert await claimed(store, clock, settled(first, 1)) == ()
        assert (await store.webhook_backlog("hook")).waiting == 1, "the first claim was void"
        assert await claimed(store, clock, settled(second, 1)) == ()
        assert (await store.webhook_backlog("hook")).waiting == 0

    async def test_released_claims_are_made_anew(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        await open_session(store, clock.now())
        (lost,) = await claimed(store, clock)
        await store.release_webhooks(clock.now())
        (again,) = await claimed(store, clock, settled(lost, 1))
        assert (again.done_seq, again.last_seq) == (0, 1)

    async def test_what_comes_while_something_is_told_waits_for_the_next_claim(
        self, store: Store, clock: FakeClock
    ) -> None:
        store.queue_webhooks([HOOK])
        session = await open_session(store, clock.now())
        (first,) = await claimed(store, clock)
        await say(store, clock, session)
        assert await claimed(store, clock) == ()
        (second,) = await claimed(store, clock, settled(first, 1))
        assert (second.done_seq, second.last_seq) == (1, 2)
        assert await claimed(store, clock, settled(second, 2)) == ()
        await say(store, clock, session)
        (third,) = await claimed(store, clock)
        assert (third.done_seq, third.last_seq) == (2, 3)

    async def test_what_failed_is_due_later(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        await open_session(store, clock.now())
        (claim,) = await claimed(store, clock)
        later = clock.now() + 5 * SECOND
        assert await claimed(store, clock, settled(claim, 0, due_at=later, attempts=1)) == ()
        assert await next_due(store, clock) == later
        clock.step(5 * SECOND)
        assert [each.attempts for each in await claimed(store, clock)] == [1]

    async def test_the_longest_due_come_first_and_no_more_than_wanted(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        sessions = []
        for _ in range(3):
            sessions.append((await open_session(store, clock.now())).id)
            clock.step(SECOND)
        assert [claim.session_id for claim in await claimed(store, clock, limit=2)] == sessions[:2]
        assert [claim.session_id for claim in await claimed(store, clock, limit=2)] == sessions[2:]

    async def test_the_queue_and_the_dead_letters_outlive_the_process(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        session = await open_session(store, clock.now())
        await say(store, clock, session)
        (claim,) = await claimed(store, clock)
        await claimed(store, clock, buried(claim, 1, clock.now()), limit=0)
        again = await self.reopened(store, clock)
        (rest,) = await claimed(again, clock)
        assert (rest.session_id, rest.done_seq, rest.last_seq) == (session.id, 1, 2)
        assert [letter.seq for letter in await again.dead_letters("hook", limit=9)] == [1]
        await again.close()

    async def test_dead_letters_are_listed_and_replayed_in_order(self, store: Store, clock: FakeClock) -> None:
        store.queue_webhooks([HOOK])
        session = await open_session(store, clock.now())
        for _ in range(2):
            await say(store, clock, session)
        for seq in (1, 2, 3):
            (claim,) = await claimed(store, clock)
            await claimed(store, clock, buried(claim, seq, clock.now() + HOUR), limit=0)
        dead = await store.dead_letters("hook", limit=9)
        assert [replace(letter, number=0) for letter in dead] == [
            buried(claim, seq, clock.now() + HOUR).dead for seq in (1, 2, 3)
        ]
        assert await store.webhook_backlog("hook") == WebhookBacklog(0, None, 3)
        assert await store.dead_letters("hook", after=dead[0].number, limit=1) == dead[1:2]
        numbers = [letter.number for letter in dead]
        replayed = await store.replay_dead_letters(
            "hook", after=0, up_to=numbers[1], session_id=session.id, limit=9, now=clock.now()
        )
        assert replayed == numbers[:2]
        (first,) = await claimed(store, clock)
        assert (first.replay, first.done_seq, first.last_seq) == (numbers[0], 0, 1), "one after another"
        await say(store, clock, session)
        (live,) = await claimed(store, clock)
        assert (live.replay, live.last_seq) == (0, 4), "what happens now does not wait for what is replayed"
        (second,) = await claimed(store, clock, settled(first, 1))
        assert (second.replay, second.done_seq, second.last_seq) == (numbers[1], 1, 2)
        assert list(await store.dead_letters("hook", limit=9)) == dead[2:]

    async def test_replaying_nothing(self, store: Store, clock: FakeClock) -> None:
        nothing = await store.replay_dead_letters(
            "hook", after=0, up_to=None, session_id="unknown", limit=9, now=clock.now()
        )
        assert nothing == []
