"""What is asked of a user's memory before something is said to them, and the answer.

The words of the memory wire, with types; knows nothing of how a context is made or sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


class Strategy(StrEnum):
    """How much work goes into finding what matters, from one query to several that build on each other.

    AUTO may only be asked for; an answer names the strategy that was chosen.
    """

    LOW_LATENCY = "low_latency"
    BALANCED = "balanced"
    AGENTIC = "agentic"
    AUTO = "auto"


class DateFilterType(StrEnum):
    """Which time of a memory a filter is about: of what it tells, or of when it was made."""

    EVENT_DATE = "event_date"
    CREATED_AT = "created_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRequest:
    """What a context is to hold.

    ``max_top_k`` is never below ``min_top_k``; thresholds are least similarities. ``last_messages`` and
    ``last_summaries``: how many of the newest to add, None for none. ``zone``: in which times are written and days
    begin and end. ``system_prompt``: whether the strategy's system prompt goes in front. ``metadata_ids``: whether the
    answer says what it is made from.
    """

    strategy: Strategy = Strategy.BALANCED
    min_top_k: int = 15
    max_top_k: int = 50
    memories_threshold: float = 0.6
    summaries_threshold: float = 0.5
    last_messages: int | None = None
    last_summaries: int | None = None
    zone: tzinfo = UTC
    system_prompt: bool = True
    metadata_ids: bool = False


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Only what lies between these two instants (aware UTC, both included) was searched."""

    kind: DateFilterType
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSources:
    """What a context was made from. ``reasoning``: what the agentic strategy thought, None for the others."""

    memory_ids: tuple[str, ...] = ()
    session_ids: tuple[str, ...] = ()
    reasoning: str | None = None
    queries: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    summary_queries: tuple[str, ...] = ()
    date_filters: tuple[DateFilter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextAnswer:
    """A context, or word of how far it is.

    The last of a stream is ``final``, with either ``text`` or ``error``; those before it have a ``status`` for people.
    ``strategy``: the one that is used, never AUTO. ``sources``: None unless asked for.
    """

    strategy: Strategy
    final: bool = True
    text: str | None = None
    status: str | None = None
    error: str | None = None
    sources: ContextSources | None = None
