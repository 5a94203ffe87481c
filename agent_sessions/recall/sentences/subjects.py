"""Who a clause is about: the user, the user with others, somebody or something of the user's, or none of these.

Keeps, through one conversation, whom the user named ("my sister Anna"), so that "Anna" and "she" are known later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from agent_sessions.recall.language.verbs import AUXILIARIES, BASES, THIRD_FORMS, is_finite, is_past
from agent_sessions.recall.language.words import EITHER, HE, PEOPLE, SHE, THEY, listed


class Who(Enum):
    """Whom a clause speaks of."""

    USER = "the user"
    TOGETHER = "the user and others"
    THEIRS = "somebody or something of the user's"
    OTHER = "nobody of the user's"


@dataclass(frozen=True, slots=True)
class Subject:
    """``name`` is how the subject is written in the third person, ``rest`` the clause after it, verb first."""

    who: Who
    name: str
    rest: str
    plural: bool = False


_SELF = re.compile(r"^I(?P<short>'m|'ve|'d|'ll)?(?=\s|$)\s*")
_WE = re.compile(r"^we(?P<short>'re|'ve|'d|'ll)?\s+(?:(?:both|all) )?", re.IGNORECASE)
_COMPANION = r"(?:my (?P<kin>[\w'-]+(?: (?-i:[A-Z])\w+)?)|(?P<named>(?-i:[A-Z])\w+))"
_TOGETHER = re.compile(
    rf"^(?:{_COMPANION},? and (?:I|me|myself)\b|(?:me|I) (?:and|&) (?:my (?P<kin2>[\w'-]+(?: (?-i:[A-Z])\w+)?)|"
    rf"(?P<named2>(?-i:[A-Z])\w+)))\s+",
    re.IGNORECASE,
)
_THEIRS = re.compile(r"^(?:my|our)\s+", re.IGNORECASE)
_PRONOUN = re.compile(r"^(?P<pronoun>he|she|they)(?P<short>'s|'re|'ve|'ll|'d)?\s+", re.IGNORECASE)
_OF_PRONOUN = re.compile(
    r"^(?P<owner>his|her|their) (?P<what>[\w-]+(?: [\w-]+)?) (?=(?:is|was|are|were) )", re.IGNORECASE
)
_OWNER = {"his": "he", "her": "she", "their": "they"}
_CALLS_ME = re.compile(
    r"^(?P<who>everyone|everybody|people|(?:my|all my) friends|(?:my )?family) calls? me (?P<name>\w+)$", re.IGNORECASE
)
_OWN_WORD = re.compile(r"\b(?:my|our)\b")
_CLAUSE_WITHIN = re.compile(r"\b(?:I|I'm|you|he|she|we|they|it|as|because|when|while|if)\b")
_LONG = {"'m": "am", "'ve": "have", "'ll": "will", "'re": "are", "'s": "is"}
_SINGULAR = {"are": "am", "were": "was", "aren't": "am not", "weren't": "wasn't"}
_KIN = rf"(?:\w+ ){{0,2}}?(?P<kin>{'|'.join(sorted(map(re.escape, PEOPLE), key=len, reverse=True))})\b"
_KIN_HAD = re.compile(rf"\b(?:have|has|got|adopted|User's|[Mm]y|[Oo]ur|an?) {_KIN}")
_KIN_NAMED = re.compile(rf"\b(?:[Mm]y|[Oo]ur|User's) {_KIN},? (?P<name>[A-Z][a-z]+)\b")
_KIN_CALLED = re.compile(
    rf"\b(?:[Mm]y|[Oo]ur|User's|an?|two|three) {_KIN}(?:'s name is| is called| is named| called| named|, called|"
    rf", named) (?P<name>[A-Z][a-z]+)\b"
)
_NOT_NAMES = listed("not_names")


@dataclass(slots=True)
class Acquaintances:
    """Whom the user has spoken of so far in one conversation; the latest that fits a pronoun is meant by it."""

    names: dict[str, str] = field(default_factory=dict)
    """A first name, and the relation it stands for: "Anna" is "User's sister Anna"."""
    meant: dict[str, str] = field(default_factory=dict)
    """A pronoun, and whom it stands for now."""
    fresh: bool = False
    """Whether the last clause or the one before spoke of them: a pronoun much later is anybody's."""

    def note(self, clause: str) -> None:
        """Remembers the people and pets a clause names."""
        known = False
        for pattern in (_KIN_HAD, _KIN_NAMED, _KIN_CALLED):
            for match in pattern.finditer(clause):
                known |= self._meet(match["kin"].lower(), match.groupdict().get("name"))
        self.fresh = known

    def _meet(self, kin: str, name: str | None) -> bool:
        if kin not in PEOPLE:
            return False
        known = f"User's {kin} {name}" if name and name not in _NOT_NAMES else f"User's {kin}"
        if name and name not in _NOT_NAMES:
            self.names[name] = known
        for pronoun, kins in (("she", SHE | EITHER), ("he", HE | EITHER), ("they", THEY)):
            if kin in kins and not (known == f"User's {kin}" and self.meant.get(pronoun, "").startswith(known)):
                self.meant[pronoun] = known
        return True


