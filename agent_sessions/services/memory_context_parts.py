"""What a context is made of, gathered from the store and the index: one function for each part.

Knows nothing of how it is written down.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..domain.log import Author, Message
from ..domain.recollection import ConflictStatus
from ..domain.session import MemoryStatus
from ..ports import MemoryFilter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ..domain.context_request import ContextRequest
    from ..domain.log import LogEntry
    from ..domain.recalled import Recalled
    from ..domain.recollection import KeptConflict, KeptMemory, KeptSummary
    from ..domain.session import Session
    from ..ports import MemoryStore, Owner, Store
    from .recent import RecentMessages

ONGOING = (MemoryStatus.PENDING, MemoryStatus.PROCESSING, MemoryStatus.FAILED)
MOST_ONGOING = 8
"""Sessions that are not processed, newest first."""
ONGOING_MESSAGES = 200
ONGOING_CHARACTERS = 24_000
"""Of all ongoing conversations together; the newest messages count."""
MOST_CONNECTED = 3
"""Connected memories told with each memory."""
MOST_MESSAGES = 12
MESSAGE_CHARACTERS = 12_000
MOST_CONFLICTS = 20
NEAR_THE_BEST = 0.75
"""Beyond the least number of memories that were asked for, those count that are at least so similar as this share of
the best one's similarity."""
LOOK_BACK = 100
"""Messages looked through for the last one the user wrote."""


@dataclass(frozen=True, slots=True)
class FoundMemory:
    """A memory with its similarity (None where nothing was asked), its earlier versions newest first, and others that
    speak of the same."""

    kept: KeptMemory
    similarity: float | None
    previous: Sequence[KeptMemory] = ()
    connected: Sequence[KeptMemory] = ()


@dataclass(frozen=True, slots=True)
class FoundSummary:
    """A session's summary with the memories made of that session."""

    kept: KeptSummary
    similarity: float | None
    memories: Sequence[KeptMemory] = ()


@dataclass(frozen=True, slots=True)
class Ongoing:
    """A conversation that is not processed. ``left_out``: whether there are messages before these."""

    session: Session
    messages: Sequence[LogEntry]
    left_out: bool


async def asked_in(recent: RecentMessages, session: Session) -> tuple[str, str]:
    """Id and text of the last message the user wrote in a session; empty when there is none."""
    for entry in reversed(await recent.messages(session, limit=LOOK_BACK)):
        if isinstance(entry.fact, Message) and entry.fact.author is Author.USER:
            return entry.fact.id, entry.fact.text
    return "", ""


def chosen(found: Sequence[tuple[KeptMemory, float]], request: ContextRequest) -> list[tuple[KeptMemory, float]]:
    """The memories that count: none below the threshold, the least number asked for, more as long as they are good."""
    passing = [each for each in found if each[1] >= request.memories_threshold][: request.max_top_k]
    good = NEAR_THE_BEST * passing[0][1] if passing else 0.0
    return [each for place, each in enumerate(passing) if place < request.min_top_k or each[1] >= good]


async def recent_and_connected(store: MemoryStore, owner: Owner, *, limit: int) -> list[KeptMemory]:
    """What tells most of a user when nothing is asked: the newest memories and those that most others connect with."""
    page = (await store.memories(owner, MemoryFilter(), limit=4 * limit)).items
    connected = await store.connected(owner, [kept.memory.id for kept in page])
    links = Counter({memory_id: len(others) for memory_id, others in connected.items()})
    central = {memory_id for memory_id, count in links.most_common(limit // 2) if count}
    newest = [kept for kept in page if kept.memory.id not in central][: limit - len(central)]
    kept = {each.memory.id for each in newest} | central
    return [each for each in page if each.memory.id in kept]


async def with_history(
    store: MemoryStore, owner: Owner, memories: Sequence[tuple[KeptMemory, float | None]]
) -> list[FoundMemory]:
    """Memories with what came before them and what is connected with them; nothing is told twice."""
    if not memories:
        return []
    versions = await store.versions(owner, [kept.lineage for kept, _ in memories if kept.version > 1])
    connected = await store.connected(owner, [kept.memory.id for kept, _ in memories])
    told = {kept.memory.id for kept, _ in memories}
    found = []
    for kept, similarity in memories:
        others = [each for each in connected.get(kept.memory.id, ()) if each.memory.id not in told][:MOST_CONNECTED]
        told.update(each.memory.id for each in others)
        previous = [each for each in versions.get(kept.lineage, ()) if each.version < kept.version]
        found.append(FoundMemory(kept, similarity, previous, others))
    return found


async def with_memories(
    store: MemoryStore, owner: Owner, summaries: Sequence[tuple[KeptSummary, float | None]]
) -> list[FoundSummary]:
    """Summaries with the memories made of their sessions."""
    ids = [memory_id for kept, _ in summaries for memory_id in kept.memory_ids]
    known = await store.memories_by_id(owner, ids) if ids else {}
    return [
        FoundSummary(kept, similarity, [known[each] for each in kept.memory_ids if each in known])
        for kept, similarity in summaries
    ]


def telling(
    messages: Iterable[Recalled], *, least: float, seen: Collection[str], sessions: Collection[str]
) -> list[Recalled]:
    """The messages worth telling word for word: similar enough, not ``seen`` yet, of none of these sessions."""
    found: list[Recalled] = []
    left = MESSAGE_CHARACTERS
    for each in messages:
        if each.similarity < least or each.id in seen or each.session_id in sessions:
            continue
        left -= min(len(each.text), MESSAGE_CHARACTERS // MOST_MESSAGES)
        if left < 0 or len(found) == MOST_MESSAGES:
            break
        found.append(each)
    return found


async def ongoing(
    store: Store, recent: RecentMessages, owner: Owner, *, asking: Session, with_asking: bool
) -> list[Ongoing]:
    """The user's conversations that are not processed, oldest first; the asking one counts as the newest."""
    page = await store.sessions_of(owner, statuses=ONGOING, limit=MOST_ONGOING)
    sessions = [each for each in page.items if each.id != asking.id and each.processing.quiet is not None]
    if with_asking and asking.processing.status in ONGOING:
        sessions.insert(0, asking)
    found: list[Ongoing] = []
    left = ONGOING_CHARACTERS
    for session in sessions:
        entries = await recent.messages(session, limit=ONGOING_MESSAGES) if left > 0 else ()
        kept = _newest(entries, left)
        left -= sum(map(_length, kept))
        if kept:
            found.append(Ongoing(session, kept, len(kept) < len(entries) or len(entries) == ONGOING_MESSAGES))
    return found[::-1]


def _newest(entries: Sequence[LogEntry], characters: int) -> Sequence[LogEntry]:
    """The newest that fit, oldest first; one at least."""
    for place in range(len(entries) - 1, -1, -1):
        characters -= _length(entries[place])
        if characters < 0:
            return entries[max(place + 1, 0) :] or entries[-1:]
    return entries


def _length(entry: LogEntry) -> int:
    return len(entry.fact.text) if isinstance(entry.fact, Message) else 0


async def open_conflicts(store: MemoryStore, owner: Owner) -> Sequence[KeptConflict]:
    """Contradictions that wait for an answer, newest first."""
    return (await store.conflicts(owner, status=ConflictStatus.PENDING, limit=MOST_CONFLICTS)).items
