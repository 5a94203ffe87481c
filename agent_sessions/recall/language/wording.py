"""Sets what people type into plain spelling: straight quotes, whole contractions, no smileys, no laughter.

Only spelling changes here; what is said stays said.
"""

from __future__ import annotations

import re

from agent_sessions.recall.language.lexicon_files import pairs_of

_SPELLINGS = {left.lower(): right for left, right in pairs_of("spellings").items()}
_MISSPELT = re.compile(
    r"(?<![\w'./@#-])(?:" + "|".join(sorted(map(re.escape, _SPELLINGS), key=len, reverse=True)) + r")(?![\w'/@-])",
    re.IGNORECASE,
)
_SIGNED_WORD = re.compile(r"[\w']+")
_MISSPELT_HEADS = frozenset(_SIGNED_WORD.findall(word)[0] for word in _SPELLINGS)
"""First words of the misspelt ones: a text without any of these needs no search."""
_RIGHT = frozenset(_SPELLINGS.values())
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "…": "...", "İ": "I", "ı": "i", "ſ": "s"}
)
_SIGNS = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\u2190-\u21ff]|(?<!\\w)(?:[:;]['-]?[()DPp/|3*]+|<3|xD+|"
    "\\^\\^)(?!\\w)"
)
_FILLERS = re.compile(
    r"(?:\s*,\s*|\s*)\b(?=[lrohntifbykspo])(?:lol|lmao|rofl|omg|haha(?:ha)*|hehe|ha ha|tbh|ngl|"
    r"imo|imho|fyi|btw|by the way|you know|to be honest|"
    r"honestly|i mean|kinda|sorta|kind of|sort of|basically|literally|obviously|tho|pls|please|"
    r"of course)\b[.!]*(?=,|\s|$|[.!?;])\s*,?",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t]+")


def straight(text: str) -> str:
    """Straight quotes and plain spaces; lines stay."""
    return text.translate(_QUOTES)


def plain(text: str) -> str:
    """One line in plain spelling. Character offsets change."""
    text = _SIGNS.sub(" ", text.translate(_QUOTES))
    if _may_be_misspelt(text):
        text = _MISSPELT.sub(_spelt, text)
    return _SPACES.sub(" ", text).strip()


def _may_be_misspelt(text: str) -> bool:
    words = set(_SIGNED_WORD.findall(text)) - _RIGHT
    return not _MISSPELT_HEADS.isdisjoint(map(str.lower, words))


def without_fillers(text: str) -> str:
    """ "I'm kinda tired, lol" becomes "I'm tired"."""
    return _SPACES.sub(" ", _FILLERS.sub(" ", text)).strip(" ,")


def _spelt(match: re.Match[str]) -> str:
    right = _SPELLINGS[match[0].lower()]
    return right[0].upper() + right[1:] if match[0][0].isupper() and len(match[0]) > 1 else right
