"""Two servers on one PostgreSQL: what one hears and remembers, the other recalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import UserNotFound

from .remembering import ANN, remembering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent_sessions.testing import FakeClock

    from .remembering import Memory


@pytest.fixture
async def both(postgres_url: str, clock: FakeClock) -> AsyncIterator[tuple[Memory, Memory]]:
    async with remembering(postgres_url, clock) as here, remembering(postgres_url, clock) as there:
        yield here, there


async def memories(memory: Memory, text: str) -> list[str]:
    return [found.text for found in await memory.recall(ANN, text) if found.kind == "memory"]


async def test_what_one_hears_the_other_finds(both: tuple[Memory, Memory]) -> None:
    here, there = both
    session = await here.session(ANN, "U: I have a dog called Bruno")
    assert await there.texts(ANN, "Bruno") == ["I have a dog called Bruno"]
    await here.say(session, "U: my parcel is called zeta")
    assert (await there.texts(ANN, "zeta"))[:1] == ["my parcel is called zeta"]
    await there.say(session, "U: my parcel is called omega")
    await here.say(session, "U: my parcel is called sigma")
    for memory in both:
        for word in ("omega", "sigma", "zeta"):
            assert (await memory.texts(ANN, word))[:1] == [f"my parcel is called {word}"]
    await here.session(ANN, "U: a new talk of kappa")
    assert "a new talk of kappa" in await there.texts(ANN, "kappa")


async def test_what_one_remembers_the_other_recalls_in_its_newest_version(both: tuple[Memory, Memory]) -> None:
    here, there = both
    await here.processed(ANN, "U: I live in Porto")
    assert await memories(there, "Where do I live?") == ["User lives in Porto"]
    await here.processed(ANN, "U: I moved to Berlin")
    for memory in both:
        assert await memories(memory, "Where do I live?") == ["User moved to Berlin"]
    await there.processed(ANN, "U: I moved to Oslo")
    for memory in both:
        assert await memories(memory, "Where do I live?") == ["User moved to Oslo"]
        assert len([each for each in await memory.recall(ANN, "Oslo") if each.kind == "summary"]) == 1


async def test_what_one_erases_the_other_finds_no_more(both: tuple[Memory, Memory]) -> None:
    here, there = both
    gone = await here.processed(ANN, "U: I have a dog called Bruno")
    await here.processed(ANN, "U: I have a cat called Felix")
    assert await there.texts(ANN, "Bruno")
    await here.sessions.remove(ANN, gone.id)
    assert "Bruno" not in " ".join(await there.texts(ANN, "Bruno"))
    assert await there.texts(ANN, "Felix")
    await here.users.erase(ANN)
    with pytest.raises(UserNotFound):
        await there.texts(ANN, "Felix")
