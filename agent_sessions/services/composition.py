"""A reply put together from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.log import Author, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..domain.agent import ReplyPart
    from .turn import Turn


class Composition:
    """Collects the parts of a reply into the message that will be kept."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._thought: str | None = None
        self._actions: list[str] = []
        self._attachments: list[Mapping[str, Any]] = []
        self._extra: dict[str, Any] = {}
        self._silent = False

    def add(self, part: ReplyPart) -> None:
        """Take in one more part."""
        self._texts.append(part.text)
        self._thought = part.thought or self._thought
        self._actions += [action for action in part.actions if action not in self._actions]
        self._attachments += part.attachments
        self._extra.update(part.extra)
        self._silent = self._silent or part.silent

    def message(self, turn: Turn) -> Message | None:
        """The reply; None when the agent chose not to answer or said nothing at all."""
        text = "".join(self._texts)
        if self._silent or not (text or self._attachments or self._actions):
            return None
        return Message(
            id=turn.reply_id,
            author=Author.AGENT,
            author_id=turn.agent_id,
            text=text,
            thought=self._thought,
            actions=tuple(self._actions),
            attachments=tuple(self._attachments),
            in_reply_to=turn.message.id,
            extra=self._extra,
        )
