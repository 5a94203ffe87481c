"""What can be searched and what a search gives back: plain records, the same for messages, memories and summaries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agent_sessions.recall.facts.slots import slot_of

if TYPE_CHECKING:
    from datetime import datetime

    from agent_sessions.domain.memory import Memory, Role, SessionSummary, Utterance


class Kind(StrEnum):
    """What a document is; only messages have neighbours."""

    MESSAGE = "message"
    MEMORY = "memory"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Document:
    """One searchable text.

    ``id`` is unique within an index, over all kinds. ``at`` is aware; of a memory it is the start of its event.
    ``seq`` orders messages within ``session_id``. ``role`` and ``speaker`` are None where nobody speaks.
    """

    id: str
    kind: Kind
    session_id: str
    at: datetime
    text: str
    seq: int = 0
    role: Role | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a document was found.

    ``terms`` are the question's words found in the document itself, ``nearby`` those found only in the turns around it,
    ``parts`` what each ground added to the score (negative where it took away), the weightiest first.
    """

    terms: tuple[str, ...]
    nearby: tuple[str, ...]
    parts: tuple[tuple[str, float], ...]

    def sentence(self) -> str:
        """One line for people."""
        found = f"says {', '.join(self.terms)}" if self.terms else "says none of the words"
        around = f"; turns around it say {', '.join(self.nearby)}" if self.nearby else ""
        shares = ", ".join(f"{name} {share:+.2f}" for name, share in self.parts)
        return f"{found}{around} ({shares})"


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found. ``score`` orders the hits of one search; ``similarity`` (0 to 1) can be held against a
    threshold and compared between searches. ``why`` is None unless asked for."""

    id: str
    kind: Kind
    session_id: str
    at: datetime
    score: float
    similarity: float
    why: Why | None = None


def of_utterance(said: Utterance) -> Document:
    return Document(
        id=said.id,
        kind=Kind.MESSAGE,
        session_id=said.session_id,
        at=said.at,
        text=said.text,
        seq=said.seq,
        role=said.role,
        speaker=said.speaker,
    )


def of_memory(memory: Memory) -> Document:
    """A memory is found by its words, by those it is asked for with ("where do I live": "User moved to Berlin"), and by
    what it is filed under."""
    asked_for = _ASKED_FOR_WITH.get(slot_of(memory.content).key.rpartition(".")[2], "")
    return Document(
        id=memory.id,
        kind=Kind.MEMORY,
        session_id=memory.session_id,
        at=memory.event_start,
        text=" ".join([memory.content, asked_for, *memory.categories]),
    )


_ASKED_FOR_WITH = {
    "residence": "live home city",
    "origin": "from hometown born",
    "employer": "work job company",
    "occupation": "work job profession",
    "birthday": "birthday born old",
    "age": "age old",
    "name": "name called",
    "allergy": "allergy eat food",
    "diet": "diet eat food",
    "marital status": "married relationship partner",
    "subject": "study major degree",
    "car": "car drive vehicle",
}
"""By the last part of a slot's key."""


_TURNS_OF_PHRASE = re.compile(r"\b(?:User|They|Assistant) (?:said|asked(?: for help with)?|recommended:?)\b")
"""What every summary says: nothing to find one by."""


def of_summary(summary: SessionSummary, *, document_id: str) -> Document:
    return Document(
        id=document_id,
        kind=Kind.SUMMARY,
        session_id=summary.session_id,
        at=summary.start,
        text=_TURNS_OF_PHRASE.sub("", summary.text),
    )
