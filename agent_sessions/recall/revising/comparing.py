"""Holds one new fact against one known fact of the user: the same, more of it, a change, a contradiction, or neither.

Works on the words of the facts alone; knows nothing of stores or versions.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from agent_sessions.recall.dates.finding import find_dates
from agent_sessions.recall.facts.slots import Holds, Slot, slot_of
from agent_sessions.recall.language.likeness import denies, stems_of

if TYPE_CHECKING:
    from agent_sessions.recall.facts.drafting import Draft

_CHANGED = re.compile(
    r"\b(?:now|again|no longer|anymore|any more|used to|these days|nowadays|moved|rescheduled|postponed|pushed|"
    r"changed|switched|became|turned|stopped|quit|gave up|new|"
    r"instead|got (?:divorced|married|engaged|fired|promoted|laid off|moved)|since|recently|started|from now on)\b",
    re.IGNORECASE,
)
_LIVED_THROUGH = re.compile(
    r"\.(?:likes|eat|drink|smoke|play|speak|use|own)\.|\.(?:appointment|meeting|interview|exam|flight|wedding|"
    r"surgery|deadline|due date|dinner|party|train)$|(?: name)$"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Relation(Enum):
    """What a new fact is to a known one."""

    UNRELATED = "unrelated"
    SAME = "same"
    ADDS = "adds"
    CHANGES = "changes"
    CONTRADICTS = "contradicts"


def relation(draft: Draft, content: str, *, start: datetime, end: datetime) -> Relation:
    """What ``draft`` is to the known fact ``content``, whose event took place from ``start`` to ``end``."""
    new, old = slot_of(draft.content), slot_of(content)
    apart = draft.stated and (draft.end < start or end < draft.start)
    if new.key and new.key == old.key:
        return _of_slots(new, old, new_text=draft.content, old_text=content)
    return _of_words(draft.content, content, apart=apart)


def _of_slots(new: Slot, old: Slot, *, new_text: str, old_text: str) -> Relation:
    same, wider, narrower = _compared(new.value, old.value)
    if same or wider or narrower:
        if new.ended != old.ended:
            return Relation.CHANGES
        if new.negated != old.negated:
            return Relation.CHANGES if _CHANGED.search(new_text) else Relation.CONTRADICTS
        if _dates(new.value) and _dates(old.value):
            return Relation.SAME
        return _more_or_same(new_text, old_text, wider=wider, narrower=narrower)
    if new.holds is Holds.MANY or new.ended or old.ended:
        return Relation.UNRELATED
    if new.holds is Holds.ONE_FOR_LIFE or _LIVED_THROUGH.search(new.key):
        return Relation.CHANGES if _CHANGED.search(new_text) else Relation.CONTRADICTS
    return Relation.CHANGES


def _more_or_same(new_text: str, old_text: str, *, wider: bool, narrower: bool) -> Relation:
    new, old = stems_of(new_text), stems_of(old_text)
    if narrower or new <= old:
        return Relation.SAME
    return Relation.ADDS if wider or old < new else Relation.SAME


def _compared(new: str, old: str) -> tuple[bool, bool, bool]:
    """Whether two values are the same, the new one says more, or the new one says less."""
    if _dates(new) and _dates(old):
        return _same_days(new, old), False, False
    left, right = stems_of(new), stems_of(old)
    if left == right:
        return bool(left) or new == old, False, False
    return False, bool(right) and right < left, bool(left) and left < right


def _same_days(new: str, old: str) -> bool:
    """Whether two values name the same days; where one leaves the year out, the day of the year decides."""
    if all(_YEAR.search(value) for value in (new, old)):
        return _dates(new) == _dates(old)
    return [(day.month, day.day) for day in _dates(new)] == [(day.month, day.day) for day in _dates(old)]


def _dates(value: str) -> list[datetime]:
    return [span.start for span in find_dates(value, said_at=_ANY_DAY)]


def _of_words(new_text: str, old_text: str, *, apart: bool) -> Relation:
    new, old = stems_of(new_text), stems_of(old_text)
    if not new or not old or apart or _subject_words(new_text) != _subject_words(old_text):
        return Relation.UNRELATED
    if denies(new_text) != denies(old_text):
        if new != old:
            return Relation.UNRELATED
        return Relation.CHANGES if _CHANGED.search(new_text) else Relation.CONTRADICTS
    if new <= old and 2 * len(new) >= len(old):
        return Relation.SAME
    if old < new and len(old) >= 2 and 2 * len(old) >= len(new):
        return Relation.ADDS
    return Relation.UNRELATED


def _subject_words(text: str) -> str:
    """Whose fact it is: "User" or "User's sister"."""
    words = text.split(" ")
    return " ".join(words[:2]) if words[0] == "User's" else words[0]
