"""Listens to one conversation and drafts the facts the user tells of themself, in the order they are told.

A draft is a memory that has not yet been held against what is known. Changes of mind within the conversation are
settled here: a draft that is taken back or put right never becomes a memory.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Role, Utterance
from agent_sessions.recall.dates.dating import dated
from agent_sessions.recall.facts.slots import slot_of
from agent_sessions.recall.judging.private import holds_secret
from agent_sessions.recall.judging.screening import before_subject, of_subject
from agent_sessions.recall.judging.standing import needs_its_talk
from agent_sessions.recall.language.verbs import BASES, base_of
from agent_sessions.recall.language.words import DROPPED, DROPPED_ING, listed
from agent_sessions.recall.sentences.answers import asked_in, completed
from agent_sessions.recall.sentences.clauses import Clause, clauses_of
from agent_sessions.recall.sentences.corrections import corrected, correction_in, settled, takes_back
from agent_sessions.recall.sentences.openings import in_order, turned
from agent_sessions.recall.sentences.person import in_third_person
from agent_sessions.recall.sentences.prose import Sentence, talk_of
from agent_sessions.recall.sentences.subjects import Acquaintances, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

LONGEST_CONTENT = 44
"""Words; a longer memory is cut at its last joint."""
_JOINT = re.compile(
    r",? (?:which|because|since|so that|so|and|but|although|though|while|as well as|including|especially|"
    r"where)\b|,|;| - "
)


_LOOSE_END = re.compile(
    r"(?:,?\s+(?:and|but|or|so|while|when|whether|for|because|cause|cuz|if|which|(?<!ever )since|than|once|the|a|"
    r"their|then|although|though|also|but now|plus|during|until|right away))+$"
)
_LOOSE_PREPOSITION = re.compile(r"(?<=\w) (?:for|in|at|to|from|of|with)$")
# "since we last talked", "so let's do it", "as I told you": said to whom one speaks with
_TO_THE_OTHER = re.compile(
    r",? (?:since (?:the )?(?:last )?(?:they|User) (?:last )?(?:talked|spoke|chatted|met|caught up)|so let's|"
    r"(?:as|like) they (?:said|told|mentioned))\b.*$"
)
# "it was such a lovely day" run on without a comma
_CARRIES_ON = (
    "and but that when how if as so since because cause where though although what while like before after until out "
    "think said once believe"
)
_RUN_ON = re.compile(
    "".join(rf"(?<!\b{word})" for word in _CARRIES_ON.split())
    + r",? (?:its (?:such|so|too|really|a|very)|it was|it is|it's|it wasn't|it isn't|that was|"
    r"that's|here's|here is|there is|there's|there are|there was|"
    r"they were|they are so)\b.*$"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact as the user told it. ``clause`` is what it was made from, ``heard`` which user message it came with."""

    content: str
    start: datetime
    end: datetime
    stated: bool
    sources: tuple[str, ...]
    clause: str
    heard: int


@dataclass(slots=True)
class Listener:
    """What is kept in mind while a conversation is read."""

    zone: tzinfo
    known: Acquaintances = field(default_factory=Acquaintances)
    drafts: list[Draft] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    question: tuple[str, str] | None = None
    """The assistant's question still open, and the id of the utterance that asked it."""
    heard: int = 0
    technical: bool = False


def drafts_of(
    utterances: Iterable[Utterance], *, zone: tzinfo, known: Iterable[str] = ()
) -> tuple[list[Draft], Counter[str]]:
    """The drafts of a conversation, and how many clauses were left out by reason.

    ``known`` are facts from before: whom they name is known by name, though "he" does not yet mean anybody.
    """
    listener = Listener(zone)
    for fact in known:
        listener.known.note(fact)
    listener.known.meant, listener.known.fresh = {}, False
    for utterance in utterances:
        if utterance.role is Role.USER:
            _listen(listener, utterance)
        else:
            question = asked_in(utterance.text)
            listener.question = (question, utterance.id) if question else None
    return listener.drafts, listener.skipped


def _listen(listener: Listener, utterance: Utterance) -> None:
    talk = talk_of(utterance.text)
    listener.skipped.update(talk.left_out)
    listener.technical = talk.technical
    listener.heard += 1
    for position, sentence in enumerate(talk.sentences):
        _hear_sentence(listener, utterance, sentence=sentence, first=position == 0)
    listener.question = None


def _hear_sentence(listener: Listener, utterance: Utterance, *, sentence: Sentence, first: bool) -> None:
    if holds_secret(sentence.text):
        listener.skipped["secret"] += 1
        return
    if takes_back(sentence.text):
        _take_back(listener)
        return
    sources: tuple[str, ...] = (utterance.id,)
    if first and listener.question and (whole := completed(listener.question[0], sentence)):
        sentence, sources = Sentence(whole, asks=False), (listener.question[1], utterance.id)
    elif _put_right(listener, utterance, sentence=sentence):
        return
    settled_text = settled(sentence.text)
    for clause in clauses_of(Sentence(settled_text, sentence.asks)):
        _hear_clause(listener, utterance, clause=clause, sources=sources)