def subject_of(clause: str, known: Acquaintances) -> Subject | None:
    """The subject of a declarative clause, or None when it is nobody the user has to do with."""
    if match := _SELF.match(clause):
        return Subject(Who.USER, "User", _unfolded(match["short"], clause[match.end() :]))
    if match := _TOGETHER.match(clause):
        return Subject(Who.TOGETHER, f"User and {_companion(match)}", clause[match.end() :], plural=True)
    if match := _WE.match(clause):
        return Subject(Who.USER, "User", _singular(_unfolded(match["short"], clause[match.end() :])))
    if match := _CALLS_ME.match(clause):
        who = match["who"].lower().replace("my ", "User's ").replace("all User's", "all of User's")
        return Subject(Who.THEIRS, who[0].upper() + who[1:], clause[match.end("who") + 1 :])
    if _THEIRS.match(clause):
        return _of_the_users(clause)
    return _by_name(clause, known) or _by_pronoun(clause, known)


def _companion(match: re.Match[str]) -> str:
    kin = match["kin"] or match["kin2"]
    return f"their {kin}" if kin else (match["named"] or match["named2"])


def _unfolded(short: str | None, rest: str) -> str:
    """ "'m from Rome" becomes "am from Rome"; "'d" is "had" before a past form and "would" otherwise."""
    if not short:
        return rest
    if short.lower() == "'d":
        return f"{'had' if is_past(rest.split(' ')[0].lower()) else 'would'} {rest}"
    return f"{_LONG[short.lower()]} {rest}"


def _singular(rest: str) -> str:
    first, _, more = rest.partition(" ")
    return f"{_SINGULAR.get(first.lower(), first)} {more}".strip()


def _of_the_users(clause: str) -> Subject | None:
    noun_phrase, rest, plural = split_at_verb(clause)
    if not rest:
        return None
    owned = _THEIRS.sub("", noun_phrase)
    if _CLAUSE_WITHIN.search(owned):
        return None
    return Subject(Who.THEIRS, f"User's {_OWN_WORD.sub('their', owned)}", rest, plural=plural)


def split_at_verb(clause: str) -> tuple[str, str, bool]:
    """A clause cut before its first finite verb, and whether its subject is plural. No verb: an empty second part.

    A word that may be noun or verb ("my work starts", "my plans changed") counts as verb only where one can stand.
    """
    words = clause.split(" ")
    for position in range(2, len(words)):
        word, before = words[position].lower().strip(","), words[position - 1].lower().strip(",")
        if _is_verb_here(word, before, after=words[position + 1].lower() if position + 1 < len(words) else ""):
            return " ".join(words[:position]).strip(" ,"), " ".join(words[position:]), _plural(before, words)
    return _with_short_verb(words)


def _is_verb_here(word: str, before: str, *, after: str) -> bool:
    if word in AUXILIARIES or word.endswith("n't") or word in ("always", "never", "just", "also", "really", "recently"):
        return before not in ("to", "that", "who")
    if after in AUXILIARIES or before.endswith("'s"):
        return False
    if is_past(word):
        return before not in ("the", "a", "newly", "recently") and after != "and"
    return word in THIRD_FORMS or (
        word in BASES and (before in THEY or (before.endswith("s") and not before.endswith("'s")))
    )


def _plural(before: str, words: list[str]) -> bool:
    return (
        before in THEY
        or "and" in words[: len(words) // 2]
        or (before.endswith("s") and not before.endswith(("'s", "ss", "us")))
    )


def _with_short_verb(words: list[str]) -> tuple[str, str, bool]:
    """ "My dog's sick": the "'s" before something that is no noun is "is"."""
    for position, word in enumerate(words[1:-1], start=1):
        if word.endswith("'s") and (
            len(words) == position + 2
            or words[position + 1].lower() in ("a", "an", "the", "in", "at", "from", "so", "not", "been")
        ):
            return " ".join([*words[:position], word[:-2]]), " ".join(["is", *words[position + 1 :]]), False
    return " ".join(words), "", False


def _by_name(clause: str, known: Acquaintances) -> Subject | None:
    name, _, rest = clause.partition(" ")
    bare = name.removesuffix("'s")
    if bare not in known.names or not rest:
        return None
    if bare != name:
        return Subject(Who.THEIRS, known.names[bare], f"is {rest}")
    return Subject(Who.THEIRS, known.names[bare], rest) if is_finite(rest.split(" ")[0].lower()) else None


def _by_pronoun(clause: str, known: Acquaintances) -> Subject | None:
    if owner := _OF_PRONOUN.match(clause):
        whose = known.meant.get(_OWNER[owner["owner"].lower()]) if known.fresh else None
        return Subject(Who.THEIRS, f"{whose}'s {owner['what']}", clause[owner.end() :]) if whose else None
    match = _PRONOUN.match(clause)
    meant = known.meant.get(match["pronoun"].lower()) if match and known.fresh else None
    if not match or not meant:
        return None
    rest = _unfolded(match["short"], clause[match.end() :])
    if match["short"] == "'s" and any(is_past(word.lower()) for word in rest.split(" ")[1:4]):
        return None if not is_past(rest.split(" ")[1].lower()) else Subject(Who.THEIRS, meant, f"has{rest[2:]}")
    return Subject(Who.THEIRS, meant, rest, plural=match["pronoun"].lower() == "they")
