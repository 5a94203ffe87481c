"""Promises about channels, and about messages that are taken back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ..domain.channel import Channel, ChannelType, taken_back
from ..domain.errors import ChannelNotFound, MessageNotFound, SessionNotFound
from ..domain.log import Author, Created, Erased, Message, ReplyMissing
from ..domain.session import Change, noted
from ..ports import Repeated
from .store_promises import Promises
from .store_samples import MINUTE, message, open_session, saying

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..domain.session import Session
    from ..ports import Decide, Store
    from .clock import FakeClock


def channel(now: datetime, **changes: Any) -> Channel:
    """A group of nobody."""
    members: dict[str, Any] = {
        "id": str(uuid4()),
        "session_id": str(uuid4()),
        "name": "Table talk",
        "type": ChannelType.GROUP,
        "created_at": now,
        "updated_at": now,
    }
    return Channel(**members | changes)


def taking_back(now: datetime, *message_ids: str) -> Decide:
    """The rule that takes these messages back; none: all."""

    def decide(session: Session) -> Change:
        return taken_back(session, message_ids, now=now)

    return decide


async def texts(store: Store, session: Session) -> Sequence[str]:
    """What is said in a session."""
    entries = await store.messages(session.id, limit=100)
    return [entry.fact.text for entry in entries if isinstance(entry.fact, Message)]


class ChannelPromises(Promises):
    """Channels with their participants; taking messages back."""

    async def test_a_channel_is_read_back_and_replaced(self, store: Store, clock: FakeClock) -> None:
        whole = channel(
            clock.now(),
            participants=("b", "a"),
            source_type="discord",
            source_id="77",
            topic="All of it",
            metadata={"deep": [1, {"é": None}]},
            server_id="11111111-0000-4000-8000-000000000000",
        )
        await store.put_channel(whole)
        assert await store.channel(whole.id) == whole
        changed = replace(whole, name="New", participants=("c", "a"), metadata={}, updated_at=clock.now() + MINUTE)
        await store.put_channel(changed)
        assert await store.channel(whole.id) == changed
        with pytest.raises(ChannelNotFound):
            await store.channel("unknown")

    async def test_a_participant_that_is_named_twice_is_there_once(self, store: Store, clock: FakeClock) -> None:
        one = channel(clock.now(), participants=("b", "a", "b"))
        await store.put_channel(one)
        assert (await store.channel(one.id)).participants == ("b", "a")

    async def test_channels_are_listed_by_server_and_participant(self, store: Store, clock: FakeClock) -> None:
        now = clock.now()
        ann = channel(now, participants=("ann", "bot"), server_id="one")
        ben = channel(now, participants=("ben", "bot"), server_id="one")
        cid = channel(now, participants=("ann",), server_id="two")
        for each in (ann, ben, cid):
            await store.put_channel(each)
        await store.put_channel(replace(ann, name="renamed keeps its place"))
        assert [each.id for each in await store.channels(limit=9)] == [ann.id, ben.id, cid.id]
        assert [each.id for each in await store.channels(server_id="one", limit=9)] == [ann.id, ben.id]
        assert [each.id for each in await store.channels(participant="ann", limit=9)] == [ann.id, cid.id]
        both = await store.channels(server_id="one", participant="ann", limit=9)
        assert [(each.id, each.participants) for each in both] == [(ann.id, ("ann", "bot"))]
        assert [each.id for each in await store.channels(limit=1, offset=1)] == [ben.id]
        assert await store.channels(participant="dan", limit=9) == []

    async def test_a_removed_channel_is_gone_with_its_participants(self, store: Store, clock: FakeClock) -> None:
        one = channel(clock.now(), participants=("ann",))
        await store.put_channel(one)
        await store.remove_channel(one.id)
        await store.remove_channel(one.id)
        with pytest.raises(ChannelNotFound):
            await store.channel(one.id)
        assert await store.channels(participant="ann", limit=9) == []

    async def test_a_session_is_found_by_its_channel(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        assert await store.session_in(session.channel_id) == session.id
        for other in (session.id, "unknown", ""):
            with pytest.raises(ChannelNotFound):
                await store.session_in(other)

    async def test_a_session_without_an_agent_needs_a_channel_that_is_kept(
        self, store: Store, clock: FakeClock
    ) -> None:
        of_memory = await open_session(store, clock.now(), agent_id="")
        with pytest.raises(ChannelNotFound):
            await store.session_in(of_memory.channel_id)
        await store.put_channel(channel(clock.now(), id=of_memory.channel_id, session_id=of_memory.id))
        assert await store.session_in(of_memory.channel_id) == of_memory.id

    async def test_nobody_finds_a_session_of_another_project_by_its_channel(
        self, store: Store, clock: FakeClock
    ) -> None:
        theirs = await open_session(store, clock.now(), project="theirs")
        with pytest.raises(ChannelNotFound):
            await store.session_in(theirs.channel_id)

    async def test_a_message_is_found_by_its_id(self, store: Store, clock: FakeClock) -> None:
        session, other = await open_session(store, clock.now()), await open_session(store, clock.now())
        said = message("Find me")
        quoting = message(f"Who said {said.id}?")
        await store.change(other.id, saying(quoting, clock.now()))
        await store.change(session.id, saying(said, clock.now()))
        entry = await store.message(session.id, said.id)
        assert (entry.seq, entry.fact.id if isinstance(entry.fact, Message) else None) == (2, said.id)
        assert await store.sessions_of_message(said.id) == [session.id]
        for unknown in ("%", "_", said.id[:8], str(uuid4())):
            with pytest.raises(MessageNotFound):
                await store.message(session.id, unknown)
            assert await store.sessions_of_message(unknown) == []
        with pytest.raises(MessageNotFound):
            await store.message(other.id, said.id)

    async def test_messages_of_one_id_are_found_in_the_order_they_were_said(
        self, store: Store, clock: FakeClock
    ) -> None:
        sessions = [await open_session(store, clock.now()) for _ in range(3)]
        said = message("Thrice")
        for session in sessions:
            await clock.advance(MINUTE)
            await store.change(session.id, saying(said, clock.now()))
        assert await store.sessions_of_message(said.id) == [session.id for session in sessions]

    async def test_an_erased_message_leaves_a_row_and_no_word(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        kept, gone = message("keep"), message("secret words")
        for each in (kept, gone):
            await store.change(session.id, saying(each, clock.now()))
        assert await texts(store, session) == ["keep", "secret words"]
        await store.erase_messages(session.id, taking_back(clock.now(), gone.id), message_ids=[gone.id])
        assert await texts(store, session) == ["keep"]
        log = await store.log(session.id, limit=100)
        assert [entry.seq for entry in log] == [1, 2, 3, 4]
        assert [type(entry.fact) for entry in log] == [Created, Message, Erased, Erased]
        assert log[2].fact == log[3].fact == Erased((gone.id,))
        with pytest.raises(MessageNotFound):
            await store.message(session.id, gone.id)

    async def test_what_is_erased_stays_so(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        await store.change(session.id, saying(message("gone"), clock.now()))
        await store.erase_messages(session.id, taking_back(clock.now()), message_ids=None)
        again = await self.reopened(store, clock)
        assert await texts(again, session) == []
        assert (await again.get(session.id)).last_seq == 3
        await again.close()

    async def test_an_erased_reply_still_ends_the_wait(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        asked = message()
        reply = message("the answer", author=Author.AGENT, in_reply_to=asked.id)
        await store.change(session.id, saying(asked, clock.now()))
        await store.change(session.id, partial(noted, message=reply, now=clock.now()))
        await store.erase_messages(session.id, taking_back(clock.now(), reply.id), message_ids=[reply.id])
        (end,) = await store.replies_to(session.id, asked.id, after=0)
        assert isinstance(end.fact, ReplyMissing)
        assert await texts(store, session) == [asked.text]

    async def test_under_the_key_of_an_erased_message_another_may_be_said(self, store: Store, clock: FakeClock) -> None:
        session = await open_session(store, clock.now())
        first = message("first")
        await store.change(session.id, saying(first, clock.now()), idempotency_key="k")
        with pytest.raises(Repeated):
            await store.change(session.id, saying(message("again"), clock.now()), idempotency_key="k")
        await store.erase_messages(session.id, taking_back(clock.now(), first.id), message_ids=[first.id])
        await store.change(session.id, saying(message("anew"), clock.now()), idempotency_key="k")
        assert await texts(store, session) == ["anew"]

    async def test_erasing_in_a_session_that_is_not_there(self, store: Store, clock: FakeClock) -> None:
        with pytest.raises(SessionNotFound):
            await store.erase_messages("unknown", taking_back(clock.now()), message_ids=None)
