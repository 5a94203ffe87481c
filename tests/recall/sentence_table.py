"""Runs the table of sentences through the engine and counts what it found, missed and made up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from agent_sessions.domain.memory import Memory, MemoryKind, ProcessingResult, Role, Utterance
from agent_sessions.recall.dates.finding import whole_day
from agent_sessions.recall.extract import ExtractionOptions, process_conversation
from agent_sessions.recall.language.likeness import denies, stems_of

SAID_AT = "2024-05-15T10:00:00Z"
KNOWN_AT = datetime(2024, 1, 1, tzinfo=UTC)
ALIKE = 0.66
"""Share of stems two wordings must have in common to be the same fact."""
_CALENDAR = re.compile(
    r"\b(?:(?:on|in|by|from|to|since|the|at) )*(?:(?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december)(?: \d+)?(?:, \d{4})?"
    r"|\d{1,2}(?:st|nd|rd|th)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,2}(?:th)? of \w+|\d{4})\b",
    re.IGNORECASE,
)
Entry = dict[str, Any]


@dataclass
class Tally:
    """Memories expected and made, and the entries that went wrong."""

    expected: int = 0
    found: int = 0
    made: int = 0
    right: int = 0
    junk: int = 0
    dates_expected: int = 0
    dates_right: int = 0
    changes_expected: int = 0
    changes_right: int = 0
    changes_made: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.made)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.expected)

    @property
    def junk_rate(self) -> float:
        return self.junk / max(1, self.made)

    def line(self, name: str) -> str:
        return (
            f"{name}: precision {self.precision:.1%} ({self.right}/{self.made}), recall {self.recall:.1%} "
            f"({self.found}/{self.expected}), "
            f"junk {self.junk_rate:.1%} ({self.junk}/{self.made}), dates {self.dates_right}/{self.dates_expected}, "
            f"versions and conflicts {self.changes_right}/{self.changes_expected} ({self.changes_made} made)"
        )


def entries(name: str) -> list[Entry]:
    loaded: list[Entry] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return loaded


def conversation(entry: Entry) -> list[Utterance]:
    said: list[str] = entry["say"] if isinstance(entry["say"], list) else [f"U: {entry['say']}"]
    at = datetime.fromisoformat(entry.get("at", SAID_AT))
    roles = {"U": Role.USER, "A": Role.ASSISTANT}
    return [Utterance(f"m{seq}", "s1", seq, at, roles[text[0]], text[3:]) for seq, text in enumerate(said)]


def known_memory(place: int, content: str) -> Memory:
    start, end = whole_day(KNOWN_AT)
    return Memory(f"k{place}", "s0", content, start, end, KNOWN_AT)


def run(entry: Entry) -> ProcessingResult:
    turns = conversation(entry)
    return process_conversation(
        turns,
        session_id="s1",
        created_at=turns[0].at,
        known=[known_memory(place, content) for place, content in enumerate(entry.get("known", ()))],
        options=ExtractionOptions(ZoneInfo(entry.get("zone", "UTC")), merge_conflicts="conflicts" in entry),
    )


def alike(first: str, second: str) -> bool:
    """Whether two wordings tell the same fact: same denial, most stems shared; dates are compared elsewhere."""
    if denies(first) != denies(second):
        return False
    left, right = stems_of(_CALENDAR.sub("", first)), stems_of(_CALENDAR.sub("", second))
    return bool(left or right) and len(left & right) >= ALIKE * len(left | right)


def facts_of(result: ProcessingResult) -> list[Memory]:
    made = [*result.created, *(version.memory for version in result.versions)]
    return [memory for memory in made if memory.kind is MemoryKind.FACT]


def judge(entry: Entry, tally: Tally) -> None:
    """Counts one entry into the tally."""
    result = run(entry)
    facts = facts_of(result)
    expected = [
        (item, None, None) if isinstance(item, str) else (item[0], item[1], item[-1]) for item in entry["memories"]
    ]
    open_facts = list(facts)
    missed = []
    for content, first, last in expected:
        match = next((fact for fact in open_facts if alike(content, fact.content)), None)
        if match is None:
            missed.append(content)
            continue
        open_facts.remove(match)
        tally.found += 1
        if first:
            tally.dates_expected += 1
            right = _days(match, entry) == (first, last)
            tally.dates_right += right
            missed += [] if right else [f"{content} @ {first}..{last}, got {_days(match, entry)}"]
    tally.expected += len(expected)
    tally.made += len(facts)
    tally.right += len(facts) - len(open_facts)
    tally.junk += len(open_facts) if not expected and "known" not in entry else 0
    changes = _changes(entry, result, tally)
    if missed or open_facts or changes:
        tally.wrong.append(
            f"{entry['say']}\n    missed {missed}\n    made up {[fact.content for fact in open_facts]}\n    {changes}"
        )


def _days(memory: Memory, entry: Entry) -> tuple[date, date]:
    zone = ZoneInfo(entry.get("zone", "UTC"))
    return memory.event_start.astimezone(zone).date(), memory.event_end.astimezone(zone).date()


def _changes(entry: Entry, result: ProcessingResult, tally: Tally) -> str:
    contents = {f"k{place}": content for place, content in enumerate(entry.get("known", ()))}
    contents |= {memory.id: memory.content for memory in facts_of(result)}
    made = [
        ("version", version.memory.content, contents[version.replaces], version.reason.value)
        for version in result.versions
    ]
    made += [
        ("conflict", conflict.proposed.content, conflict.conflicting[0].content, "") for conflict in result.conflicts
    ]
    made += [("fold", contents[fold.memory_id], "", "") for fold in result.folded]
    wanted = [("version", *version) for version in entry.get("versions", ())]
    wanted += [("conflict", *conflict, "") for conflict in entry.get("conflicts", ())]
    wanted += [("fold", content, "", "") for content in entry.get("folded", ())]
    right = [one for one in wanted if any(_same_change(one, other) for other in made)]
    tally.changes_expected += len(wanted)
    tally.changes_made += len(made)
    tally.changes_right += len(right)
    return "" if len(right) == len(wanted) == len(made) else f"changes {made}, wanted {wanted}"


def _same_change(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return first[0] == second[0] and first[3] == second[3] and alike(first[1], second[1]) and (first[2] == second[2])
