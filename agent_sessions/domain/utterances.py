"""From the rows of a log to what recall reads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .log import Author, Message
from .memory import Role, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .log import LogEntry
    from .session import Session

ROLES = {Author.USER: Role.USER, Author.AGENT: Role.ASSISTANT}


def utterances_of(entries: Iterable[LogEntry], *, earlier: timedelta = timedelta(0)) -> list[Utterance]:
    """The messages among these rows, in their order; ``metadata.speaker`` of a message, if text, names who spoke.

    ``earlier``: see :func:`backdating`.
    """
    return [_utterance(entry, entry.fact, earlier) for entry in entries if isinstance(entry.fact, Message)]


def backdating(session: Session) -> timedelta:
    """How much earlier a conversation took place than it was written down.

    Nothing, but for one that was brought in from elsewhere with the time it began (a session of the memory wire): its
    log holds when it was brought in, and "yesterday" in it means the day before it began.
    """
    return timedelta(0) if session.agent_id else session.last_activity - session.created_at


def _utterance(entry: LogEntry, message: Message, earlier: timedelta) -> Utterance:
    speaker = message.metadata.get("speaker")
    return Utterance(
        id=message.id,
        session_id=entry.session_id,
        seq=entry.seq,
        at=entry.at - earlier,
        role=ROLES[message.author],
        text=message.text,
        speaker=speaker if isinstance(speaker, str) else None,
    )
