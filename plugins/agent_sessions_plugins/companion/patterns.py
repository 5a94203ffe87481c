"""The pattern language of the script, as regular expressions.

A pattern is a row of words that must make up a whole clause. Besides plain words (in any case):

``*``       any words, or none (captured)
``+``       one word or more (captured)
``_``       one word (captured)
``%``       one or two words that begin with a capital (captured)
``@group``  a word or phrase of a synonym group (captured); ``@group's`` with an "'s" at its end
``(a|b)``   one of these, each one word or more; ``(a|)`` may be left out (not captured)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOKEN = re.compile(r"\([^)]*\)|\S+")

END = ",? "
ANY = r"((?:\S+ )*?)"
SOME = r"((?:\S+ )+?)"
ONE = r"(\S+ )"
CAPITALISED = r"((?-i:(?:(?!I )[A-ZÀ-ÖØ-Þ]\S* ){1,2}))"
WILDCARDS = {"*": ANY, "+": SOME, "_": ONE, "%": CAPITALISED}


class Pattern:
    """One pattern, ready to be matched. Raises ValueError for a synonym group that does not exist."""

    def __init__(self, source: str, synonyms: Mapping[str, Sequence[str]]) -> None:
        self.source = source
        self._regex = re.compile("".join(_piece(token, synonyms) for token in TOKEN.findall(source)), re.IGNORECASE)

    def match(self, clause: str) -> tuple[str, ...] | None:
        """What the wildcards stand for, in order; None when the clause is something else."""
        found = self._regex.fullmatch(clause + " ")
        return None if found is None else tuple(capture.strip(" ,") for capture in found.groups(""))


def _piece(token: str, synonyms: Mapping[str, Sequence[str]]) -> str:
    if token in WILDCARDS:
        return WILDCARDS[token]
    if token.startswith("@"):
        group = token[1:].removesuffix("'s")
        if group not in synonyms:
            raise ValueError(f"there is no synonym group '{group}'")
        ending = "'s" if token.endswith("'s") else ""
        return f"({'|'.join(map(re.escape, _longest_first(synonyms[group])))}){ending}{END}"
    if token.startswith("("):
        return f"(?:{'|'.join(_words(phrase) for phrase in _longest_first(token[1:-1].split('|')))})"
    return _words(token)


def _words(phrase: str) -> str:
    """The words of a phrase, each with the comma it may have; nothing for one that may be left out."""
    return "".join(re.escape(word) + END for word in phrase.split())


def _longest_first(phrases: Sequence[str]) -> Sequence[str]:
    """So that "a lot of" goes before "a"."""
    return sorted((phrase.strip() for phrase in phrases), key=len, reverse=True)
