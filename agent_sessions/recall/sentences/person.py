"""Writes what the user said of themself in the third person: "I don't eat meat" becomes "User doesn't eat meat"."""

from __future__ import annotations

import re

from agent_sessions.recall.language.verbs import BASES, third_person
from agent_sessions.recall.language.words import PEOPLE, is_adverb
from agent_sessions.recall.sentences.subjects import Subject, Who

_AND_VERB = re.compile(r"\b(?P<joint>and|or|but) (?P<verb>[a-z]+)\b(?! (?:of|for)\b)")
_FIRST_PERSON = re.compile(
    r"\b(?P<i>I(?:'m|'ve|'d|'ll)?)\b(?:(?<=I) (?P<was>was|am)\b)?|\b(?P<we>we(?:'re|'ve|'d|'ll)?)\b|"
    r"\b(?P<word>my|our|me|us|mine|ours|myself|ourselves)\b",
    re.IGNORECASE,
)
_I_FORMS = {"i": "they", "i'm": "they're", "i've": "they've", "i'd": "they'd", "i'll": "they'll"}
_WE_FORMS = {"we": "they", "we're": "they're", "we've": "they've", "we'd": "they'd", "we'll": "they'll"}
_JUST = re.compile(
    r"^(?:(?:just|actually|finally|also|then|too|even) )+(?=\w)|(?<=^is )(?:just|actually) |(?<=^has )(?:just|"
    r"actually|got) (?=\w)"
)
_ALL_OF_US = re.compile(r"\b(?:us all|(?:all|each) of us)\b")
_PLURAL = {"am": "are", "was": "were"}
_OTHERS = {
    "my": "their",
    "our": "their",
    "mine": "theirs",
    "ours": "theirs",
    "myself": "themself",
    "ourselves": "themselves",
    "me": "them",
    "us": "them",
}


def in_third_person(subject: Subject) -> str:
    """The whole clause in the third person, the subject in front."""
    rest = _conjugated(subject.rest) if subject.who is Who.USER else subject.rest
    rest = _plural_verb(rest) if subject.who is Who.TOGETHER else rest
    rest = _ALL_OF_US.sub("everyone", _JUST.sub("", rest))
    return f"{subject.name} {_referring(rest, by_user=subject.who is not Who.THEIRS or not _is_somebody(subject.name))}"


def _is_somebody(name: str) -> bool:
    """Whether "their" after this subject might be taken for its own: "User's sister", but not "User's best memory"."""
    owned = name.removeprefix("User's ")
    return owned == name or any(word.lower().removesuffix("'s") in PEOPLE for word in owned.split())


def _conjugated(rest: str) -> str:
    """Puts the first verb, and present verbs joined to it by "and", into the form that goes with "User"."""
    words = rest.split(" ")
    position = next((at for at, word in enumerate(words) if not is_adverb(word.lower()) or word.lower() == "not"), 0)
    verb = words[position]
    bare = verb.rstrip(",;")
    words[position] = third_person(bare) + verb[len(bare) :] if bare.lower() not in ("no", "not") else verb
    if verb.lower() == "no" and words[position + 1 : position + 2] == ["longer"] and len(words) > position + 2:
        words[position + 2] = third_person(words[position + 2])
        verb = rest.split(" ")[position + 2]
    changed = " ".join(words)
    return _AND_VERB.sub(_joined_verb, changed) if verb.lower() in BASES and words[position] != verb else changed


def _joined_verb(match: re.Match[str]) -> str:
    verb = match["verb"]
    return f"{match['joint']} {third_person(verb)}" if verb in ("have", "am", "go", "do", "live", "work") else match[0]


def _plural_verb(rest: str) -> str:
    first, _, more = rest.partition(" ")
    return f"{_PLURAL.get(first, first)} {more}".strip()


def _referring(rest: str, *, by_user: bool) -> str:
    """Later words of the first person: "their" and "they" when the user is the subject, else first "User's"."""
    named = by_user

    def other(match: re.Match[str]) -> str:
        nonlocal named
        written, named_before = match[0], named
        if match["i"]:
            verb = {"was": " were", "am": " are"}.get(match["was"] or "", "")
            return _I_FORMS[match["i"].lower()] + verb
        if match["we"]:
            return _WE_FORMS[match["we"].lower()]
        named = True
        word = match["word"].lower()
        if named_before or word not in ("my", "me", "our", "us"):
            return _OTHERS[word] if written != "US" else written
        return "User's" if word in ("my", "our") else "User"

    return _FIRST_PERSON.sub(other, rest)
