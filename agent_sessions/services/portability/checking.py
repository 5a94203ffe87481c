"""Whether a file holds everything of one user, whole, before any of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from ...domain.archive import ArchivedConnection, ArchivedMemories, ArchivedMemory, Record
from ...domain.errors import AgentSessionsError
from ...domain.log import LogEntry
from ...domain.memory import SessionSummary
from ...domain.recollection import KeptConflict
from ...domain.session import Session
from ...domain.user import User
from ...ports import Owner
from .lines import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORM = 1
"""The version of the form. A file of another is refused."""
NOBODY = Owner("", "")


class UnreadableFile(AgentSessionsError):
    """A file cannot be imported. The message names the line and what is wrong; nothing was written."""

    code = "UNREADABLE_FILE"

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


def records(lines: Iterable[bytes]) -> Iterator[tuple[int, Record | Mapping[str, Any]]]:
    """Each record with its line; first and last line as they are. Raises UnreadableFile."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            plain = orjson.loads(line)
            yield number, plain if plain["record"] in ("export", "end") else record_of(plain)
        except KeyError as error:
            raise UnreadableFile(number, f"has no member {error}") from error
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UnreadableFile(number, str(error)) from error


@dataclass(slots=True)
class Checked:
    """What was read so far, held against what must be so in a whole file."""

    owner: Owner = NOBODY
    lines: int = 0
    users: int = 0
    rows: int = 0
    open: Session | None = None
    made: list[tuple[int, Record]] = field(default_factory=list)
    ended: bool = False

    def take(self, number: int, record: Record | Mapping[str, Any]) -> None:
        """One more record. Raises UnreadableFile when it cannot stand here."""
        self.lines = number
        if self.ended:
            raise UnreadableFile(number, "comes after the end")
        if self.owner is NOBODY:
            self._begin(number, record)
        elif isinstance(record, LogEntry):
            self._row(number, record)
        else:
            self._close(number)
            self._other(number, record)

    def whole(self) -> None:
        """Raise UnreadableFile unless everything is there."""
        if not self.ended:
            raise UnreadableFile(self.lines + 1, "the file ends before its end; was it written to the end?")
        if self.users != 1:
            raise UnreadableFile(self.lines, f"the file holds {self.users} users, not one")
        following = {each.memory.id: each.replaced_by for _, each in self._of(ArchivedMemory)}
        for number, each in self._of(ArchivedMemory):
            if each.replaced_by is not None and each.replaced_by not in following:
                raise UnreadableFile(number, f"memory {each.memory.id} was replaced by one that is not in the file")
            if _in_circles(each.memory.id, following):
                raise UnreadableFile(number, f"memory {each.memory.id} follows itself")

    def memories(self) -> ArchivedMemories:
        """What was made of the conversations."""
        return ArchivedMemories(
            memories=tuple(each for _, each in self._of(ArchivedMemory)),
            connections=tuple(each for _, each in self._of(ArchivedConnection)),
            conflicts=tuple(each for _, each in self._of(KeptConflict)),
            summaries=tuple(each for _, each in self._of(SessionSummary)),
        )

    def _begin(self, number: int, record: Record | Mapping[str, Any]) -> None:
        if not isinstance(record, dict) or record["record"] != "export":
            raise UnreadableFile(number, "is not the first line of an export of agent-sessions")
        if record.get("form") != FORM:
            raise UnreadableFile(number, f"this version reads exports of form {FORM}, not {record.get('form')}")
        self.owner = Owner(str(record.get("project")), str(record.get("user_id")))

    def _row(self, number: int, entry: LogEntry) -> None:
        if self.open is None or entry.session_id != self.open.id:
            raise UnreadableFile(number, "a row of a log must follow its session")
        self.rows += 1
        if entry.seq != self.rows:
            raise UnreadableFile(number, f"row {self.rows} of session {self.open.id} is missing")

    def _close(self, number: int) -> None:
        """The log of the session before must be whole."""
        if self.open is not None and self.rows != self.open.last_seq:
            raise UnreadableFile(number, f"row {self.rows + 1} of session {self.open.id} is missing")
        self.open, self.rows = None, 0

    def _other(self, number: int, record: Record | Mapping[str, Any]) -> None:
        if isinstance(record, dict):
            if record["record"] != "end" or record.get("lines") != number - 1:
                raise UnreadableFile(number, "lines are missing before this one")
            self.ended = True
        elif isinstance(record, User | Session):
            whose = (record.project, record.id if isinstance(record, User) else record.user_id)
            if whose != self.owner:
                raise UnreadableFile(number, "belongs to another user than the file")
            if isinstance(record, User):
                self.users += 1
            else:
                self._open(number, record)
        else:
            self.made.append((number, record))  # type: ignore[arg-type]  # rows were dealt with before

    def _open(self, number: int, session: Session) -> None:
        if not self.users:
            raise UnreadableFile(number, "a session before its user")
        self.open = session

    def _of(self, kind: type[Any]) -> Iterator[tuple[int, Any]]:
        return ((number, record) for number, record in self.made if isinstance(record, kind))


def _in_circles(memory_id: str, following: Mapping[str, str | None]) -> bool:
    """Whether going on from version to version comes to no end."""
    steps, at = 0, following[memory_id]
    while at is not None and steps <= len(following):
        steps, at = steps + 1, following.get(at)
    return at is not None
