"""The RecallrAI SDK for Python, unmodified: every method of both its clients, and every error they can raise."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from recallrai import AsyncRecallrAI, RecallrAI  # type: ignore[import-untyped]
from recallrai.exceptions import (  # type: ignore[import-untyped]
    AuthenticationError,
    ConnectionError,  # noqa: A004 - the SDK's own
    InternalServerError,
    InvalidCategoriesError,
    InvalidSessionStateError,
    MergeConflictAlreadyResolvedError,
    MergeConflictInvalidAnswerError,
    MergeConflictInvalidQuestionsError,
    MergeConflictMissingAnswersError,
    MergeConflictNotFoundError,
    RateLimitError,
    RecallrAIError,
    SessionNotFoundError,
    TimeoutError,  # noqa: A004 - the SDK's own
    UserAlreadyExistsError,
    UserNotFoundError,
    ValidationError,
)
from recallrai.models import (  # type: ignore[import-untyped]
    MergeConflictAnswer,
    MergeConflictStatus,
    MessageRole,
    RecallStrategy,
    SessionStatus,
)

from agent_sessions.config import Auth, ProjectEntry, RateLimit
from agent_sessions.domain.errors import StoreUnavailable
from agent_sessions.testing import FakeClock

from ..api.recallr.stage import MONDAY
from ..api.recallr.stage import serving as serving_here
from .recallrai_clients import KINDS, client_of, processed, remembered, said
from .server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from .recallrai_clients import Kind

UNKNOWN = "deadbeef-0000-4000-8000-00000000dead"
ODD_IDS = ["whatsapp_+491701234567_prod", "ann@example.org", "Zoë Müller", "日本", "100%", "a&b=c;d'~{}"]
BACK_THEN = datetime(2023, 4, 10, 23, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server process for the whole file; each test has users of its own."""
    settings = {"database": {"url": "sqlite:///sessions.db"}}
    with serving(tmp_path_factory.mktemp("server"), settings) as server:
        yield server.url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
async def client(url: str, kind: Kind) -> AsyncIterator[Any]:
    async with client_of(kind, url) as made:
        yield made


@pytest.fixture
async def user(client: Any) -> Any:
    return await client.create_user(f"user-{uuid4()}")


async def doubted(user: Any) -> Any:
    """The conflict about a user's birthday."""
    await user.update(merge_conflict_enabled=True)
    await remembered(user, "My birthday is March 15.")
    await remembered(user, "My birthday is June 20.")
    (conflict,) = (await user.list_merge_conflicts()).conflicts
    return conflict


# ---------------------------------------------------------------------------------------------------------------- users


async def test_users(client: Any) -> None:
    user_id, mark = f"user-{uuid4()}", str(uuid4())
    user = await client.create_user(user_id, metadata={"mark": mark, "n": 3})
    assert (user.user_id, user.metadata, user.merge_conflict_enabled) == (user_id, {"mark": mark, "n": 3}, None)
    assert user.created_at.tzinfo is not None
    assert (await client.get_user(user_id)).created_at == user.created_at == user.last_active_at
    await client.create_user(f"user-{uuid4()}", metadata={"mark": mark}, merge_conflict_enabled=False)
    listed = await client.list_users(offset=0, limit=1, metadata_filter={"mark": mark})
    assert (listed.total, listed.has_more) == (2, True)
    assert listed.users[0].merge_conflict_enabled is False
    (second,) = (await client.list_users(offset=1, metadata_filter={"mark": mark})).users
    assert second.user_id == user_id
    assert (await client.list_users(metadata_filter={"mark": mark, "n": "3"})).total == 0
    assert len((await client.list_users()).users) <= 10


