"""What the companion knows of the user from earlier sessions: the memories recalled for the message to be answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Role
from agent_sessions.domain.recalled import RecalledKind

from .notebook import Saying, in_a_row
from .retelling import SPEAKER, SPOKEN_TO, retold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from agent_sessions.domain.agent import Context
    from agent_sessions.domain.recalled import Recalled

    from .script import Script

MUCH_ALIKE = 0.6
"""How similar to a question a memory must be to be told in answer to it."""
AS_MUCH = 0.1
"""How much less similar than the most similar one a memory may be that is told beside it."""
MOST_FACTS = 5
WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A memory, as it is told to the user ("you live in Oslo"). ``own``: in the user's words, None where it has none.

    ``session``: where it was learned. ``similarity`` (0 to 1): to what is asked now. ``start``: when that was or began,
    ``day``: its day or days, in UTC.
    """

    text: str
    told: str
    own: str | None
    session: str
    similarity: float
    start: datetime
    day: str

    @classmethod
    def of(cls, memory: Recalled) -> Fact:
        """The fact of a memory; one that does not speak of "User" is quoted."""
        text = " ".join(memory.text.split()).rstrip(".")
        return cls(
            text=text,
            told=retold(text, SPOKEN_TO) or f"“{text}”",
            own=retold(text, SPEAKER),
            session=memory.session_id,
            similarity=memory.similarity,
            start=memory.start,
            day=_days(memory.start, memory.end),
        )


def facts_in(context: Context) -> Sequence[Fact]:
    """The memories that were recalled, the most useful first."""
    return [Fact.of(each) for each in context.recalled if each.kind is RecalledKind.MEMORY]


def sayings_of(facts: Sequence[Fact], script: Script) -> Iterator[Saying]:
    """The facts as if the user said them before this session, oldest first: the turn of the last of ``facts`` is -1."""
    turns = enumerate(facts, start=-len(facts))
    for turn, fact in sorted(turns, key=lambda each: (each[1].start, -each[0])):
        if fact.own is not None:
            yield Saying(turn, fact.own, script.clauses(fact.own))


def known(facts: Sequence[Fact], *, dated: bool = False) -> str | None:
    """A sentence that tells these facts, each once; None without any. ``dated``: with the days, where none is named."""
    told = list(dict.fromkeys(_dated(fact) if dated else fact.told for fact in facts))[:MOST_FACTS]
    if not told:
        return None
    where = "an earlier session" if len({fact.session for fact in facts[:MOST_FACTS]}) == 1 else "earlier sessions"
    return f"From {where} I know that {in_a_row(told)}."


def alike(facts: Sequence[Fact], asked: str, *, kin: frozenset[str]) -> Sequence[Fact]:
    """The facts that answer what is asked, as far as their likeness tells. ``kin``: words for people and animals.

    What is asked of one person is not answered with what is known of another.
    """
    best = max((fact.similarity for fact in facts), default=0.0)
    enough = max(MUCH_ALIKE, best - AS_MUCH)
    meant = _words(asked) & kin
    return [fact for fact in facts if fact.similarity >= enough and _subject(fact, kin, meant) == meant]


def said_earlier(context: Context) -> Sequence[str]:
    """What the user said in earlier sessions, as it was said."""
    return [each.text for each in context.recalled if each.role is Role.USER]


def _subject(fact: Fact, kin: frozenset[str], meant: set[str]) -> set[str]:
    """Of whom the fact is, in words for people: those it begins with, or those of it that are asked for."""
    begins = _words(" ".join(fact.text.split()[:4])) & kin if fact.text.startswith("User's") else set()
    return begins or _words(fact.text) & meant


def _words(text: str) -> set[str]:
    return {word for found in WORD.findall(text.lower()) for word in (found, found.removesuffix("s"))}


def _dated(fact: Fact) -> str:
    return fact.told if any(sign.isdigit() for sign in fact.told) else f"{fact.told} ({fact.day})"


def _days(start: datetime, end: datetime) -> str:
    """One day or the first and the last, month and year once where they are the same."""
    last = f"{end.day} {end:%B %Y}"
    if start.date() == end.date():
        return last
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {last}"
    return f"{start.day} {start:%B}{'' if start.year == end.year else f' {start.year}'} to {last}"
