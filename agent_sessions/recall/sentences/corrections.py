"""Changes of mind: "Tuesday, actually no, make that Thursday", "sorry, I meant June 5", "just kidding"."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from agent_sessions.recall.dates.finding import find_dates
from agent_sessions.recall.dates.words import NUMBERS

_TURN = (
    r"(?:actually|no|nope|wait|sorry|oops|whoops|correction|scratch that|hang on|hold on|my bad|"
    r"my mistake|or rather|rather)"
)
_MEANT = r"(?:i meant(?: to say)?|i mean|make (?:that|it)|it's|it is|that's|it should be|should be)"
_WITHIN = re.compile(
    rf"[\s,.;–—-]+(?:(?:{_TURN}|i meant?)[\s,.!]+)+(?:{_MEANT}\s+)?(?P<right>[^,.!?]{{1,60}})", re.IGNORECASE
)
_LATER = re.compile(
    rf"^(?:oh|ah|ugh)?[\s,.!]*(?P<turn>(?:{_TURN}[\s,.!]+)*)(?P<meant>{_MEANT}\s+)?(?P<right>[^?]{{1,70}})$",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"^(?:lol |haha |nah |no )*(?:just kidding|jk|kidding|i'm kidding|i was (?:just )?(?:joking|kidding)|"
    r"scratch that|never ?mind(?: that)?|forget (?:that|it|i said that|what i said)|"
    r"ignore that|that was a joke|i made that up|that's not true)\b.{0,20}$",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"^(?:I|my|we|our|he|she|they)\b", re.IGNORECASE)
_NUMBER = re.compile(rf"\b(?:\d[\d,.]*|{'|'.join(word for word in NUMBERS if len(word) > 2)})\b", re.IGNORECASE)
_CAPITAL = re.compile(r"\b[A-Z][\w']*(?: [A-Z][\w']*)*")
_PREPOSITION = re.compile(r"(?:on|in|by|since|until|from|at)\s+", re.IGNORECASE)
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def takes_back(sentence: str) -> bool:
    """Whether the sentence unsays what was said just before."""
    return bool(_TAKEN_BACK.match(sentence))


def settled(sentence: str) -> str:
    """A sentence in which the speaker changes their mind, as they ended up saying it."""
    match = _WITHIN.search(sentence)
    if not match or match.start() < 5 or not re.search(rf"\b(?:{_TURN}|i meant?)\b", match[0], re.IGNORECASE):
        return sentence
    before, right, after = sentence[: match.start()], match["right"].strip(), sentence[match.end() :]
    if _WHOLE.match(right):
        return right + after
    changed = corrected(before, right)
    return f"{changed}{after}" if changed else sentence


def correction_in(sentence: str) -> tuple[str, bool] | None:
    """What a sentence puts right of something said before: the right words, and whether they are a whole clause."""
    match = _LATER.match(sentence)
    if not match or not (match["turn"] or (match["meant"] or "").lower().startswith(("i meant", "make"))):
        return None
    right = match["right"].strip(" .!,")
    if _WHOLE.match(right):
        return right, True
    return (right, False) if len(right.split()) <= 6 and (match["meant"] or _is_value(right)) else None


def _is_value(right: str) -> bool:
    return (
        bool(find_dates(right, said_at=_ANY_DAY) or _NUMBER.match(right) or _CAPITAL.match(right))
        and len(right.split()) <= 4
    )


def corrected(clause: str, right: str) -> str | None:
    """The clause with the right words in the place of the wrong ones: a date for a date, a number for a number, a name
    for a name. None when there is nothing in it that they could stand for."""
    wrong = _dates_in(clause), _dates_in(right)
    if wrong[0] and wrong[1]:
        begin, end = wrong[0][-1]
        led = _PREPOSITION.match(clause[begin:end])
        return clause[:begin] + (led[0] if led and not _PREPOSITION.match(right) else "") + right + clause[end:]
    for pattern in (_NUMBER, _CAPITAL):
        places = [match for match in pattern.finditer(clause) if match[0] not in ("I", "My", "I'm", "We", "I've")]
        if places and pattern.match(right):
            return clause[: places[-1].start()] + right + clause[places[-1].end() :]
    return None


def _dates_in(text: str) -> list[tuple[int, int]]:
    return [span.text_span for span in find_dates(text, said_at=_ANY_DAY)]