async def test_a_user_is_changed(client: Any, user: Any) -> None:
    before, new_id = user.user_id, f"user-{uuid4()}"
    await user.update()
    assert user.metadata == {}
    await remembered(user, "I moved to Oslo.")
    await user.update(new_metadata={"a": 1}, new_user_id=new_id, merge_conflict_enabled=True)
    assert (user.user_id, user.metadata, user.merge_conflict_enabled) == (new_id, {"a": 1}, True)
    await user.refresh()
    assert (user.user_id, user.metadata, user.merge_conflict_enabled) == (new_id, {"a": 1}, True)
    assert [each.content for each in (await user.list_memories()).items] == ["User moved to Oslo"]
    with pytest.raises(UserNotFoundError):
        await client.get_user(before)


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_users_with_odd_ids_are_reached_everywhere(client: Any, odd: str) -> None:
    user = await client.create_user(f"{uuid4()}{odd}")
    assert (await client.get_user(user.user_id)).user_id == user.user_id
    session = await remembered(user, "I moved to Oslo.")
    assert (await user.get_session(session.session_id)).status is SessionStatus.PROCESSED
    assert (await user.list_memories()).total == 1
    with pytest.raises(SessionNotFoundError):
        await user.get_session(UNKNOWN)
    await user.delete()
    with pytest.raises(UserNotFoundError) as missing:
        await session.refresh()
    assert missing.value.message == f"User {user.user_id} not found"


async def test_the_last_messages_of_a_user(user: Any) -> None:
    sessions = [await user.create_session() for _ in range(2)]
    for number in range(3):
        for session in sessions:
            await said(session, f"{number}")
    last = (await user.get_last_n_messages(3)).messages
    assert [(each.role, each.content) for each in last] == [("user", "1"), ("user", "2"), ("user", "2")]
    assert {each.session_id for each in last} == {each.session_id for each in sessions}
    assert (await user.get_last_n_messages(100)).messages[0].content == "0"


# ------------------------------------------------------------------------------------------------------------- sessions


async def test_sessions(user: Any) -> None:
    session = await user.create_session(auto_process_after_seconds=900, metadata={"x": {"y": 1}, "z": 2})
    assert (session.status, session.metadata) == (SessionStatus.PENDING, {"x": {"y": 1}, "z": 2})
    older = await user.create_session(custom_created_at_utc=BACK_THEN)
    assert older.created_at == BACK_THEN
    listed = await user.list_sessions(0, 1)
    assert (listed.total, listed.has_more) == (2, True)
    assert listed.sessions[0].session_id == session.session_id
    found = await user.list_sessions(metadata_filter={"x": {"y": 1}}, status_filter=[SessionStatus.PENDING])
    assert [each.session_id for each in found.sessions] == [session.session_id]
    for statuses in ([SessionStatus.PROCESSED, SessionStatus.FAILED], [SessionStatus.INSUFFICIENT_BALANCE]):
        assert (await user.list_sessions(status_filter=statuses)).total == 0
    assert (await user.list_sessions(status_filter=list(SessionStatus))).total == 2
    await session.update(new_metadata={"new": True})
    await session.update()
    again = await user.get_session(session.session_id)
    assert again.metadata == session.metadata == {"new": True}
    await session.delete()
    with pytest.raises(SessionNotFoundError):
        await session.delete()


async def test_messages_of_a_session(user: Any) -> None:
    session = await user.create_session()
    await said(session, "How are you?")
    await said(session, "Fine. \u2028 \U0001f600", role=MessageRole.ASSISTANT)
    page = await session.get_messages()
    assert [(each.role, each.content) for each in page.messages] == [
        (MessageRole.USER, "How are you?"),
        (MessageRole.ASSISTANT, "Fine. \u2028 \U0001f600"),
    ]
    assert (page.total, page.has_more) == (2, False)
    first = await session.get_messages(offset=0, limit=1)
    assert (len(first.messages), first.has_more) == (1, True)


async def test_a_session_is_processed(user: Any) -> None:
    session = await user.create_session()
    await said(session, "I moved to Oslo.")
    await session.process()
    for late in (said(session, "too late"), session.process()):
        with pytest.raises(InvalidSessionStateError) as refused:
            await late
        assert refused.value.http_status == 400
    await processed(session)
    assert (await user.list_memories()).total == 1


