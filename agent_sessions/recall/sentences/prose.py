"""What of a message is the user's own talk: code, quotations, pasted texts and captions are taken out and counted.

Then the talk is cut into sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from agent_sessions.recall.language.wording import plain

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED_LINES = re.compile(r"(?m)^[ \t]*>.*$")
_CAPTIONS = re.compile(r"\[(?:image|photo|video|audio|file|sticker|gif|attachment)\b[^\]]*\]", re.IGNORECASE)
_LINKS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_CODE_LINES = re.compile(
    r"""(?m)^[ \t]*(?:File\s".*|at\s[\w$.]+\(.*|Traceback\b.*|[\w.]*(?:Error|Exception|Warning):.*|\$\s.*|"
    r"import\s[\w.{]+.*
    |from\s[\w.]+\simport.*|def\s\w+\(.*|class\s\w+.*[:{]|(?:const|let|var)\s\w+\s=.*|function\s\w*\(.*|return\s.*;
    |[\w.\[\]"']+\s?=\s?.*|</?\w+[^>]*>.*|[{}()\[\];,]+|[@#]\w+.*|"[\w-]+":.*
    |SELECT\s.*|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*)$""",
    re.VERBOSE,
)
_TASK = (
    r"(?:translate|proof-?read|re-?write|rephrase|reword|paraphrase|summari[sz]e|edit|correct|improve|polish|"
    r"shorten|simplify|"
    r"fix the grammar|grammar check|critique|reply to|respond to|feedback on|look over|review)"
)
# "Translate this: ..." and "Can you proofread my letter?" with a text under it: what follows is not said by the user.
_PASTED = re.compile(
    rf"\b(?=[tprsecifgl]){_TASK}\b(?:[^.!?:\n]{{0,80}}:\s*\S.*"
    rf"|[^.!?:\n]{{0,60}}\b(?:this|these|following|below|letter|essay|e-?mail|text|paragraph|draft|message|poem|story)\b"
    rf"[^.!?:\n]{{0,40}}[.?!]?\s*\n\s*\S.*|[^\"\n]{{0,40}}(?=\").*)",
    re.IGNORECASE | re.DOTALL,
)
_HERE_IT_IS = re.compile(
    r"\b(?:here(?:'s| is| are)|this is|below is)\b[^.!?\n]{0,80}?(?:letter|essay|draft|text|email|e-mail|"
    r"paragraph|story|poem|code|log|"
    r"statement|resume|cv|script|prompt|article|bio|message|abstract|report|outline|"
    r"summary)\b[^.!?:\n]{0,60}:?\s*\n.*|:\s*\n\n.{200,}",
    re.IGNORECASE | re.DOTALL,
)
_LETTER = re.compile(
    r"(?im)^\s*(?:dear|to whom it may concern|subject:).*?(?:(?:regards|sincerely|yours|best|cheers|"
    r"thanks),?\s*\n?.*$|\Z)",
    re.DOTALL,
)
_SPEECH = re.compile(r"\"([^\"\n]{2,})\"|(?<!\w)'([^'\n]+(?:'[a-z]+[^'\n]*)*)'(?!\w)")
_OWN_WORDS = re.compile(r"\b(?:I|I'm|me|my|we|our|you|your)\b")
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•·]|\d{1,2}[.)])[ \t]+")
_ENDS = re.compile(
    r"(?=[.!?;\n])(?<=[^\s.])(?<!\b[A-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\ba\.m)(?<!\bp\.m)"
    r"(?P<end>[.!?]+|\.\.\.)[\")\]]*(?=\s|$)|\n+|\.{2,}|(?P<semi>;)\s"
)
# Longer than anybody types in one message by hand; the head is read, the rest is a paste.
LONGEST_TALK = 6000


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in plain spelling, without its end mark."""

    text: str
    asks: bool


@dataclass(slots=True)
class Talk:
    """A message's sentences, and how often something else was left out, by reason."""

    sentences: list[Sentence] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def technical(self) -> bool:
        """Whether there was code in it: then what the user "tried" and "got" is about the code."""
        return bool(self.left_out["code"])


def talk_of(text: str) -> Talk:
    talk = Talk()
    for reason, pattern in (
        ("code", _FENCED),
        ("quoted", _QUOTED_LINES),
        ("attachment", _CAPTIONS),
        ("pasted", _LETTER),
        ("pasted", _HERE_IT_IS),
        ("pasted", _PASTED),
        ("code", _CODE_LINES),
    ):
        text = _without(text, pattern, talk=talk, reason=reason)
    text = plain(_LINKS.sub(" ", _BULLET.sub("", text[:LONGEST_TALK])).replace("`", ""))
    talk.sentences = _sentences(_without_speech(text, talk))
    return talk


def _without(text: str, pattern: re.Pattern[str], *, talk: Talk, reason: str) -> str:
    found, count = pattern.subn("\n", text)
    if count:
        talk.left_out[reason] += count
    return found


def _without_speech(text: str, talk: Talk) -> str:
    """Takes out quoted speech; a quoted title ("The Shallows") stays."""

    def spoken(match: re.Match[str]) -> str:
        inner = match[1] or match[2]
        if not (_OWN_WORDS.search(inner) or len(inner.split()) > 7):
            return match[0]
        talk.left_out["quoted"] += 1
        return " … "

    return _SPEECH.sub(spoken, text) if '"' in text or "'" in text else text


def _sentences(text: str) -> list[Sentence]:
    sentences: list[Sentence] = []
    start = 0
    for match in _ENDS.finditer(text):
        _keep(sentences, text[start : match.start()], asks="?" in match[0])
        start = match.end()
    _keep(sentences, text[start:], asks=False)
    return sentences


def _keep(sentences: list[Sentence], text: str, *, asks: bool) -> None:
    text = text.strip(" \t*_-–—:")
    if any(map(str.isalnum, text)):
        sentences.append(Sentence(text, asks))
