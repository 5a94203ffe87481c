"""Taking what people type apart into clauses, and turning "my" into "your".

Knows English only, and nothing of what the clauses mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TEXT = 4_000
"""Characters of a message that are looked at: nobody says more in one breath, and matching stays quick."""
LONGEST_CLAUSE = 40
"""Words of a clause that are looked at."""

SENTENCE_END = re.compile(r"([.!?;\n]+)(?:\s+|$)")
INTERJECTION = (
    r"hi|hello|hey|yes|yeah|no|nope|well|ok|okay|oh|so|sorry|thanks|thank you|also|actually|anyway|by the way|please"
    r"|good (?:morning|afternoon|evening)|great|right|sure|cool|nice|hmm|look|listen"
)
STARTER = (
    r"i|my|we|our|you|your|he|she|they|it|there|that|this|what|how|why|where|when|who|can|could|do|does|did|is|are"
    r"|please|which|thanks|thank|nice|tell|let|would|will|should"
)
CLAUSE_END = re.compile(
    rf",\s+(?=(?:(?:and|but|so|then|because)\s+)?(?:{STARTER})\b)"
    r"|,?\s+(?=because\b)|,?\s+(?:but|although|though)\s+|\s+[-–—]+\s+|:\s+"
    r"|,?\s+(?:and|so)\s+(?=(?:i|my|we|you|he|she|they|it|can|could|what|how|who)\b)",
    re.IGNORECASE,
)
AFTER_INTERJECTION = re.compile(rf"^((?:{INTERJECTION})(?:\s+(?:there|again|all))?),?\s+(?=\S)", re.IGNORECASE)
OPENING = re.compile(
    r"^(?:(?:well|and|but|so|also|actually|honestly|then|yes|no|oh|because|hi|hello|hey)\s+)+(?=\S)", re.IGNORECASE
)
TAIL = re.compile(
    r"(?<=\S)(?:\s+(?:a lot|very much|so much|too|as well|really|though|any more|anymore|any longer|these days"
    r"|at the moment|lately|again|actually|right now|now|today|by the way))+$",
    re.IGNORECASE,
)
"""What may stand around a statement and is no part of it."""
BREAKS_ALONE = re.compile(r"(?:hi|hello|hey|yes|no|thanks|thank you|good)\b", re.IGNORECASE)
"""Interjections that end without a comma, too: "hello my name is Sam"."""
EDGES = "\"'`()[]{}<>,.!?;:*_~"


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a message that says one thing. ``question``: its sentence ended with a question mark."""

    text: str
    question: bool = False

    @property
    def words(self) -> list[str]:
        """Its words in lower case."""
        return self.text.lower().replace(",", "").split()


def clauses_of(text: str, contractions: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses of a message in order, short forms written out ("I'm" as "I am")."""
    plain = _expanded(text[:LONGEST_TEXT].replace("’", "'").replace("‘", "'"), contractions)
    return tuple(
        Clause(words, question)
        for sentence, question in _sentences(plain)
        for piece in _pieces(sentence)
        if (words := _clean(piece))
    )


def reflected(text: str, reflections: Mapping[str, str]) -> str:
    """The text from the other side: "my mother and me" becomes "your mother and you"."""
    words = text.split()
    turned: list[str] = []
    at = 0
    while at < len(words):
        pair = " ".join(words[at : at + 2]).lower()
        if " " in pair and pair in reflections:
            turned.append(reflections[pair])
            at += 2
            continue
        word = words[at]
        turned.append(reflections.get(_place_of_you(word, at=at, last=len(words) - 1), word))
        at += 1
    return " ".join(turned)


def _place_of_you(word: str, *, at: int, last: int) -> str:
    """ "you" that is spoken to ends a phrase ("I like you"); "you" that acts begins one ("you are")."""
    lowered = word.lower()
    return "you." if lowered == "you" and at == last and at > 0 else lowered


def _expanded(text: str, contractions: Mapping[str, str]) -> str:
    def written_out(found: re.Match[str]) -> str:
        full = contractions[found[0].lower()]
        return full[0].upper() + full[1:] if found[0][0].isupper() else full

    return re.sub(rf"\b({'|'.join(map(re.escape, contractions))})\b", written_out, text, flags=re.IGNORECASE)


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for end in SENTENCE_END.finditer(text):
        yield text[start : end.start()], "?" in end[1]
        start = end.end()
    yield text[start:], False


def _pieces(sentence: str) -> Iterator[str]:
    rest = sentence.strip()
    while opening := AFTER_INTERJECTION.match(rest):
        if "," not in opening[0] and not BREAKS_ALONE.match(opening[1]):
            break
        yield opening[1]
        rest = rest[opening.end() :]
    yield from CLAUSE_END.split(rest)


def _clean(piece: str) -> str:
    """The words without what stands at their edges; commas between words stay."""
    bare = [(word.strip(EDGES), word.endswith(",")) for word in piece.split()]
    words = [f"{word}," if comma else word for word, comma in bare if word]
    return " ".join(words[:LONGEST_CLAUSE]).rstrip(",")
