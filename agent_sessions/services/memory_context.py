"""Contexts for language models: what a user's memory holds on the latest message of a session, written down.

How it is looked for depends on the strategy. None needs a model; the agentic one makes several searches that build on
each other, and says what it thinks meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..domain.context_request import ContextAnswer, ContextSources, Strategy
from ..domain.log import Message
from ..domain.utterances import backdating
from . import memory_context_parts as parts
from .memory_context_analysis import analysis, next_names
from .memory_context_prompts import system_prompt
from .memory_context_text import Writer
from .strategies import limits_of, planned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from datetime import datetime

    from ..domain.context_request import ContextRequest
    from ..domain.recalled import Recalled
    from ..domain.recollection import KeptMemory, KeptSummary
    from ..domain.session import Session
    from ..ports import Clock, Owner, Store
    from .local_memory import LocalMemory, Survey
    from .recent import RecentMessages
    from .strategies import Plan

FOLLOWED = 0.9
"""What a name led to is this much less similar to the question than to the name."""
WORDS_SHARE = 0.5
"""What was said in many words is like a question in few of them: it is let in by this share of the least likeness."""
MOST_SUMMARIES = 5
RECENT_SUMMARIES = 3
"""Told where nothing was asked."""
AFTER_PROMPT = "\n\n\n"
"""Between a system prompt and its context, as clients that fetch the two apart put them together."""


@dataclass(slots=True)
class _Findings:
    """What was found so far, best first, and what was thought on the way. Similarities are None where nothing was
    asked."""

    plan: Plan
    now: datetime
    memories: Sequence[tuple[KeptMemory, float | None]] = ()
    summaries: Sequence[tuple[KeptSummary, float | None]] = ()
    messages: Sequence[Recalled] = ()
    thoughts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Everything a context is written from."""

    memories: Sequence[parts.FoundMemory]
    summaries: Sequence[parts.FoundSummary]
    messages: Sequence[Recalled]
    ongoing: Sequence[parts.Ongoing]


class ContextService:
    """Puts together what language models are given to know about a user."""

    def __init__(self, store: Store, memory: LocalMemory, *, recent: RecentMessages, clock: Clock) -> None:
        self._store = store
        self._recent = recent
        self._memory = memory
        self._clock = clock

    def system_prompt(self, strategy: Strategy) -> str:
        """How a model is to read contexts of this strategy."""
        return system_prompt(strategy)

    async def context(self, owner: Owner, session_id: str, request: ContextRequest) -> ContextAnswer:
        """The context for the latest message of a session. Raises UserNotFound, SessionNotFound."""
        async for answer in self.stream(owner, session_id, request):
            if answer.final:
                return answer
        raise AssertionError("a stream ends with a final answer")

    async def stream(self, owner: Owner, session_id: str, request: ContextRequest) -> AsyncIterator[ContextAnswer]:
        """As :meth:`context`, with words for people on how far it is before it."""
        asking = await self._store.session_of(owner, session_id)
        message_id, text = await parts.asked_in(self._recent, asking)
        # A question brought in from elsewhere is asked at the time it was asked then.
        now = self._clock.now() - backdating(asking)
        plan = planned(request.strategy, text, now=now, zone=request.zone)
        findings = _Findings(plan, now, thoughts=[_of_plan(plan)])
        yield _status("Searching memories, conversations and summaries", findings, request)
        await self._look(owner, findings, request)
        if plan.strategy is Strategy.AGENTIC:
            if names := next_names(plan, findings.memories):
                findings.thoughts.append(f"What was found speaks of {', '.join(names)}: looking for these too.")
                yield _status(f"Following {', '.join(names)}", findings, request)
                await self._follow(owner, findings, request, names=names)
            findings.thoughts.append(_of_findings(findings))
            yield _status("Writing the analysis", findings, request)
        yield await self._written(owner, findings, request, asking=asking, message_id=message_id)

    # ---------------------------------------------------------------------------------------------------- searching

    async def _look(self, owner: Owner, findings: _Findings, request: ContextRequest) -> None:
        plan = findings.plan
        if not (plan.keywords or plan.dates):
            limit = request.min_top_k
            recent = await parts.recent_and_connected(self._store, owner, limit=limit)
            findings.memories = [(kept, None) for kept in recent]
            summaries = await self._store.summaries(owner, limit=RECENT_SUMMARIES)
            findings.summaries = [(kept, None) for kept in summaries]
        else:
            self._take(findings, await self._survey(owner, findings, request, queries=plan.queries), request)

    async def _follow(
        self, owner: Owner, findings: _Findings, request: ContextRequest, *, names: Sequence[str]
    ) -> None:
        """Look for names that came up, and rank what they lead to behind what the question led to."""
        plan = replace(findings.plan, queries=(*findings.plan.queries, *names))
        found = await self._survey(owner, findings, request, queries=names)
        known = {kept.memory.id for kept, _ in findings.memories}
        led_to = [
            (kept, FOLLOWED * similarity)
            for kept, similarity in found.memories
            if kept.memory.id not in known and FOLLOWED * similarity >= request.memories_threshold
        ]
        findings.plan = plan
        findings.memories = [*findings.memories, *led_to][: request.max_top_k]

    async def _survey(
        self, owner: Owner, findings: _Findings, request: ContextRequest, *, queries: Sequence[str]
    ) -> Survey:
        return await self._memory.survey(
            owner,
            queries,
            now=findings.now,
            zone=request.zone,
            limits=limits_of(findings.plan, most_memories=request.max_top_k),
            dated=[(each.start, each.end) for each in findings.plan.dates],
        )

    def _take(self, findings: _Findings, found: Survey, request: ContextRequest) -> None:
        least = request.summaries_threshold
        findings.memories = parts.chosen(found.memories, request)
        findings.summaries = [each for each in found.summaries if each[1] >= least][:MOST_SUMMARIES]
        findings.messages = found.messages

    # ------------------------------------------------------------------------------------------------------ writing

    async def _written(
        self, owner: Owner, findings: _Findings, request: ContextRequest, *, asking: Session, message_id: str
    ) -> ContextAnswer:
        plan = findings.plan
        told = await self._parts(owner, findings, request, asking=asking, message_id=message_id)
        writer = Writer(request.zone, plan.query)
        if plan.strategy is Strategy.AGENTIC:
            text = [
                analysis(plan, writer, memories=told.memories, summaries=told.summaries, messages=told.messages),
            ]
        else:
            text = [
                writer.memories(told.memories),
                writer.summaries(told.summaries),
                writer.messages(told.messages),
            ]
        text += [writer.ongoing(told.ongoing), *await self._tail(owner, request, writer)]
        before = system_prompt(plan.strategy) + AFTER_PROMPT if request.system_prompt else ""
        return ContextAnswer(
            strategy=plan.strategy,
            text=before + "\n\n".join(text),
            sources=_sources(findings, told) if request.metadata_ids else None,
        )

    async def _parts(
        self, owner: Owner, findings: _Findings, request: ContextRequest, *, asking: Session, message_id: str
    ) -> _Parts:
        agentic = findings.plan.strategy is Strategy.AGENTIC
        ongoing = await parts.ongoing(self._store, self._recent, owner, asking=asking, with_asking=not agentic)
        shown = [entry.fact for talk in ongoing for entry in talk.messages]
        seen = {message_id, *(fact.id for fact in shown if isinstance(fact, Message))}
        return _Parts(
            memories=await parts.with_history(self._store, owner, findings.memories),
            summaries=await parts.with_memories(self._store, owner, findings.summaries),
            messages=parts.telling(
                findings.messages,
                least=WORDS_SHARE * min(request.memories_threshold, request.summaries_threshold),
                seen=seen,
                sessions=(asking.id,),
            ),
            ongoing=ongoing,
        )

    async def _tail(self, owner: Owner, request: ContextRequest, writer: Writer) -> list[str]:
        """What every strategy ends with: open contradictions, and the last messages and summaries asked for."""
        text = []
        if conflicts := await parts.open_conflicts(self._store, owner):
            text.append(writer.conflicts(conflicts))
        if request.last_messages is not None:
            text.append(writer.last_messages(await self._store.last_messages(owner, limit=request.last_messages)))
        if request.last_summaries is not None:
            text.append(writer.last_summaries(await self._store.summaries(owner, limit=request.last_summaries)))
        return text


