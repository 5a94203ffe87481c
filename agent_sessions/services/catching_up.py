"""What other processes, sharing the database, said and remembered of a user since an index was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..domain.log import Erased, Processed
from ..domain.utterances import backdating, utterances_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..domain.log import LogEntry
    from ..domain.memory import Memory, SessionSummary, Utterance
    from ..domain.session import Session
    from ..ports import Owner, Store

WHOLE_LOG = 1_000_000


@dataclass(slots=True)
class News:
    """What is new, and the ids of the memories that others took the place of. ``gone``: something said was erased."""

    said: list[Utterance] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    summaries: list[SessionSummary] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    gone: bool = False


class Positions:
    """How far the log of each session of a user is known."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def begin(self, sessions: Sequence[Session]) -> None:
        """These sessions are known as far as they go now; what was noted meanwhile counts on."""
        for session in sessions:
            self._known[session.id] = max(session.last_seq, self._known.get(session.id, 0))

    def note(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """This process wrote these rows. After a gap, which another process wrote, they are read once more."""
        if entries and entries[0].seq == self._known.get(session.id, 0) + 1:
            self._known[session.id] = entries[-1].seq

    async def news(self, store: Store, owner: Owner) -> News:
        """What others wrote since; it counts as known from now on."""
        now = await store.positions(owner)
        news = News(gone=not now.keys() >= self._known.keys())
        behind = {session_id: self._known.get(session_id, 0) for session_id in now}
        processed = []
        for session_id in (each for each, known in behind.items() if known < now[each]):
            entries = await store.log(session_id, after=behind[session_id], limit=WHOLE_LOG)
            news.said += utterances_of(entries, earlier=backdating(await store.get(session_id)))
            news.gone = news.gone or any(isinstance(entry.fact, Erased) for entry in entries)
            if any(isinstance(entry.fact, Processed) for entry in entries):
                processed.append(session_id)
            self._known[session_id] = max([self._known.get(session_id, 0), *(entry.seq for entry in entries)])
        if processed:
            await _add_memories(news, store, owner, processed)
        return news


async def _add_memories(news: News, store: Store, owner: Owner, sessions: Sequence[str]) -> None:
    kept = [each for each in await store.current_memories(owner) if each.memory.session_id in sessions]
    lineages = [each.lineage for each in kept if each.version > 1]
    news.memories = [each.memory for each in kept]
    news.summaries = [each.summary for each in await store.summaries(owner, session_ids=sessions)]
    if lineages:
        versions = await store.versions(owner, lineages)
        news.replaced = [old.memory.id for each in versions.values() for old in each if not old.current]
