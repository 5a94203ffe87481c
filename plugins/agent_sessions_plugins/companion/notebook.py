"""What the user said about themselves, noted by the script's rules. The same messages always give the same notes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .clauses import reflected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .clauses import Clause
    from .script import NoteRule, Script

SLOT = re.compile(r"\{(\d)\}")


@dataclass(frozen=True, slots=True)
class Saying:
    """Something the user said: its clauses, the agent's words before it, and its place among the user's messages."""

    turn: int
    text: str
    clauses: tuple[Clause, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing noted, told as ``lead`` and ``value`` in words turned to the user ("you like", "my cat" as "your cat").

    ``captures`` are in the same words; ``turn`` is when it was said first.
    """

    rule: NoteRule
    value: str
    captures: tuple[str, ...]
    turn: int

    @property
    def kind(self) -> str:
        """What it is about: name, like, plan ..."""
        return self.rule.kind

    @property
    def told(self) -> str:
        """The note as a clause: "you like hiking"."""
        return f"{self.rule.lead} {self.value}".strip()


class Notebook:
    """The notes of a conversation, oldest first."""

    def __init__(self, script: Script, sayings: Sequence[Saying]) -> None:
        self._script = script
        self.notes: list[Note] = []
        self._said: list[str] = []
        for saying in sayings:
            for note in self._noted(saying):
                self._enter(note)

    @property
    def name(self) -> str | None:
        """What the user is called."""
        names = self.about("name")
        return names[-1].value if names else None

    def about(self, *kinds: str) -> list[Note]:
        """The notes of these kinds, oldest first."""
        return [note for note in self.notes if note.kind in kinds]

    def new(self, kind: str, turn: int) -> bool:
        """Whether a note of this kind was made of what was said in this turn."""
        return any(note.kind == kind and note.turn == turn for note in self.notes)

    def told(self, notes: Sequence[Note]) -> str:
        """The notes as one sentence, those with the same lead together: "you like tea and hiking"."""
        by_lead: dict[str, list[str]] = {}
        for note in notes:
            by_lead.setdefault(note.rule.lead, []).append(note.value)
        parts = [f"{lead} {in_a_row(values)}" if lead else "; ".join(values) for lead, values in by_lead.items()]
        return "; ".join(part.strip() for part in parts)

    def _noted(self, saying: Saying) -> Iterator[Note]:
        for clause in saying.clauses:
            self._said += clause.words
            if clause.question or clause.words[0] in self._script.questions:
                continue
            for rule, captures in self._script.fitting_notes(clause.text):
                whole = self._with_antecedent(rule, captures)
                if whole is not None and (rule.after is None or rule.after in saying.after):
                    yield self._note(rule, whole, saying.turn)
                    break

    def _with_antecedent(self, rule: NoteRule, captures: tuple[str, ...]) -> tuple[str, ...] | None:
        """The captures after whom or what the rule speaks of ("her name is Ann": your sister); None if that is open."""
        if rule.antecedents is None:
            return captures
        meant = next((word for word in reversed(self._said) if word in rule.antecedents), None)
        return None if meant is None else (meant, *captures)

    def _note(self, rule: NoteRule, captures: tuple[str, ...], turn: int) -> Note:
        turned = tuple(reflected(capture, self._script.reflections) for capture in captures)
        if rule.swap:
            turned = (turned[1], turned[0], *turned[2:])
        value = SLOT.sub(lambda slot: turned[int(slot[1]) - 1], rule.value)
        value = " ".join(value.split())
        return Note(rule, value[:1].upper() + value[1:] if rule.kind == "name" else value, turned, turn)

    def _enter(self, note: Note) -> None:
        """Add the note: a single one in place of its kind, and never the same twice."""
        if note.rule.single:
            same = (note.kind, note.rule.lead)
            self.notes = [old for old in self.notes if (old.kind, old.rule.lead) != same]
        if note.rule.keyed:
            self.notes = [old for old in self.notes if (old.kind, old.captures[:1]) != (note.kind, note.captures[:1])]
        kinds = {note.kind, note.rule.replaces}
        known = [old for old in self.notes if old.kind in kinds and old.value.lower() == note.value.lower()]
        if any(old.kind == note.kind for old in known):
            return
        self.notes = [old for old in self.notes if old not in known]
        self.notes.append(note)


def said_by_user(script: Script, texts: Sequence[tuple[str, str]]) -> list[Saying]:
    """Sayings from (what was said, what the agent had said before it), oldest first."""
    return [Saying(turn, text, script.clauses(text), after) for turn, (text, after) in enumerate(texts)]


def in_a_row(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
