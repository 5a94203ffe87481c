"""What remembers and recalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Any

    from ..domain.memory import Memory, ProcessingResult, Utterance
    from ..domain.recalled import Question, Recalled
    from .memory import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationToRemember:
    """A conversation that ended or went quiet: ``utterances`` are all of it in order, and those up to row ``done_seq``
    were remembered before. ``known``: the owner's current memories in the store, oldest first.

    ``zone``: the user's, in which days begin and end. ``conflicts``: whether contradictions are put to a human;
    otherwise they are settled at once. ``categories``: the names memories may be filed under.
    """

    owner: Owner
    session_id: str
    created_at: datetime
    utterances: Sequence[Utterance]
    known: Sequence[Memory]
    zone: tzinfo
    conflicts: bool
    categories: Sequence[str]
    done_seq: int = 0


class MemoryBackend(Protocol):
    """Remembers what users said and recalls it. Everything is asked for one owner and answers about nobody else.

    A backend whose class says ``remembers = False`` keeps nothing: conversations are not processed for it by
    themselves, and it is not asked before replies.
    """

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        """Make memories of a conversation. Called again with the same one after a crash: must then add nothing twice.

        What is returned is written to the store with the session's new state, both or neither; a backend that keeps
        memories elsewhere returns an empty result. Raises ExtractionFailed; the conversation can then be tried again.
        """

    async def recall(self, owner: Owner, question: Question) -> Sequence[Recalled]:
        """What matters for the question, most useful first; nothing of an owner nobody spoke of.

        The caller stops waiting after a time of its own.
        """

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        """Keep nothing of the owner any longer, or nothing made from one session. Harmless when there is nothing."""

    async def health(self) -> None:
        """Return if it works. Raises what is wrong."""

    async def close(self) -> None:
        """Let go of what it holds."""


@runtime_checkable
class RenamingBackend(Protocol):
    """What a backend does besides that keeps memories elsewhere, so that they follow users who get another id.

    One that does not is told to forget the old id, and knows nothing of the new one.
    """

    async def rename(self, owner: Owner, new: Owner) -> None:
        """All that is kept of ``owner`` is kept of ``new`` from now on. Harmless when there is nothing."""


MemoryBackendFactory: TypeAlias = "Callable[[Mapping[str, Any]], MemoryBackend]"
"""An entry point of group ``agent_sessions.memory``: from options to a backend.

Raises ConfigError that names the option, or MissingExtra.
"""
