"""English verb forms, as far as turning "I live" into "User lives" needs them. Knows nothing of sentences."""

from __future__ import annotations

from functools import lru_cache

from agent_sessions.recall.language.lexicon_files import lines_of, sections_of

_ENTRIES = tuple(line.split() for line in lines_of("verbs"))
BASES = frozenset(entry[0] for entry in _ENTRIES)
IRREGULAR_PAST = frozenset(past for entry in _ENTRIES for past in entry[1:])
_SAME_IN_PAST = frozenset(entry[0] for entry in _ENTRIES if entry[0] in entry[1:])
_SPECIAL_THIRD = {
    "am": "is",
    "are": "is",
    "be": "is",
    "have": "has",
    "do": "does",
    "go": "goes",
    "were": "was",
    "ain't": "isn't",
}
_KINDS = sections_of("verb_kinds")
_UNCHANGED = frozenset(_KINDS["unchanged"])
_VOWELS = "aeiou"
AUXILIARIES = frozenset(_KINDS["auxiliaries"])


def past_of(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return base[:-1] + "ied"
    return base + "ed"


def third_person(verb: str) -> str:
    """The form that goes with "User": "live" gives "lives", "have" gives "has"; forms of the past stay as they are."""
    lower = verb.lower()
    if lower.endswith("n't"):
        return {"don't": "doesn't", "haven't": "hasn't", "aren't": "isn't", "weren't": "wasn't", "ain't": "isn't"}.get(
            lower, verb
        )
    if lower in _SPECIAL_THIRD:
        return _SPECIAL_THIRD[lower]
    if lower in _UNCHANGED or is_past(lower) or lower.endswith("ing"):
        return verb
    return third_of_base(lower)


def third_of_base(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        return base[:-1] + "ies"
    return base + "s"


@lru_cache(maxsize=8192)
def is_past(word: str) -> bool:
    if word in IRREGULAR_PAST:
        return True
    return word.endswith("ed") and word not in BASES and len(word) > 3


@lru_cache(maxsize=8192)
def is_finite(word: str) -> bool:
    """Whether a lower-case word can be the verb of a clause: an auxiliary, a known present form or a past form."""
    stem = word.removesuffix("n't") if word.endswith("n't") else word.split("'")[0]
    return stem in AUXILIARIES or word in BASES or word in THIRD_FORMS or is_past(word) or word in ("can't", "won't")


THIRD_FORMS = frozenset(third_of_base(base) for base in BASES) | {"is", "has", "does"}
_BASE_OF = {third_of_base(base): base for base in BASES} | {"is": "be", "has": "have", "does": "do"}
_BASE_OF |= {past: entry[0] for entry in reversed(_ENTRIES) for past in entry[1:]}


@lru_cache(maxsize=8192)
def base_of(word: str) -> str:
    """The base form of a known lower-case verb form ("lives", "moved", "living" give "live", "move", "live")."""
    if word in BASES or word in _BASE_OF:
        return _BASE_OF.get(word, word)
    for ending, adds in (("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e")):
        stem = word.removesuffix(ending)
        if stem != word:
            if stem + adds in BASES:
                return stem + adds
            if len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in BASES:
                return stem[:-1]
    return word