async def test_five_sessions_of_a_user_are_processed_at_once(user: Any) -> None:
    towns = ["Porto", "Berlin", "Oslo", "Paris", "Rome"]
    sessions = [await user.create_session() for _ in towns]
    for session, town in zip(sessions, towns, strict=True):
        await said(session, f"I moved to {town}.")
    await asyncio.gather(*(session.process() for session in sessions))
    await asyncio.gather(*map(processed, sessions))
    (home,) = (await user.list_memories()).items
    assert (home.version_number, home.total_versions) == (5, 5)
    told = {home.content, *(each.content for each in home.previous_versions)}
    assert told == {f"User moved to {town}" for town in towns}


# ------------------------------------------------------------------------------------------------------------- memories


async def test_memories(user: Any) -> None:
    first = await remembered(user, "I moved to Oslo.", "I am allergic to peanuts.", metadata={"n": 1})
    await remembered(user, "I moved to Paris.", "My cat is called Tom.")
    page = await user.list_memories(offset=0, limit=2)
    assert (page.total, len(page.items), page.has_more) == (3, 2, True)
    found = (await user.list_memories(categories=["home"])).items
    (home,) = (each for each in found if each.content == "User moved to Paris")
    assert (home.version_number, home.total_versions, home.has_previous_versions) == (2, 2, True)
    (before,) = home.previous_versions
    assert (before.content, before.expiration_reason) == ("User moved to Oslo", "TEMPORAL_CONFLICT")
    assert (await user.list_memories(session_id_filter=[first.session_id])).items[0].session_id == first.session_id
    assert (await user.list_memories(session_metadata_filter={"n": 1})).total == 1
    assert (await user.list_memories(categories=["food", "pets"])).total == 2
    bare = await user.list_memories(include_previous_versions=False, include_connected_memories=False)
    assert {(each.previous_versions, each.connected_memories) for each in bare.items} == {(None, None)}
    shown = await user.get_memory(before.memory_id)
    assert (shown.content, shown.expired_at, shown.version_number) == (before.content, before.expired_at, 1)
    await user.delete_memory(home.memory_id)
    revived = await user.get_memory(before.memory_id, include_previous_versions=False)
    assert (revived.expired_at, revived.total_versions, revived.previous_versions) == (None, 1, None)
    await user.delete_memory(before.memory_id, delete_previous_versions=True)
    assert (await user.list_memories()).total == 2
    for gone in (user.get_memory(before.memory_id), user.delete_memory(before.memory_id)):
        with pytest.raises(RecallrAIError) as missing:
            await gone
        assert (type(missing.value), missing.value.http_status) == (RecallrAIError, 404)


async def test_unknown_categories(user: Any) -> None:
    with pytest.raises(InvalidCategoriesError) as refused:
        await user.list_memories(categories=["food", "nonsense"])
    assert (refused.value.http_status, refused.value.invalid_categories) == (400, ["nonsense"])


# ------------------------------------------------------------------------------------------------------------- contexts


@pytest.mark.parametrize("strategy", list(RecallStrategy))
async def test_contexts(user: Any, strategy: Any) -> None:
    await remembered(user, "My sister Clara lives in Berlin.", "Clara has a dog called Bruno.")
    session = await user.create_session()
    await said(session, "What is Clara's dog called?")
    options = {"recall_strategy": strategy, "last_n_messages": 2, "last_n_summaries": 1, "timezone": "Asia/Tokyo"}
    whole = await session.get_context(**options, include_metadata_ids=True)
    bare = await session.get_context(**options, include_system_prompt=False)
    assert whole.is_final
    assert "Clara has a dog called Bruno" in bare.context
    prompt, gap, context = whole.context.partition("\n\n\n")
    assert (bool(prompt), gap, context) == (True, "\n\n\n", bare.context)
    used = whole.metadata.recall_strategy_used
    assert used is strategy or (strategy is RecallStrategy.AUTO and used is not strategy)
    assert bare.metadata.recall_strategy_used is used
    (memory,) = (each for each in (await user.list_memories()).items if "Bruno" in each.content)
    assert memory.memory_id in whole.metadata.memory_ids
    assert memory.session_id in whole.metadata.session_ids
    *on_the_way, last = [event async for event in session.get_context_stream(**options, include_metadata_ids=True)]
    assert last == whole
    assert on_the_way
    assert all(not event.is_final and event.status_update_message for event in on_the_way)


