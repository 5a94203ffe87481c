"""An agent that does as it is told, and contexts to ask agents with."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from ..domain.agent import Character, Context, ReplyPart, string_to_uuid
from ..domain.log import Author, Message
from ..domain.session import Session
from ..domain.timeouts import TimeoutConfig

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

Step: TypeAlias = str | ReplyPart | BaseException | asyncio.Event
"""Say a text or a part, raise an error, or wait for an event to be set."""

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""


class ScriptedAgent:
    """Gives the replies it was told, one after another, then ``otherwise`` for ever.

    ``contexts``: what it was asked, oldest first. ``left``: how many replies were stopped before their end. ``closed``:
    whether it was closed.
    """

    def __init__(self, *replies: Sequence[Step], otherwise: Sequence[Step] = ("Yes.",)) -> None:
        self.contexts: list[Context] = []
        self.left = 0
        self.closed = False
        self._replies = [list(steps) for steps in replies]
        self._otherwise = otherwise
        self._asked = asyncio.Condition()

    def will_say(self, *steps: Step) -> None:
        """Tell it one more reply."""
        self._replies.append(list(steps))

    def will_fail(self, error: BaseException) -> None:
        """Its next untold reply is this error."""
        self.will_say(error)

    def will_be_silent(self) -> None:
        """Its next untold reply is that there is none."""
        self.will_say(ReplyPart(silent=True))

    def will_hang(self, *steps: Step) -> asyncio.Event:
        """Its next untold reply begins only when the returned event is set, with these steps."""
        told = asyncio.Event()
        self.will_say(told, *(steps or self._otherwise))
        return told

    def create(self, _character: Character, _options: Mapping[str, Any]) -> ScriptedAgent:
        """Itself, as a kind of agent: add this method to a registry."""
        self.closed = False
        return self

    async def asked(self, times: int = 1) -> Context:
        """Wait until it was asked so many times in all; returns the newest context."""
        async with self._asked:
            await self._asked.wait_for(lambda: len(self.contexts) >= times)
        return self.contexts[-1]

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """The next reply it was told."""
        steps = self._replies.pop(0) if self._replies else self._otherwise
        await self._note(context)
        complete = False
        try:
            for step in steps:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, BaseException):
                    complete = True
                    raise step
                else:
                    yield ReplyPart(text=step) if isinstance(step, str) else step
            complete = True
        finally:
            self.left += not complete

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    async def _note(self, context: Context) -> None:
        self.contexts.append(context)
        async with self._asked:
            self._asked.notify_all()


def context_for(
    text: str,
    *,
    history: Sequence[Message | tuple[str, str]] = (),
    character: Character | None = None,
    memories: Sequence[str] = (),
    now: datetime = NOON,
    attachments: Sequence[Mapping[str, Any]] = (),
    system: str = "You are Ada.",
) -> Context:
    """What an agent is given when a user says ``text``. ``history``: messages, or (what was said, what was replied)."""
    character = character or Character(id=string_to_uuid("Ada"), name="Ada", document={"name": "Ada", "bio": []})
    session = example_session(character.id, now=now)
    said = [message for item in history for message in _messages(item, session)]
    asked = _message(text, session.user_id, author=Author.USER, attachments=attachments)
    return Context(
        session=session,
        character=character,
        message=asked,
        history=tuple(said),
        system=system,
        memories=tuple(memories),
        now=now,
    )


def example_session(agent_id: str, *, now: datetime = NOON) -> Session:
    """A session with this agent that began ten minutes ago and, unless renewed, ends in half an hour."""
    half_hour, began = timedelta(minutes=30), now - timedelta(minutes=10)
    return Session(
        id=string_to_uuid("session"),
        channel_id=string_to_uuid("channel"),
        agent_id=agent_id,
        user_id=string_to_uuid("user"),
        created_at=began,
        last_activity=now,
        expires_at=now + half_hour,
        timeout=TimeoutConfig(
            timeout=half_hour,
            auto_renew=True,
            max_duration=timedelta(hours=12),
            warning_threshold=timedelta(minutes=5),
        ),
        last_at=began,
    )


def _messages(item: Message | tuple[str, str], session: Session) -> tuple[Message, ...]:
    if isinstance(item, Message):
        return (item,)
    said, replied = item
    return (
        _message(said, session.user_id, author=Author.USER),
        _message(replied, session.agent_id, author=Author.AGENT),
    )


def _message(text: str, author_id: str, *, author: Author, attachments: Sequence[Mapping[str, Any]] = ()) -> Message:
    return Message(
        id=str(uuid4()),
        author=author,
        author_id=author_id,
        text=text,
        attachments=tuple(attachments),
    )
