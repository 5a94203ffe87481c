"""A conversation as the companion sees it: what each side said, and what can be made of it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from agent_sessions.domain.log import Author

from .clauses import reflected
from .earlier import facts_in, sayings_of
from .notebook import Notebook, said_by_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent_sessions.domain.agent import Context

    from .earlier import Fact
    from .notebook import Note, Saying
    from .script import Script

TOPIC_WORD = re.compile(r"[a-zà-öø-ÿ][a-zà-öø-ÿ'-]{2,}", re.IGNORECASE)
BEFORE_THINGS = {
    **{word: word for word in ("the", "my", "our", "his", "her", "their", "this", "that")},
    **dict.fromkeys(("a", "an"), "the"),
    **dict.fromkeys(("two", "three", "some", "many", "about", "of", "with", "from", "at"), ""),
}
"""Words that a thing follows, and what stands before the thing when it is spoken of again."""
WHAT_SOMEBODY_IS = re.compile(
    r"(?:\b(?!(?:it|this|that|there|what)\b)\w+ (?:is|are|am|was|were|not|became|become)|\bas) an?$", re.IGNORECASE
)
"""Words before what somebody is, which is no thing that was spoken of: "I am a", "Jonas is a", "as a"."""
MOST_TOPICS = 5


class Talk:
    """One conversation up to the message that is to be answered, which is the last of ``sayings``."""

    def __init__(self, context: Context, script: Script) -> None:
        self.context = context
        self.script = script
        self.replies = [message.text for message in context.history if message.author is Author.AGENT]

    @cached_property
    def sayings(self) -> list[Saying]:
        """What the user said, oldest first, as far back as the history goes."""
        texts, before = [], ""
        for message in (*self.context.history, self.context.message):
            if message.author is Author.AGENT:
                before = message.text
            else:
                texts.append((message.text, before))
        return said_by_user(self.script, texts)

    @property
    def now(self) -> Saying:
        """What is to be answered."""
        return self.sayings[-1]

    @cached_property
    def notebook(self) -> Notebook:
        """What was noted, the message to be answered included."""
        return Notebook(self.script, self.sayings)

    @cached_property
    def facts(self) -> Sequence[Fact]:
        """What is known from earlier sessions that may matter now, the most useful first."""
        return facts_in(self.context)

    @cached_property
    def all_notes(self) -> Notebook:
        """The notes with those that the facts give. What was said in this session replaces what it contradicts."""
        return Notebook(self.script, [*sayings_of(self.facts, self.script), *self.sayings])

    def fact_behind(self, note: Note) -> Fact | None:
        """The fact that a note was made of; None for what was said in this session."""
        return self.facts[note.turn] if note.turn < 0 else None

    def times_said(self) -> int:
        """How often the message to be answered was said before, word for word."""
        this = [clause.words for clause in self.now.clauses]
        return sum([clause.words for clause in said.clauses] == this for said in self.sayings[:-1])

    def statements(self) -> list[str]:
        """What the user said earlier and did not ask."""
        return [said.text for said in self.sayings[:-1] if said.clauses and not self._asks(said)]

    def topics(self) -> list[str]:
        """What was spoken of earlier and is not in the notes, newest last."""
        noted = self.notebook.told(self.notebook.notes).lower()
        words: dict[str, None] = {}
        for said in self.sayings[:-1]:
            topic = self.topic_of(said) if said.clauses and not self._asks(said) else None
            if topic and topic.lower().split()[-1] not in noted:
                words[topic] = None
        return list(words)[-MOST_TOPICS:]

    def topic_of(self, said: Saying) -> str | None:
        """The last thing it is about, with its article or "your"; None without any."""
        words = [word for clause in said.clauses for word in clause.text.split()]
        for at in range(len(words) - 1, -1, -1):
            before = BEFORE_THINGS.get(words[at].lower())
            if (
                before is not None
                and not _says_what_somebody_is(words[: at + 1])
                and (thing := self._thing(words[at + 1 :]))
            ):
                return reflected(f"{before} {thing}", self.script.reflections)
        return None

    def is_question(self, text: str) -> bool:
        """Whether this is asked, not told."""
        return any(clause.question or clause.words[0] in self.script.questions for clause in self.script.clauses(text))

    def _asks(self, said: Saying) -> bool:
        last = said.clauses[-1]
        return last.question or last.words[0] in self.script.questions or said.text.startswith("/")

    def _thing(self, words: Sequence[str]) -> str | None:
        """The noun that these words begin with, with the adjectives before it."""
        for length, word in enumerate(words[:5], start=1):
            if word.lower() in self.script.adjectives:
                continue
            return " ".join(words[:length]) if self._may_be_thing(word) else None
        return None

    def _may_be_thing(self, word: str) -> bool:
        return bool(TOPIC_WORD.fullmatch(word)) and word.lower() not in self.script.stopwords


def _says_what_somebody_is(words: Sequence[str]) -> bool:
    return bool(WHAT_SOMEBODY_IS.search(" ".join(words)))
