"""Promises about writing: many at once, keys that make a repetition harmless, and who is told of what was written."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ..domain.errors import SessionNotFound
from ..domain.log import Message
from ..domain.session import Session, renewed
from ..ports import Repeated
from .store_promises import Promises
from .store_samples import SECOND, counting, failing, message, open_session, saying, session_to_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.session import Change
    from ..ports import Store
    from .clock import FakeClock


class WritePromises(Promises):
    """Many writes at once."""

    async def test_200_changes_at_once_make_one_gapless_log(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        said = [message(f"number {number}") for number in range(200)]
        await asyncio.gather(*(store.change(session.id, saying(one, clock.now())) for one in said))
        rows = await store.log(session.id, limit=1000)
        assert [entry.seq for entry in rows] == list(range(1, 202))
        assert all(earlier.at < later.at for earlier, later in pairwise(rows))
        assert [entry.fact.text for entry in rows if isinstance(entry.fact, Message)] == [one.text for one in said]

    async def test_a_rule_that_raises_harms_nobody_beside_it(self, store: Store, clock: FakeClock) -> None:
        sessions = [await open_session(store, clock.now()) for _ in range(5)]
        rules = [failing(ValueError("no")) if turn % 3 == 0 else saying(message(), clock.now()) for turn in range(30)]
        outcomes = await asyncio.gather(
            *(store.change(sessions[turn % 5].id, rule) for turn, rule in enumerate(rules)), return_exceptions=True
        )
        assert [isinstance(outcome, ValueError) for outcome in outcomes] == [turn % 3 == 0 for turn in range(30)]
        logs = [await store.log(session.id, limit=100) for session in sessions]
        assert [[entry.seq for entry in rows] for rows in logs] == [list(range(1, len(rows) + 1)) for rows in logs]
        assert sum(map(len, logs)) == 5 + 20

    async def test_a_rule_is_applied_to_each_of_many_and_each_has_its_own_outcome(
        self, store: Store, clock: FakeClock
    ) -> None:
        known, other = [await open_session(store, clock.now()) for _ in range(2)]

        def unless_other(session: Session) -> Change:
            if session.id == other.id:
                raise ValueError("no")
            return renewed(session, now=clock.now())

        changed, failed, missing = await store.change_each([known.id, other.id, "nobody"], unless_other)
        assert changed == await store.get(known.id)
        assert isinstance(changed, Session)
        assert changed.renewal_count == 1
        assert isinstance(failed, ValueError)
        assert isinstance(missing, SessionNotFound)
        assert await store.get(other.id) == other

    async def test_what_cannot_be_stored_harms_nobody_beside_it(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        said = [message("before"), message("\ud800 alone"), message("after")]
        outcomes = await asyncio.gather(
            *(store.change(session.id, saying(one, clock.now())) for one in said), return_exceptions=True
        )
        assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
        rows = await store.messages(session.id, limit=10)
        texts = [entry.fact.text for entry in rows if isinstance(entry.fact, Message)]
        assert texts == ["before", "after"]

    async def test_a_caller_that_leaves_does_not_stop_the_others(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        tasks = [asyncio.create_task(store.change(session.id, saying(message(), clock.now()))) for _ in range(30)]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() == (turn % 3 == 0) for turn, task in enumerate(tasks))
        await store.change(session.id, saying(message(), clock.now()))
        rows = await store.log(session.id, limit=100)
        assert [entry.seq for entry in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= 22

    async def test_a_session_is_made_once_under_a_key(self, store: Store, clock: FakeClock) -> None:
        first = await store.create(session_to_open(clock.now()), idempotency_key="k")
        changed = await store.change(first.id, saying(message(), clock.now()))
        assert await store.create(session_to_open(clock.now()), idempotency_key="k") == changed
        other = await store.create(session_to_open(clock.now()), idempotency_key="another")
        assert other.id != first.id

    async def test_a_session_is_made_once_under_a_key_by_many_at_once(self, store: Store, clock: FakeClock) -> None:
        made = await asyncio.gather(
            *(store.create(session_to_open(clock.now()), idempotency_key="k") for _ in range(20))
        )
        assert len({session.id for session in made}) == 1
        assert (await store.counts(now=clock.now(), remember=made[0].timeout.timeout)).active == 1

    async def test_a_message_is_written_once_under_a_key(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        await store.change(session.id, saying(message("once"), clock.now()), idempotency_key="k")
        rule, asked = counting(saying(message("twice"), clock.now()))
        with pytest.raises(Repeated) as repeated:
            await store.change(session.id, rule, idempotency_key="k")
        assert (repeated.value.session_id, repeated.value.seq) == (session.id, 2)
        assert asked() == 0
        again = await self.reopened(store, clock)
        with pytest.raises(Repeated):
            await again.change(session.id, rule, idempotency_key="k")
        await again.close()

    async def test_a_message_is_written_once_under_a_key_by_many_at_once(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        outcomes = await asyncio.gather(
            *(store.change(session.id, saying(message(), clock.now()), idempotency_key="k") for _ in range(20)),
            return_exceptions=True,
        )
        assert sum(isinstance(outcome, Repeated) for outcome in outcomes) == 19
        assert len(await store.messages(session.id, limit=100)) == 1

    async def test_keys_of_different_sessions_are_different(self, store: Store, clock: FakeClock) -> None:
        sessions = [await store.create(session_to_open(clock.now()), idempotency_key=key) for key in ("k", "l")]
        for session in sessions:
            await store.change(session.id, saying(message(), clock.now()), idempotency_key="k")
        assert [len(await store.messages(session.id, limit=9)) for session in sessions] == [1, 1]

    async def test_a_refused_change_does_not_use_its_key(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        with pytest.raises(ValueError, match="no"):
            await store.change(session.id, failing(ValueError("no")), idempotency_key="k")
        after = await store.change(session.id, saying(message(), clock.now()), idempotency_key="k")
        assert after.last_seq == 2

    async def test_listeners_hear_of_every_change_in_order(self, store: Store, clock: FakeClock) -> None:
        heard: list[tuple[Session, Sequence[LogEntry]]] = []
        store.on_commit(lambda session, entries: heard.append((session, entries)))
        sessions = [await open_session(store, clock.now()) for _ in range(3)]
        await asyncio.gather(
            *(store.change(sessions[turn % 3].id, saying(message(), clock.now())) for turn in range(30)),
            *(store.change(sessions[turn % 3].id, failing(ValueError()), idempotency_key="k") for turn in range(3)),
            return_exceptions=True,
        )
        for session in sessions:
            rows = [entry for told, entries in heard for entry in entries if told.id == session.id]
            assert rows == list(await store.log(session.id, limit=100))
            last = [told for told, _ in heard if told.id == session.id][-1]
            assert last == await store.get(session.id)

    async def test_listeners_have_heard_before_the_writer_returns(self, store: Store, clock: FakeClock) -> None:
        heard: list[int] = []
        store.on_commit(lambda session, _: heard.append(session.last_seq))
        session = await open_session(store, clock.now())
        assert heard == [1]
        await store.change(session.id, saying(message(), clock.now()))
        assert heard == [1, 2]

    async def test_renewals_written_behind_are_heard_of_within_a_second(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        heard: list[Sequence[LogEntry]] = []
        store.on_commit(lambda _, entries: heard.append(entries))
        for _ in range(3):
            told = await store.change(session.id, lambda known: renewed(known, now=clock.now()), behind=True)
        await clock.advance(SECOND)
        rows = [entry for entries in heard for entry in entries]
        assert [entry.seq for entry in rows] == list(range(2, told.last_seq + 1))
        assert rows == list(await store.log(session.id, after=1, limit=10))
        assert await store.get(session.id) == told
