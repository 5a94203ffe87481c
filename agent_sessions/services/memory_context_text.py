"""How the parts of a context are written down for a language model to read: plain text with headings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ..domain.log import Author, Message
from ..domain.memory import Role
from ..domain.utterances import backdating
from .excerpts import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from ..domain.log import LogEntry
    from ..domain.recalled import Recalled
    from ..domain.recollection import KeptConflict, KeptMemory, KeptSummary
    from .memory_context_parts import FoundMemory, FoundSummary, Ongoing

AUTHORS = {Author.USER: "User", Author.AGENT: "Assistant"}
ROLES = {Role.USER: "User", Role.ASSISTANT: "Assistant", None: "User"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes parts with their times in ``zone``. ``query``: what was asked, to quote long messages where they bear on
    it."""

    zone: tzinfo
    query: str

    def memories(self, found: Sequence[FoundMemory]) -> str:
        """Numbered, best first, with versions and connected memories."""
        title = "## Memories about the user"
        if not found:
            return f"{title}\n\nNo memories about the user bear on this."
        blocks = ["\n".join(self._memory(number, each)) for number, each in enumerate(found, 1)]
        return "\n\n".join([title, *blocks])

    def summaries(self, found: Sequence[FoundSummary]) -> str:
        """Sessions that bear on the question, each with the memories made of it."""
        title = "## Summaries of earlier conversations"
        if not found:
            return f"{title}\n\nNo summary of an earlier conversation bears on this."
        return "\n\n".join([title, *("\n".join(self._summary(each)) for each in found)])

    def messages(self, found: Sequence[Recalled]) -> str:
        """What was said in earlier sessions, word for word, in the order it was said."""
        title = "## What was said in earlier conversations"
        if not found:
            return f"{title}\n\nNothing that was said in earlier conversations bears on this."
        lines = (self._quote(each) for each in sorted(found, key=lambda each: (each.start, each.id)))
        return "\n\n".join([title, "\n".join(lines)])

    def ongoing(self, conversations: Sequence[Ongoing]) -> str:
        """Conversations that are not memories yet."""
        title = "## Ongoing conversations"
        if not conversations:
            return f"{title}\n\nThere are no other conversations that are not memories yet."
        return "\n\n".join([title, *("\n".join(self._conversation(each)) for each in conversations)])

    def conflicts(self, conflicts: Sequence[KeptConflict]) -> str:
        """Contradictions that wait for somebody to settle them."""
        title = "## Open contradictions"
        if not conflicts:
            return f"{title}\n\nNothing known about the user contradicts itself."
        return "\n\n".join([title, *("\n".join(_conflict(each)) for each in conflicts)])

    def last_messages(self, entries: Sequence[LogEntry]) -> str:
        """The newest messages over all sessions."""
        title = f"## Last {len(entries)} messages" if entries else "## Last messages"
        lines = [self._entry(entry) for entry in entries]
        return f"{title}\n\n" + ("\n".join(lines) or "The user has not said anything yet.")

    def last_summaries(self, summaries: Sequence[KeptSummary]) -> str:
        """The summaries of the newest sessions."""
        title = f"## Last {len(summaries)} summaries" if summaries else "## Last summaries"
        lines = [f"- {self.span(each.summary.start, each.summary.end)}: {each.summary.text}" for each in summaries]
        return f"{title}\n\n" + ("\n".join(lines) or "No conversation has been summarised yet.")

    def at(self, instant: datetime) -> str:
        """Such as ``2023/03/22 12:00 AM``."""
        return f"{instant.astimezone(self.zone):%Y/%m/%d %I:%M %p}"

    def day(self, instant: datetime) -> str:
        """Such as ``2023/03/22``."""
        return f"{instant.astimezone(self.zone):%Y/%m/%d}"

    def span(self, start: datetime, end: datetime) -> str:
        """From when to when."""
        return f"{self.at(start)} - {self.at(end)}"

    def _memory(self, number: int, found: FoundMemory) -> Iterator[str]:
        kept = found.kept
        yield f"{number}. {kept.memory.content}"
        similarity = [] if found.similarity is None else [f"Similarity: {found.similarity:.3f}"]
        event = f"Event: {self.span(kept.memory.event_start, kept.memory.event_end)}"
        version = f"Version {kept.version} of {kept.total_versions} (CURRENT_VERSION)"
        yield "   " + " | ".join([*similarity, event, version])
        for old in found.previous:
            yield f"   - {self._version(old)}"
        if found.connected:
            yield "   Connected memories:"
        for place, other in enumerate(found.connected, 1):
            yield f"   {number}.{place}. {other.memory.content}"
            yield f"        Event: {self.span(other.memory.event_start, other.memory.event_end)}"

    def _version(self, old: KeptMemory) -> str:
        until = f", until {self.at(old.expired_at)}" if old.expired_at else ""
        reason = f" ({old.expiry_reason.value})" if old.expiry_reason else ""
        event = self.span(old.memory.event_start, old.memory.event_end)
        return f"Version {old.version}{until}{reason}: {old.memory.content} | Event: {event}"

    def _summary(self, found: FoundSummary) -> Iterator[str]:
        summary = found.kept.summary
        similarity = "" if found.similarity is None else f" | Similarity: {found.similarity:.3f}"
        yield f"- {self.span(summary.start, summary.end)}{similarity}"
        yield f"  {summary.text}"
        for kept in found.memories:
            yield f"  - {kept.memory.content} ({self.day(kept.memory.event_start)})"

    def _conversation(self, conversation: Ongoing) -> Iterator[str]:
        yield f"Conversation of {self.at(conversation.session.created_at)}:"
        if conversation.left_out:
            yield "(earlier messages left out)"
        for entry in conversation.messages:
            yield self._entry(entry, backdating(conversation.session))

    def _entry(self, entry: LogEntry, earlier: timedelta = timedelta(0)) -> str:
        assert isinstance(entry.fact, Message)
        return f"[{self.at(entry.at - earlier)}] {AUTHORS[entry.fact.author]}: {entry.fact.text}"

    def _quote(self, said: Recalled) -> str:
        return f"- [{self.at(said.start)}] {ROLES[said.role]}: {excerpt(said.text, self.query)}"


def _conflict(kept: KeptConflict) -> Iterator[str]:
    conflict = kept.conflict
    yield f"- New: {conflict.proposed.content}"
    for known in conflict.conflicting:
        yield f"  Known: {known.content} ({known.reason})"
    for question in conflict.questions:
        yield f"  To be asked: {question.question} {' / '.join(question.options)}"
