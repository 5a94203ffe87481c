"""The documents of one index by number, in columns: who said what when, and what stands beside it.

Holds no text. A number is given once and not again until the shelf is tidied.
"""

from __future__ import annotations

from array import array
from bisect import insort
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent_sessions.domain.memory import Role
from agent_sessions.recall.search.document import Document, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS = tuple(Kind)
ROLES: tuple[Role | None, ...] = (None, Role.USER, Role.ASSISTANT)
GONE = 255
NOBODY = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 65_535


def microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


class Shelf:
    """Columns, all as long as the highest number; ``kinds`` is GONE where a document was removed."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.ids: list[str] = []
        self.times = array("q")
        self.kinds = array("B")
        self.roles = array("B")
        self.speakers = array("H")
        self.lengths = array("H")
        self.traits = array("B")
        self.sessions = array("i")
        self.seqs = array("q")
        self.places = array("I")
        self.speaker_names: list[str] = [""]
        self.session_ids: list[str] = []
        self.turns: list[array[int]] = []
        self.total_length = 0
        self._session_numbers: dict[str, int] = {}
        self._speaker_numbers: dict[str, int] = {"": NOBODY}
        self._said_by: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def gone(self) -> int:
        """How many numbers stand for documents removed."""
        return len(self.ids) - len(self.numbers)

    def put(self, document: Document, *, length: int, traits: int) -> int:
        """The number of a document not yet on the shelf; ``length`` in terms."""
        number = len(self.ids)
        self.numbers[document.id] = number
        self.ids.append(document.id)
        self.times.append(microseconds(document.at))
        self.kinds.append(KINDS.index(document.kind))
        self.roles.append(ROLES.index(document.role))
        self.speakers.append(self._speaker(document.speaker))
        self.lengths.append(min(length, _LONGEST))
        self.traits.append(traits)
        self.seqs.append(document.seq)
        self.sessions.append(self._session(document.session_id))
        self.places.append(0)
        self.total_length += self.lengths[number]
        if document.kind is Kind.MESSAGE:
            self._seat(number)
        return number

    def take(self, document_id: str) -> bool:
        """Remove a document; False where there is none of that id."""
        number = self.numbers.pop(document_id, None)
        if number is None:
            return False
        self.total_length -= self.lengths[number]
        self._said_by[self.speakers[number]] -= 1
        if KINDS[self.kinds[number]] is Kind.MESSAGE:
            self._unseat(number)
        self.kinds[number] = GONE
        self.ids[number] = ""
        return True

    def living(self) -> Iterator[int]:
        return (number for number, kind in enumerate(self.kinds) if kind != GONE)

    def speakers_now(self) -> dict[int, str]:
        """Number and name of the speakers that at least one document has, by name."""
        present = [speaker for speaker, said in self._said_by.items() if said and speaker != NOBODY]
        return {speaker: self.speaker_names[speaker] for speaker in sorted(present, key=self.speaker_names.__getitem__)}

    def around(self, number: int, reach: int) -> Sequence[int]:
        """The turns at most ``reach`` away in the same session, itself among them, in order."""
        if self.kinds[number] != 0:
            return (number,)
        place = self.places[number]
        return self.turns[self.sessions[number]][max(0, place - reach) : place + reach + 1]

    def at(self, number: int) -> datetime:
        return _EPOCH + timedelta(microseconds=self.times[number])

    def tidy(self) -> dict[int, int]:
        """Close the gaps removed documents left; returns old number to new, which rise together."""
        moved = {number: place for place, number in enumerate(self.living())}
        for name in ("times", "kinds", "roles", "speakers", "lengths", "traits", "sessions", "seqs", "places"):
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, [column[number] for number in moved]))
        self.ids = [self.ids[number] for number in moved]
        self.numbers = {document_id: number for number, document_id in enumerate(self.ids)}
        self.turns = [array("I", [moved[number] for number in turns]) for turns in self.turns]
        return moved

    def _session(self, session_id: str) -> int:
        known = self._session_numbers.get(session_id)
        if known is None:
            known = self._session_numbers[session_id] = len(self.session_ids)
            self.session_ids.append(session_id)
            self.turns.append(array("I"))
        return known

    def _speaker(self, name: str | None) -> int:
        number = self._speaker_numbers.setdefault(name or "", len(self.speaker_names))
        if number == len(self.speaker_names):
            self.speaker_names.append(name or "")
        self._said_by[number] = self._said_by.get(number, 0) + 1
        return number

    def _order(self, number: int) -> tuple[int, str]:
        return self.seqs[number], self.ids[number]

    def _seat(self, number: int) -> None:
        turns = self.turns[self.sessions[number]]
        if not turns or self._order(turns[-1]) < self._order(number):
            self.places[number] = len(turns)
            turns.append(number)
        else:
            insort(turns, number, key=self._order)
            self._number_places(turns)

    def _unseat(self, number: int) -> None:
        turns = self.turns[self.sessions[number]]
        del turns[self.places[number]]
        self._number_places(turns)

    def _number_places(self, turns: array[int]) -> None:
        for place, number in enumerate(turns):
            self.places[number] = place