async def test_a_context_of_a_session_nobody_spoke_in(user: Any) -> None:
    session = await user.create_session()
    assert (await session.get_context()).context
    (last,) = [event async for event in session.get_context_stream() if event.is_final]
    assert last.context


async def test_a_dated_question_filters_by_its_days(user: Any) -> None:
    await remembered(user, "I flew to Rome yesterday.", custom_created_at_utc=BACK_THEN)
    session = await user.create_session(custom_created_at_utc=BACK_THEN + timedelta(days=1))
    await said(session, "What did I do two days ago?")
    context = await session.get_context(include_metadata_ids=True)
    (dates,) = context.metadata.date_range_filters
    assert dates.filter_type.value == "event_date"
    assert dates.start_date <= BACK_THEN - timedelta(days=1) <= dates.end_date


# ------------------------------------------------------------------------------------------------------------ conflicts


async def test_merge_conflicts(user: Any) -> None:
    conflict = await doubted(user)
    assert conflict.status is MergeConflictStatus.PENDING
    assert conflict.proposed_memory_content == "User's birthday is June 20"
    (question,) = conflict.clarifying_questions
    (rival,) = conflict.conflicting_memories
    (known,) = (await user.list_memories()).items
    assert (known.merge_conflict_in_progress, known.merge_conflict_id) == (True, conflict.conflict_id)
    assert (rival.memory_id, rival.content) == (known.memory_id, known.content)
    same = await user.get_merge_conflict(conflict.conflict_id)
    for status, found in ((MergeConflictStatus.PENDING, 1), (MergeConflictStatus.RESOLVED, 0)):
        assert (await user.list_merge_conflicts(status=status, sort_order="asc")).total == found
    await conflict.resolve([MergeConflictAnswer(question=question.question, answer="June 20", message="Sorry")])
    assert conflict.status is MergeConflictStatus.RESOLVED
    assert conflict.resolved_at is not None
    assert conflict.resolution_data["question_answers"][0]["message"] == "Sorry"
    await same.refresh()
    assert same.status is MergeConflictStatus.RESOLVED
    (told,) = (await user.get_merge_conflict(conflict.conflict_id)).new_memories
    (memory,) = (await user.list_memories()).items
    assert (told.memory_id, told.content) == (memory.memory_id, "User's birthday is June 20")
    assert (await user.list_merge_conflicts(sort_by="resolved_at")).total == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([("Which?", "June 20")], MergeConflictInvalidQuestionsError),
        ([], MergeConflictMissingAnswersError),
        ([(None, "July 1")], MergeConflictInvalidAnswerError),
        ([(None, "June 20"), (None, "March 15")], RecallrAIError),
    ],
)
async def test_wrong_answers(user: Any, answers: list[tuple[str | None, str]], error: type[Exception]) -> None:
    conflict = await doubted(user)
    question = conflict.clarifying_questions[0].question
    given = [MergeConflictAnswer(question=asked or question, answer=answer) for asked, answer in answers]
    with pytest.raises(error) as refused:
        await conflict.resolve(given)
    assert type(refused.value) is error
    await conflict.refresh()
    assert conflict.status is MergeConflictStatus.PENDING


