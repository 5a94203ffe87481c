"""What a clause tells after its subject, in the form the judges of verbs take it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent_sessions.recall.language.words import is_adverb

DEICTIC = re.compile(
    r"^(?:it|that|this|these|those|them|you|how|what|when|his|your|to see|to hear|to know|to think|to say|to be able|"
    r"the (?:way|idea|fact|sound|part|point|look|first|second|last|other|same)|(?:this|that|these|those) \w+)\b",
    re.IGNORECASE,
)
"""An object that points at something said before."""
SOLID = re.compile(r"\b(?:my|our|their)\b|[A-Z]\w|\d")
"""An object that names something of the user's, a proper name, or a number."""


@dataclass(frozen=True, slots=True)
class Told:
    """The verb in base form, the words after it, and what else bears on the verdict.

    ``dated``: the clause named a date. ``technical``: the message holds code.
    """

    verb: str
    after: list[str]
    dated: bool
    technical: bool
    negated: bool = False
    past: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.after)

    def of(self, verb: str, after: list[str], *, past: bool = False) -> Told:
        """The same clause, taken from a later verb on."""
        return Told(verb, after, self.dated, self.technical, self.negated, past)


Judge = Callable[[Told], str | None]
"""Gives the reason a clause makes no memory, or None when it makes one; the reasons are those of ``screening``."""


def without_adverbs(words: list[str]) -> list[str]:
    """Drops adverbs before the verb, and "no longer"."""
    position = 0
    while position < len(words) and (is_adverb(words[position].lower()) or words[position].lower() in ("no", "longer")):
        position += 1
    return words[position:]