def _hear_clause(listener: Listener, utterance: Utterance, *, clause: Clause, sources: tuple[str, ...]) -> None:
    reason, draft = _drafted(listener, utterance, clause=clause, sources=sources)
    if draft:
        listener.drafts.append(draft)
    else:
        listener.skipped[reason] += 1


def _drafted(
    listener: Listener, utterance: Utterance, *, clause: Clause, sources: tuple[str, ...]
) -> tuple[str, Draft | None]:
    """The draft of a clause, or the reason there is none."""
    if (called := turned(clause.text)) != clause.text:
        clause = Clause(called)
    if clause.asks or clause.supposed:
        return "question" if clause.asks else "hypothetical", None
    if _about_nobody(clause.text, listener.known):
        return before_subject(clause) or "others", None
    text = in_order(clause.text)
    clause = Clause(text, clause.asks, clause.supposed, clause.continues)
    reason = before_subject(clause)
    if reason:
        return reason, None
    event = dated(text, said_at=utterance.at, zone=listener.zone)
    subject = subject_of(named(event.text), listener.known)
    listener.known.note(text)
    if subject is None:
        return "others", None
    reason = of_subject(subject, dated=event.stated, technical=listener.technical)
    if reason:
        return reason, None
    content = shortened(in_third_person(subject))
    if needs_its_talk(content):
        return "empty", None
    listener.known.note(content)
    return "", Draft(content, event.start, event.end, event.stated, sources, text, listener.heard)


_OWN_WORDS = re.compile(r"[A-Za-z]+")
_OWN = listed("clause_openers") | DROPPED | DROPPED_ING


def _about_nobody(text: str, known: Acquaintances) -> bool:
    """Whether no word in a clause can lead to a subject; tells most of other people's talk at little cost."""
    words = _OWN_WORDS.findall(text)
    return _OWN.isdisjoint(map(str.lower, words)) and known.names.keys().isdisjoint(words)


_NAMED = re.compile(r"^I'm (?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?)$")
_PEOPLES = re.compile(r"(?:an|ian|ish|ese|ch|ish|i|ic|ist|im|ew|ek|en|du)$")


def named(text: str) -> str:
    """ "I'm Kate" as "My name is Kate"; "I'm Brazilian" stays."""
    match = _NAMED.match(text)
    if not match or (_PEOPLES.search(match["name"]) and match["name"].lower() not in _NAMES_LIKE_PEOPLES):
        return text
    return f"My name is {match['name']}"


_NAMES_LIKE_PEOPLES = listed("names_like_peoples")


def _take_back(listener: Listener) -> None:
    """Drops what the message before (or this one, so far) told."""
    latest = listener.drafts[-1].heard if listener.drafts else 0
    if latest < listener.heard - 1:
        return
    kept = [draft for draft in listener.drafts if draft.heard != latest]
    listener.skipped["taken back"] += len(listener.drafts) - len(kept)
    listener.drafts = kept


def _put_right(listener: Listener, utterance: Utterance, *, sentence: Sentence) -> bool:
    """Applies "sorry, I meant June 5" to the draft it speaks of. False when the sentence puts nothing right."""
    correction = correction_in(sentence.text)
    if not correction or not listener.drafts or listener.drafts[-1].heard < listener.heard - 2:
        return False
    right, whole = correction
    wrong = listener.drafts[-1]
    text = right if whole else corrected(wrong.clause, right)
    if not text:
        return False
    _reason, draft = _drafted(listener, utterance, clause=Clause(text), sources=(*wrong.sources, utterance.id))
    if not draft:
        return False
    if whole and slot_of(draft.content).key != slot_of(wrong.content).key:
        return False
    listener.drafts[-1] = draft
    listener.skipped["put right"] += 1
    return True


def _ended(content: str) -> str:
    """Without words that led on to something cut off, and with its quotation closed."""
    content = _LOOSE_END.sub("", content)
    stem = _LOOSE_PREPOSITION.sub("", content)
    if base_of(stem.rpartition(" ")[2].lower()) not in BASES:  # "moved in", "has nobody to live with"
        content = stem
    content = content.replace(',"', '"')
    return f'{content}"' if content.count('"') % 2 else content


def shortened(content: str) -> str:
    """At most LONGEST_CONTENT words, cut where a part of the sentence ends."""
    content = _ended(_RUN_ON.sub("", _TO_THE_OTHER.sub("", content)))
    words = content.split()
    if len(words) <= LONGEST_CONTENT:
        return content.strip(" ,;:-")
    head = " ".join(words[:LONGEST_CONTENT])
    joints = [match.start() for match in _JOINT.finditer(head) if match.start() > len(head) // 3]
    return (head[: joints[-1]] if joints else head).strip(" ,;:-")
