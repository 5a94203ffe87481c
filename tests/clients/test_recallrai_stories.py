"""Programs as people write them with the RecallrAI SDK: a messenger's bot, a mail assistant, imports, a benchmark."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from recallrai.exceptions import InvalidSessionStateError, UserNotFoundError  # type: ignore[import-untyped]
from recallrai.models import MessageRole, RecallStrategy, SessionStatus  # type: ignore[import-untyped]

from agent_sessions.config import Database
from agent_sessions.testing import FakeClock

from ..api.recallr.stage import MONDAY, serving
from ..store.conftest import postgres_url as postgres_url
from .recallrai_clients import KINDS, client_of, processed, said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from ..api.recallr.stage import Api

CHATS: Mapping[str, Sequence[tuple[str, str]]] = {
    "2024-05-01T09:00:00+00:00": [("user", "I moved to Porto."), ("assistant", "Nice!")],
    "2024-05-08T09:00:00+00:00": [("user", "I moved to Berlin."), ("assistant", "Already?")],
    "2024-05-15T09:00:00+00:00": [("user", "I moved to Oslo."), ("user", "My cat is called Tom.")],
    "2024-05-22T09:00:00+00:00": [("user", "I am allergic to peanuts.")],
    "2024-05-29T09:00:00+00:00": [("user", "I moved to Paris."), ("assistant", "Bon voyage!")],
}
"""When conversations took place and what was said in them."""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    at = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return Database(url=at)


@pytest.fixture
async def server(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path, FakeClock(MONDAY), database=database) as running:
        yield running


@pytest.fixture(params=KINDS)
async def client(request: pytest.FixtureRequest, server: Api) -> AsyncIterator[Any]:
    async with client_of(request.param, server.url) as made:
        yield made


async def user_of(client: Any, user_id: str) -> Any:
    """The user, made if need be."""
    try:
        return await client.get_user(user_id)
    except UserNotFoundError:
        return await client.create_user(user_id)


async def brought_in(user: Any, when: str, chat: Sequence[tuple[str, str]], **metadata: Any) -> Any:
    """A session of that time with all that was said, being processed."""
    created_at = datetime.fromisoformat(when)
    session = await user.create_session(custom_created_at_utc=created_at, metadata=metadata)
    for role, text in chat:
        await session.add_message(role=MessageRole(role), content=text)
    await session.process()
    return session


class Bot:
    """Answers what comes in from a messenger with what a model would be given."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def hear(self, phone: str, text: str) -> tuple[str, str, list[str]]:
        """The session it falls into, its context, and the history."""
        user = await user_of(self._client, f"whatsapp_{phone}_prod")
        session = await self._session(user)
        await session.add_message(role=MessageRole.USER, content=text)
        history = [message.content for message in (await session.get_messages()).messages]
        context = await session.get_context()
        await session.add_message(role=MessageRole.ASSISTANT, content=f"You said: {text}")
        return session.session_id, context.context, history

    async def _session(self, user: Any) -> Any:
        newest = (await user.list_sessions(offset=0, limit=1)).sessions
        if newest and newest[0].status is SessionStatus.PENDING:
            return await user.get_session(newest[0].session_id)
        return await user.create_session(auto_process_after_seconds=600)


async def test_a_bot_goes_on_in_the_newest_session_until_it_has_become_memories(client: Any, server: Api) -> None:
    bot, phone = Bot(client), "+491701234567"
    first, context, history = await bot.hear(phone, "I am allergic to peanuts.")
    assert history == ["I am allergic to peanuts."]
    assert "I am allergic to peanuts." in context.partition("## Ongoing conversations")[2]
    await server.clock.advance(timedelta(minutes=9))
    second, _, history = await bot.hear(phone, "And I moved to Oslo.")
    assert second == first
    assert history == ["I am allergic to peanuts.", "You said: I am allergic to peanuts.", "And I moved to Oslo."]
    await server.clock.advance(timedelta(minutes=10))
    user = await client.get_user(f"whatsapp_{phone}_prod")
    await processed(await user.get_session(first))
    third, context, history = await bot.hear(phone, "What am I allergic to?")
    assert third != first
    assert history == ["What am I allergic to?"]
    assert "User is allergic to peanuts" in context


