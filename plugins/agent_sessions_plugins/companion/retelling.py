"""Memories speak of "User" in the third person; here they are turned to the user ("you"), and back into what one says
of oneself ("I").

Knows English only, and the form in which memories are kept: "User lives in Oslo", "User's sister is a doctor".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT_USER = re.compile(r"(?:User|The user)('s)?\s+(.+?)\.?\s*", re.DOTALL)
OTHERS = re.compile(r"\b(?:they|them|themselves)\b", re.IGNORECASE)
"""Who that is, the user or others, cannot be told from the text."""
ADVERB = re.compile(r"\w+ly|also|always|even|just|never|now|often|once|only|seldom|sometimes|soon|still|then|usually")
SECOND_VERB = re.compile(
    r"(?:(?<=\band )|(?<=\bbut ))"
    r"(?:is|was|has|does|hates|loves|likes|lives|wants|needs|eats|speaks|goes|enjoys|prefers|owns)\b"
)
"""A verb the user is the subject of as well: "likes tea and hates coffee". Words that may be nouns are left out."""
WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody is spoken of: as a subject, as an owner, and with the verbs that differ from the plain form."""

    subject: str
    owner: str
    verbs: Mapping[str, str]


_PLAIN = {"has": "have", "hasn't": "haven't", "does": "do", "doesn't": "don't"}
SPEAKER = Person("I", "my", {**_PLAIN, "is": "am", "isn't": "am not"})
SPOKEN_TO = Person("you", "your", {**_PLAIN, "is": "are", "isn't": "aren't", "was": "were", "wasn't": "weren't"})


def retold(memory: str, person: Person) -> str | None:
    """What a memory says of the user, said of this person, without a full stop: "you live in Oslo".

    None when the memory has another form, or when it cannot be told of whom a part of it speaks.
    """
    about = ABOUT_USER.fullmatch(memory)
    if about is None or OTHERS.search(memory):
        return None
    if about[1]:
        return f"{person.owner} {_rest(about[2], person)}"
    told = f"{person.subject} {_said_of(about[2], person)}"
    return re.sub(r"\btheir\b", person.owner, _rest(told, person))


def _rest(text: str, person: Person) -> str:
    """Further places where the user is named."""
    return re.sub(r"\bUser\b", person.subject, re.sub(r"\bUser's\b", person.owner, text))


def _said_of(predicate: str, person: Person) -> str:
    """The words after the subject, their verbs as they go with this person."""
    if predicate.startswith("and "):
        return predicate  # several: their verb is plain already
    for word in WORD.finditer(predicate):
        if not ADVERB.fullmatch(word[0]):
            rest = SECOND_VERB.sub(lambda verb: _verb(verb[0], person), predicate[word.end() :])
            return predicate[: word.start()] + _verb(word[0], person) + rest
    return predicate


def _verb(word: str, person: Person) -> str:
    """A verb of the third person as it goes with this one; forms that are the same for all stay."""
    if word in person.verbs:
        return person.verbs[word]
    if word == "was" or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > len("dies"):
        return f"{word[:-3]}y"
    return word[:-2] if re.search(r"(?:ch|sh|ss|x|zz|o)es$", word) else word[:-1]
