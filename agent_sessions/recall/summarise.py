"""A session in one paragraph: what the user told, what they asked, what the assistant gave them.

Extractive and deterministic: sentences are made of the memories and topics of the conversation, the most telling
first, and put together in the order they were said.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Role, SessionSummary
from agent_sessions.recall.dates.finding import whole_day
from agent_sessions.recall.facts.assistant_items import topic_of
from agent_sessions.recall.facts.slots import slot_of
from agent_sessions.recall.judging.private import holds_secret
from agent_sessions.recall.language.likeness import stems_of
from agent_sessions.recall.language.wording import without_fillers
from agent_sessions.recall.sentences.prose import talk_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from agent_sessions.domain.memory import Memory, Utterance

MOST_WORDS = 168
FEWEST_WORDS = 60
"""A summary with less to tell goes on with the user's own words, as far as there are any."""
_ENOUGH = 130
"""Words after which only short sentences are still taken in."""


_LONG_SAYING = 100
"""Characters from which on a saying counts as long; of those the earliest comes first."""


@dataclass(frozen=True, slots=True)
class _Point:
    """One sentence that may go into the summary. ``weight``: higher is taken first."""

    text: str
    said: int
    weight: float


def summary_of(
    utterances: Sequence[Utterance], *, facts: Sequence[Memory], items: Sequence[Memory], zone: tzinfo
) -> SessionSummary | None:
    """The summary of a conversation, or None when nothing was said in it."""
    if not utterances:
        return None
    order = {utterance.id: position for position, utterance in enumerate(utterances)}
    points = [*_told(facts, order), *_asked(utterances), *_given(items, order)]
    if sum(len(point.text.split()) for point in points) < FEWEST_WORDS:
        points += _said(utterances, told=_stems_told(facts))
    text = _paragraph(_chosen(points or [_Point("User and assistant exchanged a few words.", 0, 1.0)]))
    start, _ = whole_day(utterances[0].at, zone)
    _, end = whole_day(utterances[-1].at, zone)
    return SessionSummary(utterances[0].session_id, text, start, end)


def _place(memory: Memory, order: dict[str, int]) -> int:
    return min((order[source] for source in memory.sources if source in order), default=0)


def _told(facts: Sequence[Memory], order: dict[str, int]) -> list[_Point]:
    """Facts with a slot say most of who the user is; names, numbers and dates come next."""
    points = []
    for memory in facts:
        weight = (
            3.0 + bool(slot_of(memory.content).key) + 0.5 * bool(re.search(r"\d|(?<!^)[A-Z]\w", memory.content[5:]))
        )
        points.append(_Point(_ended(memory.content), _place(memory, order), weight))
    return points


def _asked(utterances: Sequence[Utterance]) -> list[_Point]:
    points, seen = [], set()
    for position, utterance in enumerate(utterances):
        topic = topic_of(utterance.text) if utterance.role is Role.USER else ""
        if len(topic.split()) < 2 or topic.lower() in seen or holds_secret(topic):
            continue
        seen.add(topic.lower())
        verb = (
            "asked"
            if re.match(r"(?:how|what|which|where|who|when|why)\b", topic, re.IGNORECASE)
            else "asked for help with"
        )
        points.append(_Point(f"User {verb} {topic[0].lower()}{topic[1:]}.", position, 2.0 - 0.02 * len(seen)))
    return points


def _given(items: Sequence[Memory], order: dict[str, int]) -> list[_Point]:
    short = ((memory, _words_of(memory.content, 28)) for memory in items)
    return [_Point(_ended(text), _place(memory, order), 1.5 - 0.02 * at) for at, (memory, text) in enumerate(short)]


def _stems_told(facts: Sequence[Memory]) -> dict[str, set[str]]:
    """What facts tell of each utterance they were made from."""
    told: dict[str, set[str]] = defaultdict(set)
    for memory in facts:
        for source in memory.sources:
            told[source] |= stems_of(memory.content)
    return told


def _said(utterances: Sequence[Utterance], *, told: Mapping[str, set[str]]) -> list[_Point]:
    """The longest things the user said, in their own words; but what is ``told`` already: id to stems."""
    texts = {
        position: text
        for position, utterance in enumerate(utterances)
        if utterance.role is Role.USER and (text := _untold(utterance.text, told.get(utterance.id, set())))
    }
    longest = sorted(texts, key=lambda position: (-min(len(texts[position]), _LONG_SAYING), position))
    safe = [position for position in longest if texts[position] and not holds_secret(texts[position])][:4]
    return [_Point(f'User said "{_words_of(texts[position], 24)}".', position, 1.0) for position in safe]


def _untold(text: str, told: set[str]) -> str:
    """The first sentence that has more to tell than the facts made of its message; empty when none has."""
    for sentence in talk_of(text).sentences:
        plain = without_fillers(sentence.text)
        if len(stems_of(plain) - told) > len(stems_of(plain) & told):
            return plain
    return ""


def _words_of(text: str, count: int) -> str:
    words = text.split()
    return text if len(words) <= count else " ".join(words[:count]).rstrip(",;:") + " ..."


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _chosen(points: list[_Point]) -> list[_Point]:
    """The weightiest that fit, in the order they were said."""
    taken: list[_Point] = []
    words = 0
    for point in sorted(points, key=lambda each: (-each.weight, each.said, each.text)):
        length = len(point.text.split())
        if words + length <= (MOST_WORDS if words < _ENOUGH else _ENOUGH + 12):
            taken.append(point)
            words += length
    return sorted(taken, key=lambda each: (each.said, -each.weight))


def _paragraph(points: list[_Point]) -> str:
    """Joins the sentences; a run of "User ..." goes on with "They ..." so that it reads as one text."""
    sentences: list[str] = []
    for point in points:
        repeats = sentences and sentences[-1].startswith(("User ", "They ")) and len(sentences) % 2
        sentences.append(_as_they(point.text) if repeats and point.text.startswith("User ") else point.text)
    return " ".join(sentences)


_PLURAL = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "doesn't": "don't",
    "isn't": "aren't",
    "wasn't": "weren't",
    "hasn't": "haven't",
}


def _as_they(sentence: str) -> str:
    """ "User asked how ..." as "They asked how ..."; kept as it is when the verb would have to change beyond doubt."""
    words = sentence.split(" ")
    verb = words[1] if len(words) > 1 else ""
    if verb in _PLURAL:
        return " ".join(["They", _PLURAL[verb], *words[2:]])
    return " ".join(["They", *words[1:]]) if verb.endswith("ed") else sentence