async def test_a_mail_assistant_lists_its_sessions_and_notices_when_one_is_over(client: Any) -> None:
    user = await user_of(client, "ann@example.org")
    for number in range(11):
        await user.create_session(metadata={"number": number})
    listed = (await user.list_sessions(offset=0, limit=10)).sessions
    assert [session.metadata["number"] for session in listed] == list(range(10, 0, -1))
    assert {session.created_at.strftime("%Y-%m-%d %H:%M %Z") for session in listed} == {"2026-03-02 09:00 UTC"}
    session = await user.get_session(listed[0].session_id)
    await said(session, "My boss is called Maria.")
    await session.process()
    with pytest.raises(InvalidSessionStateError):
        await said(session, "Write to her.")
    await processed(session)
    assert (await user.list_sessions(status_filter=[SessionStatus.PROCESSED])).total == 1
    fresh = await user.create_session()
    await said(fresh, "Write a mail to my boss.")
    assert "Maria" in (await fresh.get_context()).context


async def test_a_chat_in_a_loop(client: Any) -> None:
    user = await user_of(client, "ann")
    session = await user.create_session()
    for turn, text in enumerate(("Hello, I am Ann.", "I moved to Oslo.", "Where do I live?")):
        await said(session, text)
        context = await session.get_context()
        messages = (await session.get_messages(offset=0, limit=50)).messages
        assert (len(messages), messages[-1].content) == (2 * turn + 1, text)
        assert text in context.context
        await said(session, f"Answer {turn}", role=MessageRole.ASSISTANT)
    await session.process()
    await processed(session)
    assert "User moved to Oslo" in {memory.content for memory in (await user.list_memories()).items}


async def test_conversations_brought_in_at_once_and_only_once(client: Any) -> None:
    user = await user_of(client, "ann")

    async def known() -> set[str]:
        found: set[str] = set()
        while True:
            page = await user.list_sessions(offset=len(found), limit=2)
            found |= {session.metadata["filename"] for session in page.sessions}
            if not page.has_more:
                return found

    for _ in range(2):
        there = await known()
        new = [(when, chat) for when, chat in CHATS.items() if f"{when}.json" not in there]
        for when, chat in new:
            await brought_in(user, when, chat, filename=f"{when}.json")
    sessions = (await user.list_sessions(limit=100)).sessions
    assert [session.created_at.isoformat() for session in sessions] == sorted(CHATS, reverse=True)
    for session in sessions:
        await processed(session)
    memories = {memory.content: memory for memory in (await user.list_memories()).items}
    (home,) = (memory for content, memory in memories.items() if content.startswith("User moved to"))
    towns = {version.content for version in home.previous_versions}
    assert home.content == "User moved to Paris"  # told last, whichever conversation was processed last
    assert towns >= {f"User moved to {town}" for town in ("Berlin", "Oslo", "Porto")}
    numbers = [version.version_number for version in home.previous_versions]
    assert numbers == list(range(home.version_number - 1, 0, -1))
    assert memories["User is allergic to peanuts"].created_at == datetime(2024, 5, 22, 9, tzinfo=UTC)


async def test_a_benchmark_asks_dated_questions_of_many_users_at_once(client: Any) -> None:
    async def run(number: int) -> list[str]:
        user = await client.create_user(f"question-{number}")
        for index, (when, chat) in enumerate(CHATS.items()):
            session = await brought_in(user, when, chat, session_type="haystack", haystack_index=index)
            await processed(session)
        third = await user.list_sessions(metadata_filter={"session_type": "haystack", "haystack_index": 2})
        assert (third.total, third.sessions[0].created_at.day) == (1, 15)
        asking = await user.create_session(
            custom_created_at_utc=datetime(2024, 6, 1, tzinfo=UTC), metadata={"session_type": "query"}
        )
        await said(asking, "Which town did I move to three days ago?")
        strategies = (RecallStrategy.LOW_LATENCY, RecallStrategy.BALANCED, RecallStrategy.AGENTIC)
        contexts = [(await asking.get_context(recall_strategy=each)).context for each in strategies]
        await asking.process()
        return contexts

    for contexts in await asyncio.gather(*map(run, range(5))):
        assert all("User moved to Paris" in context for context in contexts)
        assert all("2024/05/29" in context for context in contexts)
