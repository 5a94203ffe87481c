"""Reads a question: what it looks for, whom it names, which days it means, what sort of answer it wants.

Knows the names of those who speak, but no documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from agent_sessions.recall.dates.finding import Lean, find_dates
from agent_sessions.recall.language.text import query_terms
from agent_sessions.recall.search.shelf import microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASKS_WHEN = re.compile(
    r"\b(?:when|(?:what|which) (?:date|day|week|month|year|time)"
    r"|how (?:long|recently|many (?:days|weeks|months|years)))\b",
    re.IGNORECASE,
)
_ASKS_WHAT_WAS_ANSWERED = re.compile(
    r"\b(?:(?:did|had|have|were|was) you"
    r"|you (?:recommended|suggested|said|told|gave|mentioned|advised|explained|provided|wrote|listed|showed|made)"
    r"|your (?:recommendations?|suggestions?|advice|answers?|explanation|list|plan|reply))\b",
    re.IGNORECASE,
)
_ASKS_OVERVIEW = re.compile(
    r"\b(?:summar(?:y|i[sz]e)|overview|recap|in (?:what|which) order|the order in which|in order"
    r"|over time|throughout|so far|across (?:my|our|all|the)|everything"
    r"|(?:ha(?:s|ve)|did) .{1,80}(?:progress|evolve|develop|change|improve)d?)\b",
    re.IGNORECASE | re.DOTALL,
)
_CAPITALISED = re.compile(r"\b[A-Z][\w]{2,}")
_SHORTEST_NICKNAME = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    ``terms`` leave out the names of those who speak. ``named`` are their numbers, in the order named.
    ``days`` are spans of microseconds since 1970, first and last.
    """

    terms: tuple[str, ...]
    named: tuple[int, ...]
    days: tuple[tuple[int, int], ...]
    asks_when: bool
    asks_what_was_answered: bool
    asks_overview: bool


def read_question(text: str, *, now: datetime, speakers: Mapping[int, str], zone: tzinfo = UTC) -> Question:
    """``now`` settles "last week"; ``speakers`` are number and name of everyone who speaks."""
    names = _names_in(text, speakers)
    terms = query_terms(text)
    return Question(
        terms=tuple(term for term in terms if term not in names),
        named=tuple(dict.fromkeys(names[term] for term in terms if term in names)),
        days=_days(text, now=now, zone=zone),
        asks_when=bool(_ASKS_WHEN.search(text)),
        asks_what_was_answered=bool(_ASKS_WHAT_WAS_ANSWERED.search(text)),
        asks_overview=bool(_ASKS_OVERVIEW.search(text)),
    )


def _names_in(text: str, speakers: Mapping[int, str]) -> dict[str, int]:
    """Each term that names a speaker; a capitalised "Mel" names Melanie, where no other name begins so."""
    names = {term: number for number, name in speakers.items() for term in query_terms(name)}
    for word in _CAPITALISED.findall(text):
        for term in query_terms(word):
            meant = {number for name, number in names.items() if _is_short_for(term, name)}
            if term not in names and len(meant) == 1:
                names[term] = meant.pop()
    return names


def _is_short_for(term: str, name: str) -> bool:
    return len(term) >= _SHORTEST_NICKNAME and name.startswith(term)


def _days(text: str, *, now: datetime, zone: tzinfo) -> tuple[tuple[int, int], ...]:
    spans = find_dates(text, said_at=now, zone=zone, lean=Lean.PAST)
    return tuple((microseconds(span.start), microseconds(span.end)) for span in spans)
