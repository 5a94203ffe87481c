"""Deciding what to say. The same conversation always gets the same answer.

A command first, then a sum, then the best rule whose words can be filled in; a message said before is noticed; with
no rule left, something earlier is taken up again. Of several wordings the one used least and longest ago is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from .clauses import TAIL, reflected
from .notebook import in_a_row
from .recollection import from_earlier
from .skills import SKILLS
from .talk import Talk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent_sessions.domain.agent import Context

    from .script import Rule, Script

SLOT = re.compile(r"\{(,?)([a-z]+|\d)\}")
SHORT = 3
"""Messages of fewer words may be said again and again."""
WHILE_AGO = 4
"""How many messages back something must lie to be taken up again, and how many replies apart such returns are."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fits a clause, with what it captured in the other side's words."""

    rule: Rule
    clause: int
    captures: tuple[str, ...]


def answer(context: Context, script: Script) -> str:
    """What the companion says to this."""
    return Speaker(Talk(context, script)).answer()


class Speaker:
    """Finds the words for one reply."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._script = talk.script

    def answer(self) -> str:
        """The whole reply."""
        text = self._talk.now.text.strip()
        if text.startswith("/"):
            return self._command(text[1:].split(maxsplit=1))
        return _polished(SKILLS["sum"](self._talk, ()) or self._conversation())

    def _conversation(self) -> str:
        if not self._talk.now.clauses:
            return self._line("attachment" if self._talk.context.message.attachments else "wordless")
        hits = self._hits()
        if (times := self._talk.times_said()) and not self._may_be_repeated(hits):
            return self._line("again" if times == 1 else "again and again")
        for at, hit in enumerate(hits):
            if words := self._by_rule(hit):
                return f"{words} {self._and_then(hit, hits[at + 1 :])}".strip()
        return self._out_of_rules()

    # ---------------------------------------------------------------------------------------------------------- rules

    def _hits(self) -> list[Hit]:
        """Every rule that fits, best first: by rank, then by the order of clauses, then by the order of the script."""
        found = [
            hit for number, clause in enumerate(self._talk.now.clauses) for hit in self._fitting(number, clause.text)
        ]
        return sorted(found, key=lambda hit: (-hit.rule.rank, hit.clause))

    def _fitting(self, number: int, clause: str) -> Iterator[Hit]:
        words = set(clause.lower().split())
        for keys, rule in self._script.rules:
            called = not keys or keys & words
            if called and self._is_the_time_for(rule) and (captures := rule.match(clause)) is not None:
                yield Hit(rule, number, tuple(self._turned(capture) for capture in captures))

    def _turned(self, capture: str) -> str:
        return reflected(TAIL.sub("", capture), self._script.reflections)

    def _is_the_time_for(self, rule: Rule) -> bool:
        """Whether what the rule wants went before: words of the companion's, or a note made of this message."""
        if rule.after is not None and rule.after not in self._talk.now.after:
            return False
        return rule.noted is None or self._talk.notebook.new(rule.noted, self._talk.now.turn)

    def _by_rule(self, hit: Hit) -> str | None:
        rule = hit.rule
        if rule.do is not None:
            return SKILLS[rule.do](self._talk, rule.of or hit.captures) or self._without_notes(hit)
        return self._pick(rule.say, hit.captures)

    def _without_notes(self, hit: Hit) -> str | None:
        """What is said where this session has no answer: what earlier ones have, else that there is none."""
        return (from_earlier(self._talk) if hit.rule.empty else None) or self._pick(hit.rule.empty, hit.captures)

    def _and_then(self, hit: Hit, rest: Sequence[Hit]) -> str:
        """What follows a rule that only opens (a greeting, a name): the best rule of another clause, or a question."""
        if not hit.rule.then:
            return ""
        for other in rest:
            if other.clause != hit.clause and not other.rule.then and (words := self._by_rule(other)):
                return words
        return self._pick(hit.rule.then, hit.captures) or ""

    def _may_be_repeated(self, hits: Sequence[Hit]) -> bool:
        short = len(self._talk.now.text.split()) < SHORT
        return short or (bool(hits) and hits[0].rule.often)

    # ------------------------------------------------------------------------------------------------------ otherwise

    def _command(self, words: Sequence[str]) -> str:
        name = words[0].lower() if words else "help"
        skill = self._script.commands.get(name)
        if skill is None:
            return f"I do not know /{name}. {SKILLS['help'](self._talk, ())}"
        return _polished(SKILLS[skill](self._talk, words[1:]) or self._line("nothing yet"))

    def _out_of_rules(self) -> str:
        """Take up something earlier, as long as there is something; else ask on. A question is owned up to."""
        if self._talk.now.clauses[-1].question:
            return SKILLS["nearest"](self._talk, ()) or self._line("unknown question")
        if len(self._talk.now.text.split()) < SHORT and (words := self._pick(self._script.lines["short"])):
            return words
        return self._pick(list(self._earlier())) or self._memory() or self._line("none")

    def _earlier(self) -> Iterator[str]:
        """Ways back to what was noted a while ago and not taken up since."""
        ways = [
            [words for line in note.rule.later if (words := self._filled(line, note.captures))]
            for note in self._talk.notebook.notes
            if note.turn <= self._talk.now.turn - WHILE_AGO
        ]
        lately = self._talk.replies[-WHILE_AGO:]
        if any(_polished(words) in reply for words in chain(*ways) for reply in lately):
            return
        yield from (words[0] for words in ways if words and not any(self._used(each) for each in words))

    def _memory(self) -> str | None:
        """A way to a memory of an earlier session that was not spoken of in this one, if none was lately."""
        quotes = (f"“{memory.strip().rstrip('.')}”" for memory in self._talk.context.memories)
        memories = [fact.told for fact in self._talk.facts] if self._talk.context.recalled else list(quotes)
        if any(memory in reply for memory in memories for reply in self._talk.replies[-WHILE_AGO:]):
            return None
        fresh = [memory for memory in memories if not any(memory in reply for reply in self._talk.replies)]
        return self._pick(self._script.lines["memory"], fresh[:1]) if fresh else None

    # ---------------------------------------------------------------------------------------------------------- words

    def _line(self, name: str) -> str:
        return self._pick(self._script.lines[name]) or ""

    def _pick(self, lines: Iterable[str], captures: Sequence[str] = ()) -> str | None:
        """The line used least in what was said so far, and of these the one used longest ago; None without any."""
        usable = [(line, words) for line in lines if (words := self._filled(line, captures))]
        return min(usable, key=lambda pair: self._use(pair[0]))[1] if usable else None

    def _use(self, line: str) -> tuple[int, int]:
        """How often a line was used, and how recently."""
        core = max(SLOT.split(line)[::3], key=len).strip(" ,.").lower()
        used = [turn for turn, reply in enumerate(self._talk.replies) if core in reply.lower()]
        return len(used), used[-1] if used else -1

    def _used(self, words: str) -> bool:
        return any(_polished(words) in reply for reply in self._talk.replies)

    def _filled(self, line: str, captures: Sequence[str]) -> str | None:
        """The line with its places filled in; None when there is nothing to put in one of them."""
        complete = True

        def fill(place: re.Match[str]) -> str:
            nonlocal complete
            value = self._value(place[2], captures)
            if place[1]:
                return f", {value}" if value else ""
            complete = complete and bool(value)
            return value or ""

        filled = SLOT.sub(fill, line)
        return filled if complete else None

    def _value(self, place: str, captures: Sequence[str]) -> str | None:
        if place.isdigit():
            return captures[int(place) - 1] if int(place) <= len(captures) else None
        if place == "stranger":
            return None if self._talk.notebook.name else " "
        if place == "name":
            return self._talk.notebook.name
        if place == "said":
            return reflected(" ".join(clause.text for clause in self._talk.now.clauses), self._script.reflections)
        if place == "agent":
            return self._talk.context.character.name
        if place == "topic":
            return self._talk.topic_of(self._talk.now)
        several = [note.value for note in self._talk.notebook.about(place.removesuffix("s"))]
        return in_a_row(several) if len(several) > 1 else None


def _polished(text: str) -> str:
    """One space between words, sentences that begin with a capital, "I" written large."""
    text = re.sub(r"\s+([,.!?])", r"\1", " ".join(text.split()))
    text = re.sub(r"\bi\b(?=\s|'|[,.?!])", "I", text)
    return re.sub(r"(^|[.!?]\s+)([a-z])", lambda start: start[1] + start[2].upper(), text)
