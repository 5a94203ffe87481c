"""Promises about logs: rows by number, messages by time, and what concluded a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ..domain import log
from ..domain.log import Author, LogEntry, Message, ReplyMissing, Silence
from ..domain.session import Change, concluded, noted, renewed
from .store_promises import Promises
from .store_samples import HALF_AN_HOUR, MINUTE, SECOND, message, open_session, saying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.session import Session
    from ..ports import Store
    from .clock import FakeClock

TICK = timedelta(milliseconds=1)


class LogPromises(Promises):
    """The log of one session."""

    async def test_every_fact_is_read_back(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        facts = _one_of_each(clock)
        await store.change(session.id, lambda known: _with_facts(known, facts))
        assert [entry.fact for entry in await store.log(session.id, after=1, limit=100)] == facts
        again = await self.reopened(store, clock)
        assert [entry.fact for entry in await again.log(session.id, after=1, limit=100)] == facts
        await again.close()

    async def test_rows_are_read_by_number(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        for _ in range(9):
            await store.change(session.id, saying(message(), clock.now()))
        assert _seqs(await store.log(session.id, limit=4)) == [1, 2, 3, 4]
        assert _seqs(await store.log(session.id, after=4, limit=4)) == [5, 6, 7, 8]
        assert _seqs(await store.log(session.id, after=8, limit=4)) == [9, 10]
        assert _seqs(await store.log(session.id, after=10, limit=4)) == []

    @pytest.mark.parametrize(
        ("before", "after", "limit", "expected"),
        [
            (None, None, 3, [8, 9, 10]),
            (None, None, 100, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            (5, None, 3, [2, 3, 4]),
            (1, None, 3, []),
            (None, 5, 3, [6, 7, 8]),
            (None, 10, 3, []),
            (9, 5, 2, [7, 8]),
            (9, 5, 100, [6, 7, 8]),
            (6, 5, 100, []),
        ],
    )
    async def test_messages_are_read_by_time(
        self, store: Store, clock: FakeClock, *, before: int | None, after: int | None, limit: int, expected: list[int]
    ) -> None:
        session = await open_session(store, clock.now())
        start = clock.now()
        for number in range(1, 11):
            clock.step(SECOND)
            await store.change(session.id, saying(message(str(number)), clock.now()))
            clock.step(TICK)
            await store.change(session.id, lambda known: renewed(known, now=clock.now()))
        rows = await store.log(session.id, limit=100)
        at = {entry.fact.text: entry.at for entry in rows if isinstance(entry.fact, Message)}
        found = await store.messages(
            session.id,
            before=at[str(before)] if before else None,
            after=at[str(after)] if after else None,
            limit=limit,
        )
        assert [entry.fact.text for entry in found if isinstance(entry.fact, Message)] == list(map(str, expected))
        assert start < min(at.values())

    async def test_messages_written_just_now_are_read(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        for number in range(1, 120):
            after = await store.change(session.id, saying(message(), clock.now()))
            newest = await store.messages(session.id, limit=50)
            assert _seqs(newest) == list(range(2, number + 2))[-50:]
            assert newest[-1].at == after.last_at

    async def test_what_concluded_a_message_is_found(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        said = [message("one"), message("two"), message("three")]
        for one in said:
            await store.change(session.id, saying(one, clock.now(), room=3))
        reply = message("yes", author=Author.AGENT, in_reply_to=said[0].id)
        silence = ReplyMissing(said[1].id, Silence.CHOSEN)
        await store.change(session.id, lambda known: concluded(known, reply, now=clock.now()))
        await store.change(session.id, lambda known: concluded(known, silence, now=clock.now()))
        await store.change(session.id, lambda known: noted(known, message("aside"), now=clock.now()))
        found = [await store.replies_to(session.id, one.id, after=2) for one in said]
        assert [[entry.fact for entry in rows] for rows in found] == [[reply], [silence], []]
        assert await store.replies_to(session.id, said[0].id, after=found[0][0].seq) == []


def _seqs(rows: Sequence[LogEntry]) -> list[int]:
    return [entry.seq for entry in rows]


def _with_facts(session: Session, facts: Sequence[log.Fact]) -> Change:
    entries = tuple(
        LogEntry(session.id, session.last_seq + place, session.last_at + place * TICK, fact)
        for place, fact in enumerate(facts, start=1)
    )
    return Change(replace(session, last_seq=entries[-1].seq, last_at=entries[-1].at), entries)


def _one_of_each(clock: FakeClock) -> list[log.Fact]:
    ends = clock.now() + MINUTE
    full = message(
        'Zoë said: \U0001f389 \u2028 "quoted"\n',
        author=Author.AGENT,
        thought="hm",
        actions=("REPLY", "LOOK"),
        attachments=({"url": "https://example.org/a.png", "size": 3},),
        metadata={"deep": {"list": [1, 2.5, None, True, "x"]}},
        in_reply_to="some message",
        extra={"mood": "good"},
        renewal=log.Renewal(ends, 3),
    )
    return [
        full,
        message(""),
        log.Created(ends, HALF_AN_HOUR),
        log.Renewed(log.Renewal(ends, 4)),
        log.Reconfigured(ends, HALF_AN_HOUR),
        log.Warned(ends, 12),
        log.Expired(ends, 0),
        log.Ended(),
        *(ReplyMissing("some message", why, "because") for why in Silence),
        log.ProcessingBegun(7),
        log.Processed(7, 1, 2, 3),
        log.ProcessingFailed(7, "the model was not there"),
    ]
