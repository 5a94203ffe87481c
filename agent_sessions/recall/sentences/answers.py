"""Makes a whole sentence of a short answer: "Where do you live?" "Berlin" becomes "I live in Berlin"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent_sessions.recall.language.verbs import base_of
from agent_sessions.recall.language.wording import straight
from agent_sessions.recall.sentences.clauses import has_verb

if TYPE_CHECKING:
    from agent_sessions.recall.sentences.prose import Sentence

_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|sure|i do|i am|i have|indeed|correct|definitely|absolutely)\b[\s,!.]*", re.IGNORECASE
)
_NO = re.compile(r"^(?:no|nope|nah|not really|i don't|i'm not|i haven't|never)\b[\s,!.]*", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:um+|uh+|well|oh|it's|its|it is|they're|that's|that would be|probably|i guess|mostly|just)\b[\s,]*",
    re.IGNORECASE,
)
_TASTE = r"favou?rite (?P<of>[\w -]{2,30})"
_NAMED = r"(?:dog|cat|pet|wife|husband|partner|son|daughter|brother|sister|baby|boss)"
_OWNED = r"(?:pets|kids|children|siblings|dogs|cats|brothers or sisters|hobbies)"
_OPEN = tuple(
    (re.compile(pattern, re.IGNORECASE), sentence)
    for pattern, sentence in (
        (
            r"\bwhat(?:'s| is) your name\b|\bwhat (?:should|can|do) i call you\b|\bmay i (?:have|ask) your name\b",
            "My name is {x}",
        ),
        (
            r"\bwhere (?:do you live|are you (?:living|based|located))\b|\bwhich city (?:do you live|are you) in\b",
            "I live in {x}",
        ),
        (r"\bwhere are you (?:originally )?from\b", "I'm from {x}"),
        (r"\bwhere do you work\b|\bwho do you work for\b", "I work at {x}"),
        (r"\bwhat do you do(?: there| for (?:a living|work))?$", "I work as {x}"),
        (r"\bwhat(?:'s| is) your (?:job|occupation|profession)\b", "I work as {x}"),
        (
            r"\bwhat(?: are you| do you) (?:studying|study|major(?:ing)? in)\b|\bwhat(?:'s| is) your major\b",
            "I'm studying {x}",
        ),
        (r"\bhow old are you\b|\bwhat(?:'s| is) your age\b", "I'm {x} years old"),
        (r"\bwhen(?:'s| is) your birthday\b", "My birthday is {x}"),
        (rf"\bwhat(?:'s| is| are) your {_TASTE}$", "My favorite {of} is {x}"),
        (rf"\bdo you have an? {_TASTE}$", "My favorite {of} is {x}"),
        (r"\ballerg(?:ies|ic)\b", "I'm allergic to {x}"),
        (rf"\bwhat(?:'s| is) your (?P<of>{_NAMED}'?s? name)\b", "My {of} is {x}"),
        (r"\bwhat languages do you speak\b", "I speak {x}"),
        (rf"\bdo you have (?:any |a |an )?(?P<of>{_OWNED})\b", "I have {x}"),
    )
)
_CLOSED = re.compile(
    r"^(?:(?:so|and|oh|also|by the way|just curious)[\s,]+)*(?P<aux>do|are|have|were|did) you (?:ever )?(?P<rest>.+)$",
    re.IGNORECASE,
)
_ABOUT_TALK = re.compile(
    r"\b(?:me|i|this|that|it|these|those|them|there|sure|ready|okay|ok|looking for|interested in (?:hearing|"
    r"knowing)|(?:questions?|preferences?|ideas?|thoughts|plans?|"
    r"specific|particular|need|want|mean|think|know|understand|see|remember|agree|like to|feel)(?= |$))\b",
    re.IGNORECASE,
)
_WITHOUT_ANY = re.compile(r"\bany (?=\w)", re.IGNORECASE)
_AFTER_QUESTION = 120
"""Characters; a question with more said after it is not what the user answers."""
_LONGEST_ANSWER = 9


def asked_in(text: str) -> str | None:
    """The last question of what the assistant said, without its mark; None when it ended on none."""
    return straight(last_question(text) or "") or None if len(text) - text.rfind("?") < _AFTER_QUESTION else None


def last_question(text: str) -> str | None:
    """The last sentence of a text that ends in a question mark, without the mark."""
    end = text.rfind("?")
    if end < 0:
        return None
    return text[max(text.rfind(mark, 0, end) for mark in ".!?\n") + 1 : end].strip() or None


def completed(question: str, sentence: Sentence) -> str | None:
    """The user's answer as a sentence of its own, or None when it is none (or is whole already)."""
    answer = sentence.text.strip()
    if sentence.asks or len(answer.split()) > _LONGEST_ANSWER:
        return None
    said_yes, said_no = _YES.match(answer), _NO.match(answer)
    opened = said_yes or said_no
    rest = _OPENING.sub("", answer[opened.end() :] if opened else answer).strip(" ,!.")
    if rest.lower() in ("", "please", "thanks", "thank you", "any", "i do", "i am"):
        return _yes_or_no(question, yes=bool(said_yes)) if opened else None
    return None if said_no or has_verb(f"x {rest}") or has_verb(rest) else _open(question, rest)


def _open(question: str, answer: str) -> str | None:
    for pattern, sentence in _OPEN:
        if match := pattern.search(question):
            if "name" in sentence and (
                len(answer.split()) > 3 or not answer[:1].isupper() or answer.lower().startswith("the ")
            ):
                return None
            whole = sentence.format(x=answer, of=match.groupdict().get("of"))
            whole = whole.replace("work as a", "am a") if sentence.startswith("I work as") else whole
            return whole.replace(" years old years old", " years old")
    return None


def _yes_or_no(question: str, *, yes: bool) -> str | None:
    match = _CLOSED.match(question)
    if not match or _ABOUT_TALK.search(match["rest"]) or re.search(r"\bor\b", match["rest"]):
        return None
    auxiliary, rest = match["aux"].lower(), match["rest"].strip()
    if auxiliary == "do":
        return f"I {_WITHOUT_ANY.sub('', rest)}" if yes else f"I don't {rest}"
    if auxiliary == "did":
        return f"I did {rest}" if yes and base_of(rest.split(" ")[0]) else f"I didn't {rest}"
    own = {"are": "I'm", "have": "I've", "were": "I was"}[auxiliary]
    return f"{own} {_WITHOUT_ANY.sub('', rest)}" if yes else f"{own} {'never' if auxiliary == 'have' else 'not'} {rest}"
