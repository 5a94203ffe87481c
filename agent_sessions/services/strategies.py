"""How a question is looked into: which queries are made of it, for which days, by which of the strategies.

Pure: a plan is made from the words of the question alone, with no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..domain.context_request import DateFilter, DateFilterType, Strategy
from ..recall.dates.finding import Lean, find_dates
from ..recall.language.text import term_of_word, words
from ..recall.revising.connections import entities_of
from ..recall.search.document import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, tzinfo

LONGEST_QUERY = 2_000
"""Characters of a message that are looked into."""
MOST_QUERIES = 6
MOST_KEYWORDS = 16
MOST_DATES = 4
FEWEST_TERMS = 2
"""Words that carry meaning which a part of a question needs to be a query of its own."""

_PARTS = re.compile(r"[?.!;\n]+|,? (?:and|but|or|then|also) (?=\w+ )|, ", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“]([^\"”]{3,80})[\"”]")
_NAMES = re.compile(r"(?<![.!?\w] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_ASKS_FOR_MORE = re.compile(
    r"\b(?:how (?:many|much|often|long)|in total|altogether|all (?:the|my|of)|every|list|compare|difference|between"
    r"|before|after|first|order|since|changed?|summar\w+|overview|recap|everything|recommend|suggest|advice|should i"
    r"|did you|you (?:said|told|mentioned|suggested|recommended|gave))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to look for. ``query``: the message in question, "" when nothing was asked.

    ``queries`` are looked for among memories and messages, ``summary_queries`` among summaries. ``dates``: spans of
    time the question names, which memories are looked for in besides.
    """

    strategy: Strategy
    query: str
    queries: tuple[str, ...] = ()
    summary_queries: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    dates: tuple[DateFilter, ...] = ()


def planned(strategy: Strategy, message: str, *, now: datetime, zone: tzinfo) -> Plan:
    """The plan for a message. AUTO chooses one of the other strategies by how the question is put."""
    query = message.strip()[:LONGEST_QUERY]
    dates = _dates(query, now=now, zone=zone)
    if strategy is Strategy.AUTO:
        strategy = _chosen(query, dates)
    plan = Plan(strategy=strategy, query=query)
    if not query:
        return plan
    plan = replace(plan, queries=(query,), summary_queries=(query,), keywords=keywords_of(query))
    if strategy is Strategy.LOW_LATENCY:
        return plan
    plan = replace(plan, dates=dates)
    return plan if strategy is Strategy.BALANCED else replace(plan, queries=_queries(query))


def limits_of(plan: Plan, *, most_memories: int) -> Mapping[Kind, int]:
    """How many of each kind are looked at for each query."""
    wide = plan.strategy is not Strategy.LOW_LATENCY
    return {
        Kind.MEMORY: most_memories,
        Kind.SUMMARY: 10 if wide else 5,
        Kind.MESSAGE: 30 if wide else 20,
    }


def keywords_of(text: str) -> tuple[str, ...]:
    """The words that carry meaning, each once, in their order."""
    return tuple(dict.fromkeys(word for word in words(text) if term_of_word(word)))[:MOST_KEYWORDS]


def names_in(text: str) -> list[str]:
    """People, places and things a text names, and what stands in quotes."""
    return list(dict.fromkeys([*_QUOTED.findall(text), *_NAMES.findall(text), *entities_of(text).values()]))


def _queries(query: str) -> tuple[str, ...]:
    """The whole question, its parts, and what it names."""
    parts = [part.strip() for part in _PARTS.split(query) if part]
    telling = [part for part in parts if len(keywords_of(part)) >= FEWEST_TERMS]
    found = _distinct([query, *(telling if len(telling) > 1 else ()), *names_in(query)])
    if not keywords_of(query):
        return (query,)
    return (*found, *_distinct([" ".join(keywords_of(query))], known=found))[:MOST_QUERIES]


def _distinct(texts: Iterable[str], *, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Those that look for something the ones before them (and ``known``) do not."""
    seen = {frozenset(keywords_of(text)) for text in known}
    kept = []
    for text in texts:
        if (terms := frozenset(keywords_of(text))) and terms not in seen:
            seen.add(terms)
            kept.append(text)
    return tuple(kept)


def _dates(query: str, *, now: datetime, zone: tzinfo) -> tuple[DateFilter, ...]:
    spans = find_dates(query, said_at=now, zone=zone, lean=Lean.PAST)
    return tuple(DateFilter(DateFilterType.EVENT_DATE, span.start, span.end) for span in spans[:MOST_DATES])


def _chosen(query: str, dates: tuple[DateFilter, ...]) -> Strategy:
    """Questions about much, about order or about what was said before need several looks; days need a filter."""
    if _ASKS_FOR_MORE.search(query) or query.count("?") > 1:
        return Strategy.AGENTIC
    return Strategy.BALANCED if dates else Strategy.LOW_LATENCY
