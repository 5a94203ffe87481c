"""Keeps what the assistant said that the user may ask about again: recommendations, lists, answers and plans.

Each item is one short sentence in the third person ("Assistant recommended ..."). Small talk of the assistant, its
questions and its offers of help make none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from agent_sessions.recall.judging.private import holds_secret
from agent_sessions.recall.language.wording import straight
from agent_sessions.recall.sentences.answers import last_question

MOST_ITEMS = 3
"""Items of one message."""
LONGEST_ITEM = 320
"""Characters of one item."""
LONGEST_READ = 5000
"""Characters of one message; what comes later is detail."""
MOST_ENTRIES = 12
"""Entries of a list that are named."""

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ENTRY = re.compile(r"(?m)^(?P<indent>[ \t]{0,3})(?P<mark>[-*•]|\d{1,2}[.)])[ \t]+(?P<entry>\S.*)$")
_HEADING = re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]*(?P<heading>.+)|\*\*(?P<bold>[^*\n]{3,80}?):?\*\*:?[ \t]*)$")
_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|^#+\s*|\[(?=[^\]]*\]\()|\]\([^)]*\)")
_ENTRY_HEAD = re.compile(r"^(?P<head>[^:–—]{2,70}?)(?::\s|:$|\s[–—-]\s).*$")
_NUMBERING = re.compile(r"^(?:step )?\d+[.):]*\s*", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_ADVISES = re.compile(
    r"\b(?:I(?:'d| would)? (?:highly |strongly |really )?(?:recommend|suggest|advise)|my (?:recommendation|"
    r"suggestion|advice) (?:is|would be)|you (?:should|could|might want to|may want to) "
    r"(?:try|check out|visit|read|watch|consider|look at|go to|use|start)|(?:how|what) about (?:trying|the|a)|"
    r"consider (?:trying|the|a|visiting|using)|try the|a (?:good|great) (?:option|choice) (?:is|would be))\b",
    re.IGNORECASE,
)
_PROMISES = re.compile(
    r"\b(?:I've (?:booked|scheduled|set|added|sent|created|ordered|reserved|noted)|I (?:booked|scheduled|"
    r"reserved|ordered)|I(?:'ll| will) (?:remind|book|send|schedule|check))\b",
    re.IGNORECASE,
)
_ASKED_FACT = re.compile(
    r"^(?:so |and |also |hey |ok |okay |hi )*(?:what|who|when|where|which|how (?:many|much|long|far|old|tall|do|"
    r"does|can|to)|why|(?:is|are) there (?:an?|any)\b(?!thing)|name)\b",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"^(?:sure|of course|certainly|absolutely|great|thanks|yeah|yes|no|that's|that sounds|sounds|nice|congrat|"
    r"i'm (?:sorry|glad|happy|here)|thank|you're welcome|no problem|hello|hi\b|hey|good|let me|"
    r"feel free|if you|would you|do you|can you|could you|i hope|i understand|i see|got it|wow|awesome|oh|ah|"
    r"welcome|happy to|glad)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing the assistant said, and what the user had asked, when that is known."""

    content: str


def items_of(text: str, *, asked: str | None) -> list[Item]:
    """At most MOST_ITEMS items of one message of the assistant; ``asked`` is the user's message before it."""
    prose = plain_lines(_FENCED.sub("\n", text))
    topic = topic_of(asked)
    found = _lists(prose, topic=topic) or [
        *_advice(prose),
        *_answer(prose, asked=asked if asked and _ASKED_FACT.search(_last_question(asked)) else None, topic=topic),
    ]
    unique = dict.fromkeys(item for item in found if not holds_secret(item))
    return [Item(clipped(item)) for item in list(unique)[:MOST_ITEMS]]


def plain_lines(text: str) -> str:
    """Straight quotes, and no more than what is read of a long message."""
    return straight(text[:LONGEST_READ])


def _clean(text: str) -> str:
    return _MARKS.sub("", text).strip(" \t:-–—.")