async def test_a_conflict_that_is_settled_or_not_there(user: Any) -> None:
    conflict = await doubted(user)
    stale = await user.get_merge_conflict(conflict.conflict_id)
    answers = [MergeConflictAnswer(question=conflict.clarifying_questions[0].question, answer="March 15")]
    await conflict.resolve(answers)
    with pytest.raises(MergeConflictAlreadyResolvedError):
        await stale.resolve(answers)
    with pytest.raises(MergeConflictNotFoundError):
        await user.get_merge_conflict(UNKNOWN)
    await user.delete()
    for call in (stale.refresh(), stale.resolve(answers), user.list_merge_conflicts(), user.get_merge_conflict("x")):
        with pytest.raises(UserNotFoundError):
            await call


# --------------------------------------------------------------------------------------------------------------- errors


async def test_a_user_who_is_not_there(client: Any, user: Any) -> None:
    session = await remembered(user, "I moved to Oslo.")
    await user.delete()
    calls = {
        "get_user": client.get_user(user.user_id),
        "update": user.update(new_metadata={}),
        "refresh": user.refresh(),
        "delete": user.delete(),
        "create_session": user.create_session(),
        "list_sessions": user.list_sessions(),
        "get_session": user.get_session(session.session_id),
        "list_memories": user.list_memories(),
        "last_n": user.get_last_n_messages(5),
        "session.refresh": session.refresh(),
        "session.update": session.update({"a": 1}),
        "session.delete": session.delete(),
        "session.process": session.process(),
        "session.add_message": said(session, "Hello"),
        "session.get_messages": session.get_messages(),
        "session.get_context": session.get_context(),
    }
    for name, call in calls.items():
        with pytest.raises(UserNotFoundError) as missing:
            await call
        assert missing.value.message == f"User {user.user_id} not found", name
        assert missing.value.http_status == 404


async def test_a_session_that_is_not_there(user: Any) -> None:
    session = await user.create_session()
    await session.delete()
    calls = (
        user.get_session(session.session_id),
        user.get_session("nonsense"),
        session.refresh(),
        session.update({"a": 1}),
        session.delete(),
        session.process(),
        said(session, "Hello"),
        session.get_messages(),
        session.get_context(),
    )
    for call in calls:
        with pytest.raises(SessionNotFoundError) as missing:
            await call
        assert missing.value.http_status == 404


async def test_ids_that_are_taken_or_unreachable(client: Any, user: Any) -> None:
    other = await client.create_user(f"user-{uuid4()}")
    for call in (client.create_user(user.user_id), other.update(new_user_id=user.user_id)):
        with pytest.raises(UserAlreadyExistsError) as taken:
            await call
        assert (taken.value.message, taken.value.http_status) == (f"User {user.user_id} already exists", 409)
    for unreachable in ("", "a/b", "a?b", "a#b", ".."):
        with pytest.raises(ValidationError):
            await client.create_user(unreachable)


async def test_values_out_of_range(client: Any, user: Any) -> None:
    session = await user.create_session()
    calls = (
        client.list_users(limit=101),
        user.create_session(auto_process_after_seconds=599),
        user.create_session(custom_created_at_utc=datetime.now(UTC) + timedelta(days=1)),
        user.list_sessions(offset=-1),
        user.list_memories(limit=201),
        user.list_merge_conflicts(sort_by="id"),
        session.get_messages(limit=501),
        session.get_context(min_top_k=4),
        session.get_context(timezone="Mars/Base"),
    )
    for call in calls:
        with pytest.raises(ValidationError) as refused:
            await call
        assert refused.value.http_status == 422
    with pytest.raises(ValidationError):
        _ = [event async for event in session.get_context_stream(max_top_k=101)]


