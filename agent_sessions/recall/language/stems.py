"""Folds the forms of an English word into one: regular endings by rule, irregular forms by table.

The rules are those of the Porter2 (Snowball English) stemmer as its author describes them at
https://snowballstem.org/algorithms/english/stemmer.html. Words of other alphabets pass unchanged.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agent_sessions.recall.language.irregular import IRREGULAR

_VOWELS = "aeiouy"
_DOUBLES = frozenset(("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"))
_LI_ENDINGS = frozenset("cdeghkmnrt")
_REGION = re.compile(r"[aeiouy][^aeiouy]")
_LONG_PREFIXES = ("gener", "commun", "arsen")
_ASCII_WORD = re.compile(r"[a-z']+")
_DISTINCT_WORDS = 200_000
"""Words remembered with their stem, over all users; a bound on memory, far above an active vocabulary."""

# What the rules would fold wrongly: kept as they are, or sent where they belong.
_EXCEPTIONS = {
    "skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl", "gently": "gentl",
    "ugly": "ugli", "early": "earli", "only": "onli", "singly": "singl", "sky": "sky", "news": "news", "howe": "howe",
    "atlas": "atlas", "cosmos": "cosmos", "bias": "bias", "andes": "andes", "inning": "inning", "outing": "outing",
    "canning": "canning", "herring": "herring", "earring": "earring", "evening": "evening", "proceed": "proceed",
    "exceed": "exceed", "succeed": "succeed", "university": "universiti", "universe": "univers", "organ": "organ",
    "organic": "organic", "wedding": "wed", "general": "general", "policy": "polici", "police": "polic",
}  # fmt: skip

_STEP_2 = (
    ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
    ("tional", "tion"), ("biliti", "ble"), ("lessli", "less"), ("entli", "ent"), ("ation", "ate"), ("alism", "al"),
    ("aliti", "al"), ("ousli", "ous"), ("iviti", "ive"), ("fulli", "ful"), ("enci", "ence"), ("anci", "ance"),
    ("abli", "able"), ("izer", "ize"), ("ator", "ate"), ("alli", "al"), ("bli", "ble"),
)  # fmt: skip
_STEP_3 = (
    ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"),
    ("ness", ""), ("ful", ""),
)  # fmt: skip
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "al", "er",
    "ic",
)  # fmt: skip


@lru_cache(maxsize=_DISTINCT_WORDS)
def stem(word: str) -> str:
    """The stem of a lower-case word; equal for the forms of one word, not necessarily a word itself."""
    word = IRREGULAR.get(word, word)
    known = _EXCEPTIONS.get(word)
    if known is not None:
        return known
    if len(word) < 3 or not _ASCII_WORD.fullmatch(word):
        return word
    return _by_rule(word)


def _by_rule(word: str) -> str:
    word = _mark_consonant_y(word)
    first = _first_region(word)
    second = _region_after(word, first)
    word = _plural(word)
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    word = _past_and_gerund(word, first)
    word = _final_y(word)
    word = _derivation(word, first, second)
    word = _residue(word, second)
    return _final_e_or_l(word, first, second).lower()


def _mark_consonant_y(word: str) -> str:
    """Write a ``y`` that is a consonant (at the start, after a vowel) as ``Y``."""
    if "y" not in word:
        return word
    if word[0] == "y":
        word = "Y" + word[1:]
    return re.sub(r"([aeiouy])y", r"\1Y", word)


def _first_region(word: str) -> int:
    for prefix in _LONG_PREFIXES:
        if word.startswith(prefix):
            return len(prefix)
    return _region_after(word, 0)


def _region_after(word: str, start: int) -> int:
    """Where the part after the first non-vowel that follows a vowel begins, looking from ``start``."""
    found = _REGION.search(word, start)
    return found.end() if found else len(word)


def _has_vowel(part: str) -> bool:
    return any(letter in _VOWELS for letter in part)


def _ends_in_short_syllable(word: str) -> bool:
    if len(word) == 2:
        return word[0] in _VOWELS and word[1] not in _VOWELS
    return word[-1] not in "aeiouywxY" and word[-2] in _VOWELS and word[-3] not in _VOWELS


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")) and _has_vowel(word[:-2]):
        return word[:-1]
    return word


def _past_and_gerund(word: str, first: int) -> str:
    for ending in ("eedly", "eed"):
        if word.endswith(ending):
            return word[: -len(ending)] + "ee" if len(word) - len(ending) >= first else word
    for ending in ("ingly", "edly", "ing", "ed"):
        if word.endswith(ending):
            kept = word[: -len(ending)]
            return _mend(kept, first) if _has_vowel(kept) else word
    return word


def _mend(kept: str, first: int) -> str:
    """Put back what an ending took: hop(p)-ed, hop(e)-ing."""
    if kept.endswith(("at", "bl", "iz")):
        return kept + "e"
    if kept[-2:] in _DOUBLES:
        return kept[:-1]
    if len(kept) >= 2 and first >= len(kept) and _ends_in_short_syllable(kept):
        return kept + "e"
    return kept


def _final_y(word: str) -> str:
    if len(word) > 2 and word[-1] in "yY" and word[-2] not in _VOWELS:
        return word[:-1] + "i"
    return word


def _derivation(word: str, first: int, second: int) -> str:
    word = _shorten(word, _STEP_2, first)
    if word.endswith("ogi") and len(word) - 3 >= first and word[-4:-3] == "l":
        word = word[:-1]
    elif word.endswith("li") and len(word) - 2 >= first and word[-3:-2] in _LI_ENDINGS:
        word = word[:-2]
    word = _shorten(word, _STEP_3, first)
    if word.endswith("ative") and len(word) - 5 >= second:
        word = word[:-5]
    return word


def _shorten(word: str, rules: tuple[tuple[str, str], ...], region: int) -> str:
    for ending, kept in rules:
        if word.endswith(ending):
            return word[: -len(ending)] + kept if len(word) - len(ending) >= region else word
    return word


def _residue(word: str, second: int) -> str:
    for ending in _STEP_4:
        if word.endswith(ending):
            return word[: -len(ending)] if len(word) - len(ending) >= second else word
    if word.endswith("ion") and len(word) - 3 >= second and word[-4:-3] in ("s", "t"):
        return word[:-3]
    return word


def _final_e_or_l(word: str, first: int, second: int) -> str:
    length = len(word) - 1
    if word.endswith("e"):
        long_enough = length >= second
        if long_enough or (length >= first and not (length >= 2 and _ends_in_short_syllable(word[:-1]))):
            return word[:-1]
    elif word.endswith("ll") and length >= second:
        return word[:-1]
    return word
