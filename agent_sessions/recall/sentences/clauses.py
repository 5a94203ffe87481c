"""Cuts a sentence into clauses that each say one thing: "I'm a nurse and I live in Leeds" into two.

A clause that leaves out a subject said before gets it back ("... and live in Leeds" becomes "I live in Leeds").
Knows nothing of what is a fact and what is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_sessions.recall.language.verbs import is_finite
from agent_sessions.recall.language.words import words_in

if TYPE_CHECKING:
    from agent_sessions.recall.sentences.prose import Sentence

_SUBJECT = (
    r"(?:I\b|we(?:'\w+)?\b|my\b|our\b|me and\b|he(?:'s)?\b|she(?:'s)?\b|they(?:'re)?\b|it(?:'s)?\b|everyone\b|"
    r"everybody\b|"
    r"there(?:'s)?\b|that(?:'s)\b|this is\b|you(?:'re)?\b|any\b)"
)
_ASKING = (
    r"(?:can|could|would|will|do|does|did|is|are|should|shall|may) (?:you|I|we|it|there|that|this|he|she|"
    r"they)\b|(?:what|how|why|where|which|who|when)"
    r"(?:'s|'re|'d)?(?: (?:\w+ )?(?:do|does|did|can|could|should|would|is|are|am|will|about|kind|type|if)\b|"
    r"'s\b)|any (?:ideas?|advice|tips|suggestions?|"
    r"recommendations?|thoughts)|is (?:there|it|that)|are there|right\b|got any|please\b|(?:help|tell|give|show|"
    r"suggest|recommend) me"
)
_BREAK = re.compile(
    rf"(?=[\s,;—…])(?:\s*,?\s+(?:and|but|so|plus|yet|also|and also|and then|so that's why|which means)\s+"
    rf"(?=(?:also |now |then |actually |recently |last \w+ )?{_SUBJECT}|{_ASKING})"
    rf"|\s*,\s+(?:and\s+)?(?=(?:also |now |then )?{_SUBJECT}|{_ASKING})"
    r"|\s*;\s+|\s+[-–—]+\s+|\s*—\s*|\s+…\s*"
    rf"|\s*,?\s+(?:so|and|but)\s+(?=(?:no|please|don't)\b))",
    re.IGNORECASE,
)
# "and live in Leeds": verbs of standing facts that take over the subject of the clause before
_SHARED = re.compile(
    r"\s*,?\s+(?:and|but|or)\s+(?P<verb>(?:(?:also|currently|now|usually|always|never|still|really|mostly|"
    r"just) )?(?:live|work|have|am|love|like|hate|"
    r"enjoy|prefer|play|study|take|speak|own|drive|eat|weigh|run|teach|collect|volunteer|go to|go by|dislike|"
    r"can't|don't|haven't|'ve|'m)) (?=\w)"
)
_OPENS_WITH = re.compile(
    r"^(?:when|while|after|before|until|once|whenever|as soon as|by the time|every time|growing up|although|"
    r"even though|though)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"^(?:since|because|as|given that|considering(?: that)?|seeing as|now that) (?=(?:I|we|my|our)\b)", re.IGNORECASE
)
_SECOND_SUBJECT = re.compile(r"(?<=\w) (?=(?:I|we|my)\b)(?<!and )(?<!that )(?<!when )")
_AS_A = re.compile(r"^(?:as|being) (?P<what>an? [^,]{2,60}?),? (?=(?:I|my|we)\b)", re.IGNORECASE)
_AS_A_ALONE = re.compile(r"^as (?P<what>an? [^,]{2,60})$", re.IGNORECASE)
_WHO = re.compile(
    r"^(?P<who>(?:my|our) [\w' -]{2,40}?),? who(?P<is>'s)? (?P<side>[^,]{3,80}), (?P<main>.+)$", re.IGNORECASE
)
# "I'm not allergic to walnuts, it was hazelnuts": two facts, the second with the words of the first
_NOT_BUT = re.compile(
    r"\b(?P<is>I'm|I am) not (?P<at>\w+ (?:to|in|from|at|of) )(?P<wrong>[^,]+?),? (?:it was|it's|it is|but|rather) "
    r"(?:to )?(?P<right>[\w' -]+)$",
    re.IGNORECASE,
)
_BOTH = r"\g<is> not \g<at>\g<wrong>; \g<is> \g<at>\g<right>"
_I_STATE = re.compile(r"^(?:I|we)\b(?!'d)(?! (?:want|plan|would|might|could|hope|wish|used)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a sentence.

    ``asks``: it is the questioning part. ``supposed``: it or its sentence says "if". ``continues``: it is not the first
    of its sentence, so that "she" may mean whom the clause before spoke of.
    """

    text: str
    asks: bool = False
    supposed: bool = False
    continues: bool = False