def _status(text: str, findings: _Findings, request: ContextRequest) -> ContextAnswer:
    thinking = findings.plan.strategy is Strategy.AGENTIC and request.metadata_ids
    sources = ContextSources(reasoning=findings.thoughts[-1]) if thinking else None
    return ContextAnswer(strategy=findings.plan.strategy, final=False, status=text, sources=sources)


def _of_plan(plan: Plan) -> str:
    if not plan.keywords and not plan.dates:
        return "Nothing is asked that could be looked for: telling what is newest and what most else connects with."
    queries = "; ".join(f'"{query}"' for query in plan.queries)
    days = ", ".join(f"{each.start:%Y/%m/%d} to {each.end:%Y/%m/%d}" for each in plan.dates)
    return f"Looking for {queries}" + (f", and in the days {days}." if days else ".")


def _of_findings(findings: _Findings) -> str:
    counts = f"{len(findings.memories)} memories, {len(findings.summaries)} conversations"
    best = f' The best: "{findings.memories[0][0].memory.content}".' if findings.memories else ""
    return f"Found {counts} and {len(findings.messages)} messages.{best}"


def _sources(findings: _Findings, told: _Parts) -> ContextSources:
    plan = findings.plan
    memories = [
        *(kept for found in told.memories for kept in (found.kept, *found.connected)),
        *(kept for found in told.summaries for kept in found.memories),
    ]
    sessions = [
        *(kept.memory.session_id for kept in memories),
        *(found.kept.summary.session_id for found in told.summaries),
        *(said.session_id for said in told.messages),
        *(talk.session.id for talk in told.ongoing),
    ]
    return ContextSources(
        memory_ids=_once(kept.memory.id for kept in memories),
        session_ids=_once(sessions),
        reasoning="\n".join(findings.thoughts) if plan.strategy is Strategy.AGENTIC else None,
        queries=plan.queries,
        keywords=plan.keywords,
        summary_queries=plan.summary_queries,
        date_filters=plan.dates,
    )


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
