"""Indexes: made once when first needed, right while they are made, kept up to date, bounded, forgotten on demand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import StoreUnavailable, UserNotFound
from agent_sessions.services.indexes import STEP, Indexes

from .remembering import ANN, BEN, remembering, somebody

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent_sessions.domain.memory import Utterance
    from agent_sessions.ports import Owner
    from agent_sessions.recall.search.index import RecallIndex
    from agent_sessions.testing import FakeClock

    from .remembering import Memory


def size(index: RecallIndex) -> int:
    return len(index)


async def test_an_index_is_made_when_first_asked(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.session(ANN, "U: I have a dog called Bruno", "A: Nice!")
        assert ANN not in memory.indexes
        assert await memory.indexes.ask(ANN, size) == 2
        assert ANN in memory.indexes
        assert memory.indexes.documents == 2


async def test_what_is_said_is_found_at_once(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        session = await memory.session(ANN, "U: I have a dog called Bruno")
        for number in range(20):
            await memory.say(session, f"U: my parcel number is zeta{number}")
            assert (await memory.texts(ANN, f"zeta{number}"))[:1] == [f"my parcel number is zeta{number}"]


async def test_memories_and_summaries_are_found_once_they_are_made(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        session = await memory.session(ANN, "U: I live in Porto")
        await memory.indexes.ask(ANN, size)
        await memory.process(session)
        kinds = {found.kind.value for found in await memory.recall(ANN, "Porto")}
        assert kinds == {"message", "memory", "summary"}


async def test_a_version_takes_the_place_of_the_one_before(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.processed(ANN, "U: I live in Porto")
        await memory.indexes.ask(ANN, size)
        await memory.processed(ANN, "U: I moved to Berlin")
        found = [each.text for each in await memory.recall(ANN, "Where do I live?") if each.kind == "memory"]
        assert found == ["User moved to Berlin"]


async def test_what_is_said_while_the_index_is_made_is_in_it(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remembering(tmp_path, clock) as memory:
        session = await memory.session(ANN, *(f"U: word{number} spoken" for number in range(2 * STEP)))
        read = memory.store.utterances

        async def slowly(owner: Owner, *, unprocessed_only: bool = False) -> Sequence[Utterance]:
            said = await read(owner, unprocessed_only=unprocessed_only)
            await memory.say(session, "U: omega after the reading")
            return said

        monkeypatch.setattr(memory.store, "utterances", slowly)
        asking = [asyncio.create_task(memory.texts(ANN, word)) for word in ("omega", "word3")]
        await memory.say(session, "U: sigma before the reading")
        assert [(await each)[:1] for each in asking] == [["omega after the reading"], ["word3 spoken"]]
        assert (await memory.texts(ANN, "sigma"))[:1] == ["sigma before the reading"]
        assert await memory.indexes.ask(ANN, size) == 2 * STEP + 2


async def test_an_index_is_made_once_however_many_ask(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.session(ANN, "U: I have a dog called Bruno")
        readings = 0
        read = memory.store.utterances

        async def counting(owner: Owner, *, unprocessed_only: bool = False) -> Sequence[Utterance]:
            nonlocal readings
            readings += 1
            return await read(owner, unprocessed_only=unprocessed_only)

        monkeypatch.setattr(memory.store, "utterances", counting)
        assert await asyncio.gather(*(memory.indexes.ask(ANN, size) for _ in range(10))) == [1] * 10
        assert readings == 1


async def test_who_stops_asking_does_not_stop_it_from_being_made(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.session(ANN, "U: I have a dog called Bruno")
        asking = asyncio.create_task(memory.indexes.ask(ANN, size))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await memory.indexes.ask(ANN, size) == 1


async def test_one_that_could_not_be_made_is_tried_again(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.session(ANN, "U: I have a dog called Bruno")

        async def away(_owner: Owner, *, unprocessed_only: bool = False) -> Sequence[Utterance]:
            raise StoreUnavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(memory.store, "utterances", away)
            with pytest.raises(StoreUnavailable):
                await memory.indexes.ask(ANN, size)
        assert await memory.indexes.ask(ANN, size) == 1


async def test_nobody_has_an_index_who_is_not_known(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        with pytest.raises(UserNotFound):
            await memory.indexes.ask(ANN, size)


async def test_those_longest_unused_make_room(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        indexes = Indexes(memory.store, most_documents=10)
        owners = [somebody() for _ in range(4)]
        for owner in owners:
            await memory.session(owner, "U: one", "U: two", "U: three", "U: four")
            await indexes.ask(owner, size)
        assert [owner in indexes for owner in owners] == [False, False, True, True]
        assert indexes.documents <= 10
        assert await indexes.ask(owners[0], size) == 4
        await indexes.close()


async def test_one_greater_than_the_room_is_still_made(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        indexes = Indexes(memory.store, most_documents=1)
        await memory.session(ANN, "U: one", "U: two")
        assert await indexes.ask(ANN, size) == 2
        await indexes.close()


async def test_nothing_erased_is_found(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        secret = await memory.processed(ANN, "U: I have a dog called Bruno")
        await memory.processed(ANN, "U: I have a cat called Felix")
        assert await memory.texts(ANN, "Bruno")
        await memory.sessions.remove(ANN, secret.id)
        assert "Bruno" not in " ".join(await memory.texts(ANN, "Bruno"))
        assert await memory.texts(ANN, "Felix")
        await memory.users.erase(ANN)
        assert ANN not in memory.indexes
        with pytest.raises(UserNotFound):
            await memory.recall(ANN, "Felix")


async def test_an_index_the_store_has_gone_beyond_is_made_anew(tmp_path: Path, clock: FakeClock) -> None:
    """As when another process, sharing the database, erases something."""
    async with remembering(tmp_path, clock) as memory:
        gone = await memory.session(ANN, "U: I have a dog called Bruno")
        await memory.session(ANN, "U: a dog barked")
        await memory.indexes.ask(ANN, size)
        await memory.store.remove_session(ANN, gone.id)
        assert await memory.texts(ANN, "dog") == ["a dog barked"]
        assert await memory.indexes.ask(ANN, size) == 1


async def test_a_user_who_is_renamed_is_found_under_the_new_name_alone(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        session = await memory.session(ANN, "U: I have a dog called Bruno")
        await memory.texts(ANN, "dog")
        await memory.users.update(ANN, new_id=BEN.user_id)
        assert ANN not in memory.indexes
        await memory.say(await memory.store.get(session.id), "U: Bruno barks")
        assert len(await memory.texts(BEN, "Bruno")) == 2
        with pytest.raises(UserNotFound):
            await memory.texts(ANN, "Bruno")


async def test_many_users_are_asked_while_a_large_index_is_made(tmp_path: Path, clock: FakeClock) -> None:
    async with remembering(tmp_path, clock) as memory:
        await memory.session(BEN, "U: a dog barked")
        await memory.indexes.ask(BEN, size)
        await _talk_much(memory, 12 * STEP)
        large = asyncio.create_task(memory.indexes.ask(ANN, size))
        answers = 0
        while not large.done():
            await memory.indexes.ask(BEN, size)
            answers += 1
        assert await large == 12 * STEP
        assert answers > 3


async def _talk_much(memory: Memory, count: int) -> None:
    session = await memory.session(ANN)
    await asyncio.gather(*(memory.say(session, f"U: word{number} spoken of the sea") for number in range(count)))
