"""The companion's skills that look back: what the user said about themselves, about others, about anything."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING

from .earlier import alike, known, said_earlier
from .notebook import in_a_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .earlier import Fact
    from .notebook import Note
    from .talk import Talk

WORD = re.compile(r"[\w'-]+")
MOST_QUOTES = 3
INTRODUCED = re.compile(r"\b(?:called|named|name is|'s name|is my)\b", re.IGNORECASE)
"""How people tell a name; to quote that says nothing new."""


def the_name(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What the user is called."""
    if talk.notebook.name:
        return f"Your name is {talk.notebook.name}."
    return _told(talk, talk.all_notes.about("name"))


def the_notes(talk: Talk, kinds: Sequence[str]) -> str | None:
    """What is noted of these kinds, in this session and before it."""
    return _told(talk, talk.all_notes.about(*kinds))


def the_summary(talk: Talk, _captures: Sequence[str]) -> str | None:
    """Everything noted so far, and what there is from earlier sessions."""
    parts = []
    if talk.notebook.notes:
        parts.append(f"Here is what I noted: {talk.notebook.told(talk.notebook.notes)}.")
    if topics := talk.topics():
        parts.append(f"We{' also' if parts else ''} touched on {in_a_row(topics)}.")
    if earlier := known(talk.facts) or _quotes_from_earlier(talk, set()):
        parts.append(earlier)
    return " ".join(parts) or None


def the_topic(talk: Talk, captures: Sequence[str]) -> str | None:
    """What the user said about something."""
    wanted = _content(" ".join(captures), talk)
    return _about(talk, wanted) if wanted else the_summary(talk, captures)


def the_asker(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What the user asks about themselves, as far as they told it."""
    wanted = _content(talk.now.text, talk)
    of_people = {_stem(word) for word in talk.script.kin}  # who it is about alone does not say what is asked
    return (_about(talk, wanted) if wanted - of_people else None) or from_earlier(talk)


def from_earlier(talk: Talk) -> str | None:
    """What earlier sessions have that is much like what is asked now."""
    return _known(talk, alike(talk.facts, talk.now.text, kin=talk.script.kin))


def _told(talk: Talk, notes: Sequence[Note]) -> str | None:
    """Notes as they are told: those of this session, then the facts behind the others."""
    now = [note for note in notes if talk.fact_behind(note) is None]
    by_use = sorted(notes, key=attrgetter("turn"))
    earlier = known([fact for note in by_use if (fact := talk.fact_behind(note))])
    parts = [f"{talk.notebook.told(now)}." if now else None, earlier]
    return " ".join(part for part in parts if part) or None


def _known(talk: Talk, facts: Sequence[Fact]) -> str | None:
    """These facts, with their days if that is asked."""
    return known(facts, dated=any(clause.words[0] == "when" for clause in talk.now.clauses))


def _about(talk: Talk, wanted: set[str]) -> str | None:
    """Whatever mentions all of this: notes, or what was said, and what earlier sessions have."""
    notes = [note for note in talk.notebook.notes if _mentions(note, wanted)]
    told = [f"You told me that {talk.notebook.told(notes)}."] if notes else []
    quotes = [text for text in talk.statements() if wanted <= _stems(text)][-MOST_QUOTES:]
    if quotes and not notes:
        told.append(f"You said {_quoted(quotes)}.")
    if earlier := _earlier_about(talk, wanted):
        told.append(earlier)
    return " ".join(told) or None


def _earlier_about(talk: Talk, wanted: set[str]) -> str | None:
    """What earlier sessions have that mentions all of this: facts, else what the user said word for word."""
    facts = _known(talk, [fact for fact in talk.facts if wanted <= _stems(fact.text)])
    return facts or _quotes_from_earlier(talk, wanted)


def _quotes_from_earlier(talk: Talk, wanted: set[str]) -> str | None:
    """What the user said in earlier sessions that mentions all of this, word for word."""
    if not talk.context.recalled:  # texts alone: who said them is not known
        texts = [text for text in talk.context.memories if wanted <= _stems(text)][:MOST_QUOTES]
        return f"From an earlier session I have {_quoted(texts)}." if texts else None
    said = [text for text in said_earlier(talk.context) if wanted <= _stems(text) and not talk.is_question(text)]
    return f"In an earlier session you said {_quoted(said[:MOST_QUOTES])}." if said else None


def the_nearest(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What was said that comes nearest to a question there is no answer to."""
    wanted = _content(talk.now.text, talk)
    told = [note.told for note in talk.notebook.notes if _stems(note.told) & wanted]
    said = [f"“{' '.join(text.split())}”" for text in talk.statements() if _stems(text) & wanted]
    if told or said:
        return f"I do not know that. What I have from you is this: {(told or said)[-1]}."
    return _earlier_about(talk, wanted) if wanted else None


def the_person(talk: Talk, captures: Sequence[str]) -> str | None:
    """Who somebody is whom the user spoke of, by name or by what they are to the user."""
    wanted = _content(" ".join(captures), talk)
    for note in reversed(talk.all_notes.about("person", "pet")):
        relation, name = note.captures[:2]
        if wanted and wanted <= _stems(name):
            return _with_quotes(f"{name} is your {relation}.", talk, name)
        if wanted and wanted <= _stems(relation):
            return _with_quotes(f"Your {relation} is called {name}.", talk, name)
    return the_topic(talk, captures)


def the_last_person(talk: Talk, _captures: Sequence[str]) -> str | None:
    """The person or animal that was named last."""
    named = talk.notebook.about("person", "pet")
    return f"{named[-1].captures[1]} is your {named[-1].captures[0]}." if named else None


def the_last_words(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What the user said before this."""
    return _quote("You said:", talk.sayings[-2].text) if len(talk.sayings) > 1 else None


def the_first_words(talk: Talk, _captures: Sequence[str]) -> str:
    """The earliest message of the user that is in sight."""
    return _quote("The first thing I have from you here is", talk.sayings[0].text)


def the_own_words(talk: Talk, _captures: Sequence[str]) -> str | None:
    """What the companion said before this."""
    return _quote("I said:", talk.replies[-1]) if talk.replies else None


def _with_quotes(sentence: str, talk: Talk, name: str) -> str:
    """The sentence, and what else was said about this name."""
    said = [text for text in talk.statements() if _stems(name) <= _stems(text)]
    more = [text for text in said if not INTRODUCED.search(text)][-MOST_QUOTES:]
    facts = [fact for fact in talk.facts if _stems(name) <= _stems(fact.text) and not INTRODUCED.search(fact.text)]
    quotes = f"You also said {_quoted(more)}." if more else None
    return " ".join(part for part in (sentence, quotes, known(facts)) if part)


def _mentions(note: Note, wanted: set[str]) -> bool:
    return wanted <= _stems(f"{note.kind} {note.told}")


def _content(text: str, talk: Talk) -> set[str]:
    """What is asked for, without the words that carry no sense."""
    return {_stem(word) for word in WORD.findall(text.lower()) if word not in talk.script.stopwords}


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in WORD.findall(text.lower())}


def _stem(word: str) -> str:
    """Enough of a word to find "hike" in "hiking" and "cats" in "cat"."""
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _quote(lead: str, text: str) -> str:
    quoted = _quoted([text])
    return f"{lead} {quoted}" if quoted[-2] in "?!" else f"{lead} {quoted}."


def _quoted(texts: Sequence[str]) -> str:
    return in_a_row([f"“{' '.join(text.split()).rstrip('.')}”" for text in texts])
