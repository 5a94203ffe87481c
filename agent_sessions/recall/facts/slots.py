"""Reads a fact in the third person as a slot and its value: "User lives in Berlin" is user.residence = Berlin.

Slots are read off the words of a memory alone, so they hold for memories of any origin and need no storing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from agent_sessions.recall.facts.slot_patterns import ATTRIBUTE, FOR_LIFE, HATING, LIKING, PATTERNS, Holds, SlotPattern
from agent_sessions.recall.language.likeness import stems_of

__all__ = ["Holds", "Slot", "slot_of"]


@dataclass(frozen=True, slots=True)
class Slot:
    """``key`` names whose and what ("user.residence"); ``value`` is as written; a negated fact denies the value.

    ``ended`` tells that the fact says it is over ("no longer", "quit", "used to").
    """

    key: str
    value: str
    holds: Holds
    negated: bool = False
    ended: bool = False
    called: str = ""
    """What the slot is called in a question ("birthday")."""


_KIN = re.compile(
    r"^User(?: and their [\w'-]+(?: [A-Z]\w+)?)?(?:'s )?(?:best |older |younger |big |little |twin |oldest |"
    r"youngest |late )*"
)
_TRAILING = re.compile(
    r"(?:,? (?:now|anymore|any more|too|as well|these days|again|currently|already|instead|originally|sometimes|"
    r"right now))+$|"
    r",? (?:since|for|with|because|when|after|until|where|which|and)\b.*$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:re)?scheduled|moved|booked|set|pushed|on|at|in|to|for|called|named)\s+(?:back )?(?:on |to |for )?"
)
_BESIDES = re.compile(r"(?:,? (?:anymore|any more|again)\b|, (?:only|just|but)\b).*$", re.IGNORECASE)
_ENDED = re.compile(r"\b(?:no longer|anymore|any more|any longer|used to|quit|stopped|gave up)\b", re.IGNORECASE)


@lru_cache(maxsize=65536)
def slot_of(content: str) -> Slot:
    """The slot a fact fills. A fact that fills none of its own has an empty key."""
    return _attribute(content) or _patterned(content) or _liked(content) or Slot("", content, Holds.MANY)


def _owner(who: str) -> str:
    """ "User's best friend Tom" is "user.friend tom"; facts of the user and others are the user's."""
    kin = _KIN.sub("", who)
    return f"user.{kin.lower()}" if kin else "user"


def _tidy(value: str) -> str:
    return _TRAILING.sub("", value).strip(" .,!")


def _attribute(content: str) -> Slot | None:
    match = ATTRIBUTE.match(content)
    if not match:
        return None
    what = match["what"].lower().replace("favourite", "favorite")
    holds = Holds.ONE_FOR_LIFE if FOR_LIFE.search(what) else Holds.ONE_AT_A_TIME
    return Slot(f"{_owner(match['who'])}.{what}", _tidy(_LEADING.sub("", match["value"])), holds, called=what)


def _patterned(content: str) -> Slot | None:
    for pattern in PATTERNS:
        if match := pattern.pattern.fullmatch(content):
            return _slot(match, pattern, content=content)
    return None


def _slot(match: re.Match[str], pattern: SlotPattern, *, content: str) -> Slot:
    groups = match.groupdict()
    value = _tidy(groups.get("value") or groups.get("value2") or "")
    counted = (groups.get("of") or "").rstrip("s").replace("children", "child").replace("kid", "child")
    return Slot(
        f"{_owner(match['who'])}.{pattern.key}" + (f".{counted}" if counted else ""),
        value,
        pattern.holds,
        negated=bool((groups.get("not") or "").strip()) or "isn't" in content,
        ended=pattern.ended or bool(_ENDED.search(content)),
        called=f"number of {counted}s" if counted else pattern.key,
    )


def _liked(content: str) -> Slot | None:
    """Each thing liked, eaten or played is a slot of its own, of which the only question is: yes or no."""
    match = LIKING.match(content)
    if not match:
        return None
    verb = match["verb"].lower().removesuffix("s") if match["verb"] != "can't stand" else "can't stand"
    verb = "likes" if verb in ("like", "love", "enjoy", "adore", *HATING) else verb
    negated = bool(match["neg"]) != (match["verb"].lower().removesuffix("s") in HATING)
    value = _tidy(_BESIDES.sub("", match["value"] or ""))
    return Slot(
        f"{_owner(match['who'])}.{verb}.{' '.join(sorted(stems_of(value)))}",
        "no" if negated else "yes",
        Holds.ONE_AT_A_TIME,
        negated=negated,
        ended=bool(match["end"]) or "no longer" in content,
        called=f"{verb} {value}".strip(),
    )
