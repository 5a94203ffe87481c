"""Everything of a user out of a database as lines of JSON, and into one again, as it was.

A file is read twice: first all of it is checked, so that a mistake is told before anything is written; then it is
written in pieces. A session's log is written before the session, and what is there already stays as it is: so an import
that was broken off is simply begun again, and one that is repeated changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...domain.errors import AlreadyExists, SessionNotFound
from ...domain.log import LogEntry
from ...domain.session import Session
from ...domain.user import User
from ..backends import nothing_to_forget
from .checking import FORM, Checked, records
from .lines import dumped, line_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from ...domain.archive import ArchivedMemories, Record
    from ...ports import Owner, Store
    from ..backends import Forget

ROWS = 1_000
"""How many rows of logs are read, or written, at a time."""

Progress = Callable[[int, int], None]
"""Told how much is done, of how much in all: sessions when writing a file, lines when reading one."""


@dataclass(slots=True)
class Imported:
    """What an import did: whose it was, what was new, and what was there already and stayed as it is."""

    owner: Owner
    users: int = 0
    sessions: int = 0
    memories: int = 0
    known_sessions: int = 0

    @property
    def new(self) -> int:
        """How many records were not there."""
        return self.users + self.sessions + self.memories


def nobody(_done: int, _of: int) -> None:
    """Where nobody wants to know how far it is."""


class Portability:
    """Exports and imports users. ``forget``: told of whose memories changed, so that no index is out of date."""

    def __init__(self, store: Store, *, forget: Forget = nothing_to_forget) -> None:
        self._store = store
        self._forget = forget

    async def export(self, owner: Owner, *, progress: Progress = nobody) -> AsyncIterator[str]:
        """The lines of the file, without their ends. Raises UserNotFound before the first."""
        user = await self._store.user(owner)
        sessions = await self._store.archived_sessions(owner)
        yield dumped({"record": "export", "form": FORM, "project": owner.project, "user_id": owner.user_id})
        yield line_of(user)
        lines = 2
        for done, session in enumerate(sessions):
            progress(done, len(sessions))
            yield line_of(session)
            lines += 1
            async for entry in self._log(session):
                yield line_of(entry)
                lines += 1
        progress(len(sessions), len(sessions))
        for record in _flat(await self._store.archived_memories(owner)):
            yield line_of(record)
            lines += 1
        yield dumped({"record": "end", "lines": lines})

    async def import_(self, lines: Callable[[], Iterable[bytes]], *, progress: Progress = nobody) -> Imported:
        """Write what the lines say; ``lines`` gives them anew each time it is called.

        Raises UnreadableFile before anything is written, and AlreadyExists for a session that is somebody else's.
        """
        checked = Checked()
        for number, record in records(lines()):
            checked.take(number, record)
        checked.whole()
        imported = Imported(checked.owner)
        loading = _Loading(self._store, imported)
        for number, record in records(lines()):
            await loading.take(record)
            progress(number, checked.lines)
        await loading.finish()
        imported.memories = await self._store.restore_memories(checked.owner, checked.memories())
        await self._forget(checked.owner)
        return imported

    async def _log(self, session: Session) -> AsyncIterator[LogEntry]:
        """The rows that the session knows of."""
        after = 0
        while after < session.last_seq:
            entries = await self._store.log(session.id, after=after, limit=ROWS)
            if not entries:
                return
            for entry in entries:
                if entry.seq <= session.last_seq:
                    yield entry
            after = entries[-1].seq


def _flat(archived: ArchivedMemories) -> Iterator[Record]:
    yield from archived.memories
    yield from archived.connections
    yield from archived.conflicts
    yield from archived.summaries


class _Loading:
    """Writes users at once, sessions with their logs in pieces: first the rows, then the sessions that are whole."""

    def __init__(self, store: Store, imported: Imported) -> None:
        self._store = store
        self._imported = imported
        self._skipping = False
        self._rows: list[LogEntry] = []
        self._sessions: list[Session] = []

    async def take(self, record: Record | Mapping[str, Any]) -> None:
        """One more record, checked before."""
        if isinstance(record, LogEntry):
            await self._row(record)
        elif isinstance(record, Session):
            await self._begin(record)
        elif isinstance(record, User):
            self._imported.users += await self._store.restore_user(record)

    async def finish(self) -> None:
        """Write what is left."""
        await self._write_rows()
        await self._write_sessions()

    async def _begin(self, session: Session) -> None:
        if len(self._rows) + len(self._sessions) >= ROWS:
            await self.finish()
        self._skipping = await self._is_known(session)
        if self._skipping:
            self._imported.known_sessions += 1
        else:
            self._sessions.append(session)

    async def _is_known(self, session: Session) -> bool:
        try:
            known = await self._store.get(session.id)
        except SessionNotFound:
            return False
        if (known.project, known.user_id) != (session.project, session.user_id):
            raise AlreadyExists(f"Session {session.id} is there already, and somebody else's")
        return True

    async def _row(self, entry: LogEntry) -> None:
        if self._skipping:
            return
        self._rows.append(entry)
        if len(self._rows) >= 2 * ROWS:
            await self._write_rows()

    async def _write_rows(self) -> None:
        if self._rows:
            await self._store.restore_log(self._rows)
        self._rows = []

    async def _write_sessions(self) -> None:
        if self._sessions:
            self._imported.sessions += await self._store.restore_sessions(self._sessions)
        self._sessions = []
