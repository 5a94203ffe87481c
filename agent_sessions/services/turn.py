"""One reply in the making: what the agent has said so far, who follows it, and how it came out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..domain.ids import new_id
from ..domain.log import Message, Silence
from ..ports import ReplyChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ..domain.log import LogEntry


class Turn:
    """A message's turn to be answered. Its text can be followed live and from the start by any number of readers.

    ``reply_id``: the reply has this id from the first piece of text on, on every transport and in the log; None: a new
    one. ``begin``: what has the reply made, here; None for a turn of another process, which cannot be stopped here.
    """

    def __init__(
        self,
        entry: LogEntry,
        *,
        agent_id: str,
        reply_id: str | None = None,
        begin: Callable[[Turn], None] | None = None,
    ) -> None:
        assert isinstance(entry.fact, Message)
        self.session_id = entry.session_id
        self.message = entry.fact
        self.agent_id = entry.fact.addressee or agent_id
        self._said_at = entry.at
        self._reply_id = reply_id
        self.stopped_for: Silence | None = None
        self.begun = False
        self._begin = begin
        self._chunks: list[ReplyChunk] = []
        self._outcome: LogEntry | Exception | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._making = self._made = False
        self._followers = 0

    @property
    def reply_id(self) -> str:
        """The id of the reply, whether or not there will be one."""
        if self._reply_id is None:
            self._reply_id = new_id(self._said_at)
        return self._reply_id

    @property
    def done(self) -> bool:
        """Whether it came to an end."""
        return self._outcome is not None

    @property
    def spoken(self) -> tuple[ReplyChunk, ...]:
        """The pieces so far."""
        return tuple(self._chunks)

    async def outcome(self) -> LogEntry:
        """The row that ends it: the reply (a ``Message``), or that there is none (``ReplyMissing``).

        Raises StoreUnavailable when the reply was made but could not be kept.
        """
        await self.wait()
        assert self._outcome is not None
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    async def chunks(self) -> AsyncIterator[ReplyChunk]:
        """The text as it is made, from its first piece on; ends when the turn does, however it ends."""
        seen = 0
        while True:
            while seen < len(self._chunks):
                yield self._chunks[seen]
                seen += 1
            if self.done:
                return
            await self._news.wait()

    def begin(self) -> None:
        """Have the reply made, once."""
        if not self.begun and self._begin is not None:
            self.begun = True
            self._begin(self)

    def following(self) -> Following:
        """For as long as somebody is in here, the reply is wanted. When the last one leaves early, it is cancelled."""
        return Following(self)

    def follow(self) -> None:
        """One more wants the reply; see ``following``."""
        self._followers += 1

    def unfollow(self) -> None:
        """One fewer wants the reply; when it was the last, and early, the reply is cancelled."""
        self._followers -= 1
        if not self._followers and not self.done:
            self.stop(Silence.CANCELLED)

    def stop(self, why: Silence) -> None:
        """Stop making the reply, also before it was begun; the outcome will say why. Harmless once it is made."""
        if self.stopped_for is None and not self._made:
            self.stopped_for = why
            if self._making and self._task is not None:
                self._task.cancel()
            else:
                self.begin()  # whoever makes the reply finds that it was stopped, and concludes it

    def run_by(self, task: asyncio.Task[None]) -> None:
        """Say which task is to make the reply. It says when it does, and when nothing can stop it any more."""
        self._task = task

    def making(self) -> None:
        """The reply is being made from now on."""
        self._making = True

    def made(self) -> None:
        """The reply is made: from now on nothing can stop it from being kept."""
        self._making, self._made, self._task = False, True, None

    def say(self, text: str) -> ReplyChunk:
        """Add a piece of text."""
        index = len(self._chunks)
        chunk = ReplyChunk(self.session_id, self.reply_id, self.agent_id, index, text, in_reply_to=self.message.id)
        self._chunks.append(chunk)
        self._tell()
        return chunk

    def conclude(self, outcome: LogEntry | Exception) -> None:
        """End it: with the row that was written, or with the error that kept it from being written."""
        if self.done:
            return
        self._outcome = outcome
        self._tell()

    async def wait(self) -> None:
        """Return when it has ended, however it ended."""
        while not self.done:
            await self._news.wait()

    def _tell(self) -> None:
        """Wake those who wait now; who comes to wait later has seen what there is."""
        self._news.set()
        self._news.clear()


class Following:
    """Wanting a turn's reply. No generator: one that is let go without being left must not cancel the reply."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._kept = False

    def __enter__(self) -> Following:
        self._turn.follow()
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._kept:
            self._turn.unfollow()

    def keep(self) -> None:
        """Leave without cancelling: the reply is made to its end, whoever follows it then."""
        self._kept = True
