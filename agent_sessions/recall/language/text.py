"""Cuts text into the terms that are indexed and searched: folded, stemmed, and in pairs where a script has no spaces.

Knows nothing of documents, of scores, or of which language a text is in; every decision is taken from the characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from agent_sessions.recall.language.stems import stem
from agent_sessions.recall.language.stopwords import STOP_WORDS

# Scripts written without spaces, or (Hangul) with particles glued to the word: cut into overlapping pairs.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana and iteration marks
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\uac00-\ud7af"  # Hangul
)
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u0f00-\u0fbc"
_PICTURES = "\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001f3fa\U0001f400-\U0001faff"
_ASCII_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|[a-z0-9]+(?:'[a-z0-9]+)*")
_TOKEN = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    rf"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?"
    rf"|(?:(?![{_UNSPACED}_])[\w{_MARKS}])+(?:'(?:(?![{_UNSPACED}_])[\w{_MARKS}])+)*"
    rf"|(?P<picture>[{_PICTURES}])"
)
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_QUOTES = str.maketrans("’‘ʼ＇", "''''")
_HYPHENATED = re.compile(r"\b[a-z]{1,12}(?:-[a-z]{1,12})+\b")
_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LONGEST_TERM = 40
_DISTINCT_WORDS = 200_000
_SURELY_SHORT = 120
"""Characters; a shorter text can hold neither more terms than an opening nor a block of code worth the name."""
OPENING = 120
"""Terms, about a page's first third."""


def fold(text: str) -> str:
    """Lower case, compatibility forms united, Latin, Greek and Cyrillic accents gone, apostrophes straight."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).casefold()


def words(text: str) -> list[str]:
    """The words as written, folded but neither stemmed nor filtered; a run of an unspaced script is one word."""
    folded = fold(text)
    pattern = _ASCII_TOKEN if folded.isascii() else _TOKEN
    return [match.group() for match in pattern.finditer(folded)]


def terms(text: str) -> list[str]:
    """What a document is found by, in order, repeats kept; stop words left out."""
    return _terms(text, single_han=True)


def opening_and_rest(text: str) -> tuple[list[str], list[str]]:
    """The terms a text opens with, and those that come only later or in a block of code, each once.

    What a message is about it says first; what a long answer or a listing repeats says little of it.
    """
    if len(text) < _SURELY_SHORT:
        return terms(text), []
    blocks = _CODE_BLOCK.findall(text) if "```" in text else ()
    prose = terms(_CODE_BLOCK.sub(" ", text) if blocks else text)
    opening = prose[:OPENING]
    rest = prose[OPENING:] + [term for block in blocks for term in terms(block)]
    known = set(opening) if rest else ()
    return opening, [term for term in dict.fromkeys(rest) if term not in known]


def query_terms(text: str) -> list[str]:
    """What to look for, each once, in order; of a run without spaces only the pairs, where it has any."""
    return list(dict.fromkeys(_terms(text, single_han=False)))


def _terms(text: str, *, single_han: bool) -> list[str]:
    folded = fold(text)
    compounds = _HYPHENATED.findall(folded) if "-" in folded else ()
    joined = [term_of_word(compound.replace("-", "")) for compound in compounds]
    if folded.isascii():
        found = [term_of_word(word) for word in _ASCII_TOKEN.findall(folded)]
    else:
        found = []
        for match in _TOKEN.finditer(folded):
            found += _of_match(match, single_han=single_han)
    return [term for term in found + joined if term]


def _of_match(match: re.Match[str], *, single_han: bool) -> list[str]:
    if match.lastgroup == "unspaced":
        return _pairs(match.group(), single_han=single_han)
    if match.lastgroup == "picture":
        return [match.group()]
    return [term_of_word(match.group())]


def _pairs(run: str, *, single_han: bool) -> list[str]:
    if len(run) == 1:
        return [run]
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    return pairs + _HAN.findall(run) if single_han else pairs


@lru_cache(maxsize=_DISTINCT_WORDS)
def term_of_word(word: str) -> str:
    """The term of one folded word; empty for a stop word."""
    if word in STOP_WORDS:
        return ""
    if word[0].isdigit():
        return _number(word)
    word = word.removesuffix("'s").replace("'", "")
    if word in STOP_WORDS or (len(word) == 1 and word.isascii()):
        return ""
    return stem(word)[:_LONGEST_TERM]


def _number(word: str) -> str:
    if _ORDINAL.fullmatch(word):
        return word[:-2]
    if "," in word:
        word = word.replace(",", "")
    return word[:_LONGEST_TERM]
