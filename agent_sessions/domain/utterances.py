"""From the rows of a log to what recall reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .log import Author, Message
from .memory import Role, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .log import LogEntry

ROLES = {Author.USER: Role.USER, Author.AGENT: Role.ASSISTANT}


def utterances_of(entries: Iterable[LogEntry]) -> list[Utterance]:
    """The messages among these rows, in their order; ``metadata.speaker`` of a message, if text, names who spoke."""
    return [_utterance(entry, entry.fact) for entry in entries if isinstance(entry.fact, Message)]


def _utterance(entry: LogEntry, message: Message) -> Utterance:
    speaker = message.metadata.get("speaker")
    return Utterance(
        id=message.id,
        session_id=entry.session_id,
        seq=entry.seq,
        at=entry.at,
        role=ROLES[message.author],
        text=message.text,
        speaker=speaker if isinstance(speaker, str) else None,
    )
