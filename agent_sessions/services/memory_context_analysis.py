"""The agentic strategy's answer: what was found, as an analysis in markdown, and where to look next, by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..recall.language.text import query_terms, term_of_word, terms
from ..recall.search.document import of_memory
from .excerpts import excerpt
from .strategies import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..domain.recalled import Recalled
    from ..domain.recollection import KeptMemory
    from .memory_context_parts import FoundMemory, FoundSummary
    from .memory_context_text import Writer
    from .strategies import Plan

MOST_FINDINGS = 12
MOST_EVENTS = 24
MOST_QUOTES = 8
QUOTED = 400
"""Characters of one message that are quoted."""
MOST_FOLLOWED = 3
LOOKED_AT = 5
"""Of so many of the best memories the names are followed."""


def next_names(plan: Plan, memories: Sequence[tuple[KeptMemory, float | None]]) -> list[str]:
    """Names in what was found best that nothing was asked about yet."""
    asked = {term for query in plan.queries for term in query_terms(query)}
    found = [name for kept, _ in memories[:LOOKED_AT] for name in names_in(kept.memory.content)]
    return [name for name in dict.fromkeys(found) if not asked.issuperset(query_terms(name))][:MOST_FOLLOWED]


def analysis(
    plan: Plan,
    writer: Writer,
    *,
    memories: Sequence[FoundMemory],
    summaries: Sequence[FoundSummary],
    messages: Sequence[Recalled],
) -> str:
    """Key findings, timeline, what was said, summaries, and what was not found."""
    parts = [
        "## Key findings\n\n" + (_list(_findings(memories, writer)) or "Nothing about the user bears on this."),
        "## Timeline\n\n" + (_list(_timeline(memories, writer)) or "No dated event bears on this."),
        "## What was said\n\n" + (_list(_quotes(messages, writer)) or "Nothing that was said before bears on this."),
        "## Conversations\n\n" + (_list(_sessions(summaries, writer)) or "No earlier conversation bears on this."),
    ]
    if missing := _not_found(plan, memories, messages):
        parts.append(f"## Not found\n\nNothing found speaks of: {', '.join(missing)}.")
    return "\n\n".join(parts)


def _list(lines: Iterator[str]) -> str:
    return "\n".join(lines)


def _findings(memories: Sequence[FoundMemory], writer: Writer) -> Iterator[str]:
    for number, found in enumerate(memories[:MOST_FINDINGS], 1):
        memory = found.kept.memory
        yield f"{number}. **{memory.content}** ({_when(found.kept, writer)})"
        for old in found.previous[:1]:
            until = f" until {writer.day(old.expired_at)}" if old.expired_at else ""
            yield f"   - before{until}: {old.memory.content}"
        for other in found.connected:
            yield f"   - see also: {other.memory.content} ({_when(other, writer)})"


def _timeline(memories: Sequence[FoundMemory], writer: Writer) -> Iterator[str]:
    events = [kept for found in memories[:MOST_EVENTS] for kept in (found.kept, *found.previous)]
    for kept in sorted(events, key=lambda each: (each.memory.event_start, each.memory.id)):
        former = "" if kept.current else " (no longer so)"
        yield f"- {_when(kept, writer)}: {kept.memory.content}{former}"


def _quotes(messages: Sequence[Recalled], writer: Writer) -> Iterator[str]:
    quoted = sorted(messages[:MOST_QUOTES], key=lambda each: (each.start, each.id))
    for said in quoted:
        who = "Assistant" if said.role == "assistant" else "User"
        yield f"- [{writer.at(said.start)}] {who}: {excerpt(said.text, writer.query, longest=QUOTED)}"


def _sessions(summaries: Sequence[FoundSummary], writer: Writer) -> Iterator[str]:
    for found in summaries:
        summary = found.kept.summary
        yield f"- {writer.day(summary.start)}: {summary.text}"


def _when(kept: KeptMemory, writer: Writer) -> str:
    first, last = writer.day(kept.memory.event_start), writer.day(kept.memory.event_end)
    return first if first == last else f"{first} - {last}"


def _not_found(plan: Plan, memories: Sequence[FoundMemory], messages: Sequence[Recalled]) -> list[str]:
    texts = [of_memory(found.kept.memory).text for found in memories] + [said.text for said in messages]
    known = {term for text in texts for term in terms(text)}
    return [word for word in plan.keywords if term_of_word(word) not in known]