def clipped(text: str) -> str:
    """At most LONGEST_ITEM characters, cut between words."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= LONGEST_ITEM:
        return text
    return text[:LONGEST_ITEM].rsplit(" ", 1)[0].rstrip(" ,;:") + " ..."


def _last_question(asked: str) -> str:
    return last_question(asked) or ""


_TOPIC = re.compile(
    r"\b(?:can|could|would|will) you (?:please )?(?:help me (?:to |with )?|give me |suggest |recommend |"
    r"tell me |show me |list |find me |explain )(?P<what>[^?.!\n]{4,90})|"
    r"\b(?P<how>how (?:do|can|should|to) (?:I |we )?[^?.!\n]{4,80})\?|\b(?P<whatis>what(?:'s| is| are|"
    r"'re) [^?.!\n]{4,80})\?|(?:^|[.!?] )(?:please )?(?:give|suggest|recommend|tell|list|"
    r"show)(?: me)? (?P<bare>[^?.!\n]{4,80})",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def topic_of(asked: str | None) -> str:
    """What the user had asked for, in a few words; empty when it cannot be told."""
    matches = list(_TOPIC.finditer(straight(asked[-800:]))) if asked else []
    if not matches:
        return ""
    words = next(group for group in matches[-1].groups() if group)
    words = re.sub(r"\b(?:my|our)\b", "their", re.sub(r"\bI\b", "they", words), flags=re.IGNORECASE)
    words = re.sub(r"\bI'm\b|\bthey am\b", "they are", words)
    return re.split(r",? (?:so|but|because|considering|given|since|and (?:I|can|also|what|how))\b|, ", words)[0].strip(
        " ,;:"
    )


def _lists(prose: str, *, topic: str) -> list[str]:
    found = list(islice(_ENTRY.finditer(prose), 4 * MOST_ENTRIES))
    numbered = [match for match in found if match["mark"][0].isdigit()]
    chosen = numbered if len(numbered) > 1 else [match for match in found if not match["indent"]] or found
    entries = [entry for entry in dict.fromkeys(_head_of(match["entry"]) for match in chosen) if entry]
    if len(entries) < 2:
        return []
    title = topic or _title_of(prose)
    about = (
        f" for {title}"
        if title and not re.match(r"(?:how|what|which|where)\b", title, re.IGNORECASE)
        else f' on "{title}"'
        if title
        else ""
    )
    return [f"Assistant listed{about}: {'; '.join(entries[:MOST_ENTRIES])}"]


def _head_of(entry: str) -> str:
    """The name of an entry without its explanation."""
    entry = _clean(entry)
    match = _ENTRY_HEAD.match(entry)
    head = _clean(match["head"]) if match else entry
    return head if len(head) <= 90 else head[:90].rsplit(" ", 1)[0]


def _title_of(prose: str) -> str:
    heading = _HEADING.search(prose)
    if heading:
        return _NUMBERING.sub("", _clean(heading["heading"] or heading["bold"]))
    first = _ENTRY.search(prose)
    lead = prose[: first.start()].strip().split("\n")[-1] if first else ""
    return _clean(lead) if lead.endswith(":") and len(lead) < 90 else ""


def _advice(prose: str) -> list[str]:
    found = []
    for sentence in map(_clean, _SENTENCES.split(prose)):
        if sentence.endswith("?") or len(sentence) < 20:
            continue
        match = _ADVISES.search(sentence)
        if match:
            found.append(f"Assistant recommended: {addressed_to_user(sentence[match.start() :])}")
        elif _PROMISES.search(sentence):
            found.append(f"Assistant said: {addressed_to_user(sentence)}")
    return found


def _answer(prose: str, *, asked: str | None, topic: str) -> list[str]:
    """The first sentence that says something, when the user asked for a fact."""
    if not asked:
        return []
    for sentence in map(_clean, _SENTENCES.split(prose)):
        if len(sentence.split()) >= 4 and not sentence.endswith("?") and not _SMALL_TALK.match(sentence):
            question = _last_question(asked)
            about = topic or (question if len(question) < 100 else "")
            return [
                f'Assistant answered "{about}": {addressed_to_user(sentence)}'
                if about
                else f"Assistant said: {addressed_to_user(sentence)}"
            ]
    return []


_LEAD = re.compile(
    r"^(?:I(?:'d| would)? (?:highly |strongly |really )?(?:recommend|suggest|advise)(?:ing)?(?: that)?|"
    r"my (?:recommendation|suggestion|advice) (?:is|would be)|how about|what about|you should|you could|"
    r"you might want to|you may want to)\s+",
    re.IGNORECASE,
)
_TO_YOU = re.compile(r"^(?:that )?you (?:should |could )?(?=\w)", re.IGNORECASE)
_SECOND = re.compile(r"\b(?P<word>you're|you've|you'll|you|your|yours|yourself)\b", re.IGNORECASE)
_THIRD = {
    "you're": "the user is",
    "you've": "the user has",
    "you'll": "the user will",
    "you": "the user",
    "your": "the user's",
    "yours": "the user's",
    "yourself": "themself",
}


def addressed_to_user(sentence: str) -> str:
    """What was said to the user, told of them: "I'd recommend you try your bank" as "try the user's bank"."""
    sentence = _TO_YOU.sub("", _LEAD.sub("", sentence))
    return _SECOND.sub(lambda match: _THIRD[match["word"].lower()], sentence).strip(" .!")