_IF = re.compile(
    r"^(?:yeah,? right|as if|what if|if|unless|suppose|supposing|imagine|assuming|pretend|let's say|say)\b|"
    r"\b(?:if|unless) (?:I|we|it|my|you|they|that's|that)\b",
    re.IGNORECASE,
)
_QUESTION_START = re.compile(
    rf"^(?:so |and |but |also |hey |hi |ok |okay |then )*(?:{_ASKING}|do |does |did |is |are |am |was |were |"
    rf"should |can |could |would |will |have you|has |what|how|why|where|which|who|whose|when (?:is|are|do|did|"
    rf"will|was|should|can))",
    re.IGNORECASE,
)


def clauses_of(sentence: Sentence) -> list[Clause]:
    supposed = bool(_IF.search(sentence.text))
    texts = [part for piece in _joined(_pieces(_NOT_BUT.sub(_BOTH, sentence.text))) for part in _expanded(piece)]
    return [
        Clause(text, _is_question(text, sentence, last=position == len(texts) - 1), supposed, position > 0)
        for position, text in enumerate(texts)
    ]


def _is_question(text: str, sentence: Sentence, *, last: bool) -> bool:
    return bool(_QUESTION_START.match(text)) or (last and sentence.asks)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Parts of the sentence, each with the joint that stands before it."""
    pieces: list[tuple[str, str]] = []
    start, joint = 0, ""
    for match in _BREAK.finditer(text):
        pieces.append((joint, text[start : match.start()]))
        start, joint = match.end(), match[0]
    pieces.append((joint, text[start:]))
    return pieces


def _joined(pieces: list[tuple[str, str]]) -> list[str]:
    """Puts together again what was cut though no clause of its own: "my mum | and my dad live here"."""
    whole: list[str] = []
    for joint, text in pieces:
        if whole and not _parts(whole[-1], joint, text=text):
            whole[-1] += joint + text
        elif text.strip():
            whole.append(text)
    return [text.strip(" ,") for text in whole]


def _parts(before: str, joint: str, *, text: str) -> bool:
    if not before.strip() or (_OPENS_WITH.match(before) and "," in joint and not has_verb_pair(before)):
        return False
    if not has_verb(before) and not _ASKING_PART.match(text) and not _INTRO.match(before):
        return False
    return (
        has_verb(text)
        or bool(_ASKING_PART.match(text))
        or bool(_REFUSAL.match(text))
        or not joint.strip(" ,").isalpha()
    )


_ASKING_PART = re.compile(_ASKING, re.IGNORECASE)
_REFUSAL = re.compile(r"^(?:no|please|don't)\b", re.IGNORECASE)
_INTRO = re.compile(
    r"^(?:as|being) an?\b|^(?:hi|hey|hello|yes|no|yeah|thanks|thank you|wow|oh|congrats|well)\b", re.IGNORECASE
)


def has_verb(text: str) -> bool:
    words = words_in(text)
    if any("'" in word and word.lower().split("'")[1] in ("m", "ve", "re", "ll", "d") for word in words):
        return True
    if words and words[0].lower().endswith("'s"):
        return True
    return any(is_finite(word.lower()) for word in words[1:])


def has_verb_pair(text: str) -> bool:
    """ "When I moved, I ..." holds one clause before the comma; "When I moved I loved it" two already."""
    return len(re.findall(r"\b(?:I|we)\b", text)) > 1


def _expanded(text: str) -> list[str]:
    """Clauses hidden in one: "As a teacher, I ...", "since I'm vegan", "my sister, who ..., is", "and live in ..."."""
    if given := _GIVEN.match(text):
        return [part for piece in _SECOND_SUBJECT.split(text[given.end() :], maxsplit=1) for part in _shared(piece)]
    if alone := _AS_A_ALONE.match(text):
        return [f"I am {alone['what']}"]
    if role := _AS_A.match(text):
        return [f"I am {role['what']}", *_shared(text[role.end() :])]
    if who := _WHO.match(text):
        verb = "is " if who["is"] else ""
        return [f"{who['who']} {verb}{who['side']}", f"{who['who']} {who['main']}"]
    return _shared(text)


def _shared(text: str) -> list[str]:
    subject = _I_STATE.match(text)
    cut = _SHARED.search(text) if subject else None
    if not subject or not cut or re.search(r"\bto [a-z]+\b|\b(?:who|that|which)\b", text[: cut.start()]):
        return [text]
    verb = cut["verb"].replace("'ve", "have").replace("'m", "am")
    return [text[: cut.start()], *_shared(f"{subject[0]} {verb} {text[cut.end() :]}")]