async def test_what_the_sdk_refuses_itself(user: Any) -> None:
    for made in (RecallrAI, AsyncRecallrAI):
        with pytest.raises(ValueError, match="rai_"):
            made(api_key="key", project_id="p")
    for naive in (datetime(2023, 4, 10), BACK_THEN.astimezone(timezone(timedelta(hours=2)))):  # noqa: DTZ001
        with pytest.raises(ValueError, match="custom_created_at_utc"):
            await user.create_session(custom_created_at_utc=naive)
    with pytest.raises(ValueError, match="100"):
        await user.get_last_n_messages(101)


async def test_a_stream_of_a_session_that_is_not_there_ends_in_an_error(user: Any) -> None:
    session = await user.create_session()
    await session.delete()
    with pytest.raises(Exception, match="read"):  # the SDK looks at a body it has not read
        _ = [event async for event in session.get_context_stream(include_system_prompt=False)]


@pytest.mark.parametrize("key", ["rai_wrong", "rai_shop"])
async def test_keys_that_open_nothing(tmp_path: Path, kind: Kind, key: str) -> None:
    settings = {"auth": Auth(token="secret"), "projects": (ProjectEntry(id="shop", keys=("shop",)),)}
    async with serving_here(tmp_path, FakeClock(MONDAY), **settings) as here:
        async with client_of(kind, here.url, key=key, project="p") as client:
            for call in (client.get_user("ann"), client.create_user("ann"), client.list_users()):
                with pytest.raises(AuthenticationError):
                    await call
        async with client_of(kind, here.url, key="rai_secret") as client:
            assert (await client.create_user("ann")).user_id == "ann"
        async with client_of(kind, here.url, key="rai_shop", project="shop") as client:
            assert (await client.list_users()).total == 0


async def test_too_many_requests(tmp_path: Path, kind: Kind) -> None:
    limit = RateLimit(enabled=True, requests=2)
    async with (
        serving_here(tmp_path, FakeClock(MONDAY), rate_limit=limit) as here,
        client_of(kind, here.url) as client,
    ):
        user = await client.create_user("ann")
        session = await user.create_session()
        for call in (client.list_users(), session.refresh(), session.process()):
            with pytest.raises(RateLimitError) as refused:
                await call
            assert refused.value.http_status == 429
        with pytest.raises(RateLimitError):
            _ = [event async for event in session.get_context_stream(include_system_prompt=False)]


@pytest.mark.parametrize(
    ("trouble", "error", "status"),
    [(RuntimeError("broken"), InternalServerError, 500), (StoreUnavailable("away"), RecallrAIError, 503)],
)
async def test_a_server_in_trouble(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch, trouble: Exception, error: type[Exception], status: int
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise trouble

    async with serving_here(tmp_path, FakeClock(MONDAY)) as here, client_of(kind, here.url) as client:
        monkeypatch.setattr(here.services.users, "list", fail)
        with pytest.raises(error) as told:
            await client.list_users()
        assert (type(told.value), told.value.http_status) == (error, status)  # type: ignore[attr-defined]


async def test_a_server_that_is_slow(tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = asyncio.Event()

    async def wait(*_: object, **__: object) -> None:
        await answered.wait()

    async with serving_here(tmp_path, FakeClock(MONDAY)) as here, client_of(kind, here.url, patience=0.1) as client:
        monkeypatch.setattr(here.services.users, "list", wait)
        with pytest.raises(TimeoutError) as told:
            await client.list_users()
        assert told.value.http_status == 0
        answered.set()


async def test_a_server_that_is_gone(tmp_path: Path, kind: Kind) -> None:
    async with serving_here(tmp_path, FakeClock(MONDAY)) as here, client_of(kind, here.url) as client:
        user = await client.create_user("ann")
        await here.stop()
        for call in (client.list_users(), user.refresh()):
            with pytest.raises(ConnectionError) as told:
                await call
            assert told.value.http_status == 0


async def test_a_client_without_a_with_block(url: str) -> None:
    client = AsyncRecallrAI(api_key="rai_any", project_id="p", base_url=f"{url}//")
    assert (await client.create_user(f"user-{uuid4()}")).metadata == {}
    await client.close()
