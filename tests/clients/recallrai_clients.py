"""The RecallrAI SDK's two clients, unmodified, spoken to in one way: whatever a test awaits is done by either."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from recallrai import AsyncRecallrAI, MergeConflict, RecallrAI, Session, User  # type: ignore[import-untyped]
from recallrai.models import (  # type: ignore[import-untyped]
    MergeConflictList,
    MessageRole,
    SessionList,
    SessionStatus,
    UserList,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PROJECT = "1f7a6f1f-0000-4000-8000-000000000001"
PATIENCE = 20
"""Seconds of real time a request may take."""

Kind: TypeAlias = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = ("sync", "async")


@asynccontextmanager
async def client_of(
    kind: Kind, url: str, *, key: str = "rai_any", project: str = PROJECT, patience: float = PATIENCE
) -> AsyncIterator[Any]:
    """A client; what the synchronous one does is to be awaited too."""
    options = {"api_key": key, "project_id": project, "base_url": url, "timeout": patience}
    if kind == "async":
        async with AsyncRecallrAI(**options) as client:
            yield client
    else:
        blocking = RecallrAI(**options)
        try:
            yield Awaited(blocking)
        finally:
            blocking._http.client.close()


class Awaited:
    """An object of the synchronous SDK whose methods are awaited, and run in threads meanwhile."""

    def __init__(self, blocking: Any) -> None:
        self._blocking = blocking

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._blocking, name)
        if inspect.isgeneratorfunction(value):
            return _streaming(value)
        return _awaited(value) if inspect.ismethod(value) else _told(value)


def _awaited(call: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def awaited(*given: Any, **named: Any) -> Any:
        return _told(await asyncio.to_thread(call, *given, **named))

    return awaited


def _streaming(call: Callable[..., Any]) -> Callable[..., AsyncIterator[Any]]:
    async def streaming(*given: Any, **named: Any) -> AsyncIterator[Any]:
        for each in await asyncio.to_thread(lambda: list(call(*given, **named))):
            yield each

    return streaming


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(each) for each in value]
    makes_calls = isinstance(value, (User, Session, MergeConflict, UserList, SessionList, MergeConflictList))
    return Awaited(value) if makes_calls else value


async def said(session: Any, *texts: str, role: MessageRole = MessageRole.USER) -> None:
    """Add messages to a session."""
    for text in texts:
        await session.add_message(role=role, content=text)


async def processed(session: Any) -> None:
    """Wait, as programs do, until the session is processed."""
    async with asyncio.timeout(PATIENCE):
        await session.refresh()
        while session.status is not SessionStatus.PROCESSED:
            assert session.status is SessionStatus.PROCESSING
            await asyncio.sleep(0.02)
            await session.refresh()


async def remembered(user: Any, *texts: str, **members: Any) -> Any:
    """A new session in which the user said this, once it is processed."""
    session = await user.create_session(**members)
    await said(session, *texts)
    await session.process()
    await processed(session)
    return session
