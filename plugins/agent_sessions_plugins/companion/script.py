"""The script: what script.yaml says, checked and ready to use. The file itself explains its form."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_sessions.domain.errors import ConfigError

from .clauses import OPENING, TAIL, clauses_of
from .patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clauses import Clause


KIN = ("family", "pet")
"""Synonym groups of people and animals that are close to somebody."""
REMEMBERED = 4096
"""Messages taken apart that are remembered, since a conversation's history is looked at again for each reply."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Section):
    match: str | list[str]
    say: list[str] = []
    do: str | None = None
    of: list[str] = []
    empty: list[str] = []
    then: list[str] = []
    after: str | None = None
    noted: str | None = None
    often: bool = False
    rank: int | None = None


class _Keyword(_Section):
    words: list[str]
    rank: int = 0
    rules: list[_Rule]


class _NoteKind(_Section):
    patterns: list[str]
    lead: str = ""
    value: str
    later: list[str] = []
    single: bool = False
    keyed: bool = False
    swap: bool = False
    antecedent: str | None = None
    after: str | None = None
    replaces: str | None = None
    never: list[str] = []


class _Document(_Section):
    contractions: dict[str, str]
    reflections: dict[str, str]
    synonyms: dict[str, list[str]]
    questions: list[str]
    stopwords: list[str]
    adjectives: list[str]
    commands: dict[str, str]
    lines: dict[str, list[str]]
    notes: dict[str, list[_NoteKind]]
    keywords: list[_Keyword] = Field(min_length=1)


class Rule:
    """When a clause looks so, say one of these, or do something. ``rank``: how much it matters; the highest is used.

    ``often``: it is meant for things people say again and again.
    """

    def __init__(self, form: _Rule, *, rank: int, synonyms: Mapping[str, Sequence[str]]) -> None:
        sources = [form.match] if isinstance(form.match, str) else form.match
        self.patterns = tuple(Pattern(source, synonyms) for source in sources)
        self.rank = rank if form.rank is None else form.rank
        self.say: Sequence[str] = form.say
        self.do = form.do
        self.of: Sequence[str] = form.of
        self.empty: Sequence[str] = form.empty
        self.then: Sequence[str] = form.then
        self.after = form.after
        self.noted = form.noted
        self.often = form.often or form.do is not None or bool(form.then)

    def match(self, clause: str) -> tuple[str, ...] | None:
        """What the first fitting pattern's wildcards stand for."""
        return next((found for pattern in self.patterns if (found := pattern.match(clause)) is not None), None)


class NoteRule:
    """When the user says this, note it: ``value`` (with what was captured), told later after ``lead``."""

    def __init__(self, kind: str, form: _NoteKind, synonyms: Mapping[str, Sequence[str]]) -> None:
        self.kind = kind
        self.patterns = tuple(Pattern(source, synonyms) for source in form.patterns)
        self.lead = form.lead
        self.value = form.value
        self.later: Sequence[str] = form.later
        self.single = form.single
        self.keyed = form.keyed
        self.swap = form.swap
        self.antecedents = frozenset(synonyms[form.antecedent]) if form.antecedent else None
        self.after = form.after
        self.replaces = form.replaces
        self.never = frozenset(form.never)

    def match(self, clause: str) -> tuple[str, ...] | None:
        """What was captured, unless it is something that is never meant so."""
        for pattern in self.patterns:
            found = pattern.match(clause)
            if found is not None and not self.never & {word for part in found for word in part.lower().split()}:
                return found
        return None


class Script:
    """Everything the companion knows to say. Raises ConfigError that names what is wrong."""

    def __init__(self, content: object) -> None:
        try:
            document = _Document.model_validate(content)
            synonyms = document.synonyms
            self.rules = tuple(
                (frozenset(_words(keyword.words, synonyms)), Rule(form, rank=keyword.rank, synonyms=synonyms))
                for keyword in document.keywords
                for form in keyword.rules
            )
            self.notes = tuple(
                NoteRule(kind, form, synonyms) for kind, forms in document.notes.items() for form in forms
            )
        except (ValidationError, ValueError) as error:
            raise ConfigError(f"the companion's script: {error}") from error
        self.contractions: Mapping[str, str] = document.contractions
        self.reflections: Mapping[str, str] = document.reflections
        self.questions = frozenset(document.questions)
        self.stopwords = frozenset(document.stopwords)
        self.adjectives = frozenset(document.adjectives)
        self.kin = frozenset(
            word
            for group in KIN
            for phrase in synonyms.get(group, ())
            for word in phrase.split()
            if word not in self.adjectives
        )
        self.commands: Mapping[str, str] = document.commands
        self.clauses = lru_cache(maxsize=REMEMBERED)(self._clauses)
        self.fitting_notes = lru_cache(maxsize=REMEMBERED)(self._fitting_notes)
        self.lines: Mapping[str, Sequence[str]] = document.lines

    def _clauses(self, text: str) -> tuple[Clause, ...]:
        """The clauses of a message."""
        return clauses_of(text, self.contractions)

    def _fitting_notes(self, clause: str) -> tuple[tuple[NoteRule, tuple[str, ...]], ...]:
        """The note rules that fit a clause, with what they capture, in the order of the script."""
        text = TAIL.sub("", OPENING.sub("", clause))
        return tuple((rule, found) for rule in self.notes if (found := rule.match(text)) is not None)


@cache
def own_script() -> Script:
    """The script that ships with the companion."""
    return read_script(files(__package__).joinpath("script.yaml").read_text(encoding="utf-8"))


def read_script(text: str) -> Script:
    """A script from YAML. Raises ConfigError."""
    try:
        content: Any = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes texts only, so that yes and no stay words
    except yaml.YAMLError as error:
        raise ConfigError(f"the companion's script is not YAML: {error}") from error
    return Script(content)


def _words(words: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> list[str]:
    """The words that call a keyword: "@group" stands for the first word of each phrase of the group."""
    return [
        phrase.split()[0].lower()
        for word in words
        for phrase in (synonyms[word[1:]] if word.startswith("@") else [word])
    ]
