"""Memories made by a model, with memories made by rule wherever it fails.

The model reads one conversation and proposes; what it proposes is held against the conversation and what is known. So
it can add facts that messages of the user stand behind, and say what they are to known facts of the same user. It can
neither delete anything nor reach anybody else's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from ..domain.memory import Role
from ..ports import ModelFailed
from .model_facts import combined
from .model_form import INSTRUCTIONS, asked_about, read_answer, schema

if TYPE_CHECKING:
    from datetime import timedelta

    from ..domain.memory import ProcessingResult
    from ..ports import Clock, ConversationToRemember, Extractor, StructuredModel
    from .model_form import Asked, ToldConversation

logger = structlog.get_logger(__name__)

CHARACTERS_PER_TOKEN = 4
"""About, in English; for guessing what a question will take before it is asked."""
SCHEMA = schema()


class TokenBudget:
    """How many tokens may be used from midnight to midnight (UTC). ``per_day``: None sets no limit."""

    def __init__(self, per_day: int | None, *, clock: Clock) -> None:
        self._per_day = per_day
        self._clock = clock
        self._day = clock.now().date()
        self._used = 0

    def allows(self, tokens: int) -> bool:
        """Whether so many are left today."""
        self._turn_page()
        return self._per_day is None or self._used + tokens <= self._per_day

    def use(self, tokens: int) -> None:
        """So many were used."""
        self._turn_page()
        self._used += tokens

    def _turn_page(self) -> None:
        if (today := self._clock.now().date()) != self._day:
            self._day, self._used = today, 0


class ModelExtractor:
    """Implements :class:`~agent_sessions.ports.Extractor`. ``patience``: how long the model may take."""

    def __init__(self, model: StructuredModel, *, by_rule: Extractor, patience: timedelta, budget: TokenBudget) -> None:
        self._model = model
        self._by_rule = by_rule
        self._patience = patience
        self._budget = budget

    async def extract(self, conversation: ConversationToRemember) -> ProcessingResult:
        """What the model makes of it; by rule when it is out of reach, too slow, over its budget or makes no sense."""
        ruled = await self._by_rule.extract(conversation)
        if not _holds_news(conversation):
            return ruled
        asked = await asyncio.to_thread(asked_about, conversation)
        try:
            told = await self._told(asked)
        except (ModelFailed, TimeoutError) as failure:
            reason = str(failure) or "the model did not answer in time"
            logger.warning("memories_made_by_rule", session_id=conversation.session_id, reason=reason)
            return ruled
        return await asyncio.to_thread(combined, conversation, asked, told=told, ruled=ruled)

    async def _told(self, asked: Asked) -> ToldConversation:
        guess = (len(INSTRUCTIONS) + len(asked.question)) // CHARACTERS_PER_TOKEN
        if not self._budget.allows(guess):
            raise ModelFailed("the tokens of today are used up")
        self._budget.use(guess)  # also when no answer comes
        async with asyncio.timeout(self._patience.total_seconds()):
            answer = await self._model.ask(INSTRUCTIONS, asked.question, schema=SCHEMA)
        self._budget.use(answer.tokens - guess)
        return read_answer(answer.text)


def _holds_news(conversation: ConversationToRemember) -> bool:
    """Whether the user said anything that was not processed before."""
    return any(each.seq > conversation.done_seq and each.role is Role.USER for each in conversation.utterances)
