"""The memory half of a store, the same over either database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from ...domain.errors import SessionNotFound
from . import archive, embeddings, erasing, reading, said, sessions, users
from .recording import Recording
from .resolving import resolve
from .workspace import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ...domain.archive import ArchivedMemories
    from ...domain.log import LogEntry
    from ...domain.memory import ConflictResolution, ProcessingResult, Utterance
    from ...domain.recollection import ConflictAnswer, ConflictStatus, KeptConflict, KeptMemory, KeptSummary
    from ...domain.session import Change, MemoryStatus, Session
    from ...domain.user import User
    from ...ports import Clock, Decide, Embedded, MemoryFilter, Owner, Page
    from ..group_commit import GroupCommit
    from ..rows import SessionReader
    from .procedures import Procedure

T = TypeVar("T")


class MemoryRecords(ABC):
    """Implements :class:`~agent_sessions.ports.MemoryStore`.

    Every procedure takes the owner and finds all else by it: this is the one place below which no query reaches
    anybody else's. Writes go through the same queue as those of sessions.
    """

    _clock: Clock
    _commits: GroupCommit

    @abstractmethod
    async def _ask(self, procedure: Procedure[T]) -> T:
        """Run a procedure that only reads; all it reads is of one moment."""

    @abstractmethod
    def _session_reader(self) -> SessionReader:
        """What turns rows into sessions."""

    @abstractmethod
    def _told(self, session: Session) -> Session:
        """The session with what was told of it and is not written."""

    @abstractmethod
    def _over(self) -> tuple[int, int]:
        """This run, and since when (microseconds) others must have given a sign of life to be running."""

    @abstractmethod
    async def get(self, session_id: str) -> Session:
        """Any session. Raises SessionNotFound."""

    async def user(self, owner: Owner) -> User:
        """The user."""
        return await self._ask(users.user(owner))

    async def require_user(self, owner: Owner) -> None:
        """Return if there is this user."""
        await self._ask(number_of(owner))

    async def add_user(self, user: User) -> None:
        """Keep a new user."""
        await self._commits.perform(users.add_user(user))

    async def users(
        self,
        project: str,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        part_of_id: str | None = None,
    ) -> Page[User]:
        """Users of a project, newest first."""
        question = users.UserQuestion(
            project=project, limit=limit, offset=offset, matching=matching, part_of_id=part_of_id
        )
        return await self._ask(users.users(question))

    async def change_user(
        self,
        owner: Owner,
        *,
        new_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        merge_conflicts: bool | None = None,
    ) -> User:
        """Change what is named."""
        change = users.UserChange(new_id=new_id, metadata=metadata, merge_conflicts=merge_conflicts)
        changed: User = await self._commits.perform(users.change_user(owner, change))
        return changed

    async def remove_user(self, owner: Owner) -> None:
        """Erase the user with everything."""
        await self._commits.perform(erasing.remove_user(owner))

    async def session_of(self, owner: Owner, session_id: str) -> Session:
        """The session, alive or not."""
        try:
            session = await self.get(session_id)
        except SessionNotFound:
            session = None
        if session is None or (session.project, session.user_id) != owner:
            await self._ask(number_of(owner))
            raise SessionNotFound(session_id)
        return session

    async def sessions_of(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        matching: Mapping[str, Any] | None = None,
        statuses: Sequence[MemoryStatus] = (),
    ) -> Page[Session]:
        """The user's sessions, newest first; metadata and status as they are written."""
        question = sessions.SessionQuestion(limit=limit, offset=offset, matching=matching, statuses=statuses)
        page = await self._ask(sessions.sessions_of(owner, question, reader=self._session_reader()))
        return type(page)([self._told(session) for session in page.items], page.total)

    async def remove_session(self, owner: Owner, session_id: str) -> None:
        """Erase the session and what was made from it."""
        work = erasing.remove_session(owner, session_id, now=self._clock.now())
        await self._commits.perform(work, session_id=session_id)

    async def change_and_remove_session(self, owner: Owner, session_id: str, rule: Decide) -> Session:
        """Apply the rule to the session and erase it, both or neither."""
        work = erasing.remove_session(owner, session_id, now=self._clock.now())
        last: Session = await self._commits.perform(work, session_id=session_id, rule=rule)
        return last

    async def positions(self, owner: Owner) -> Mapping[str, int]:
        """Session id to the number of its newest row."""
        return await self._ask(said.positions(owner))

    async def messages_page(self, owner: Owner, session_id: str, *, limit: int, offset: int = 0) -> Page[LogEntry]:
        """The session's messages, oldest first."""
        return await self._ask(said.messages_page(owner, session_id, limit=limit, offset=offset))

    async def last_messages(self, owner: Owner, *, limit: int) -> Sequence[LogEntry]:
        """The newest messages over all sessions, oldest first."""
        return await self._ask(said.last_messages(owner, limit=limit))

    async def record(
        self, owner: Owner, session_id: str, *, rule: Decide, result: ProcessingResult, now: datetime
    ) -> Session:
        """Apply the rule and keep the result, both or neither."""
        await self.session_of(owner, session_id)

        def decide(session: Session) -> Change | None:
            if (session.project, session.user_id) != owner:
                raise SessionNotFound(session_id)
            return rule(session)

        work = Recording(owner, result, now).run()
        changed: Session = await self._commits.perform(work, session_id=session_id, rule=decide)
        return changed

    async def processing(self) -> Sequence[tuple[Owner, str]]:
        """Sessions that are being processed by a process that no longer runs."""
        run, since = self._over()
        return await self._ask(sessions.being_processed(run=run, since=since))

    async def current_memories(self, owner: Owner) -> Sequence[KeptMemory]:
        """All current memories, oldest first."""
        return await self._ask(reading.current_memories(owner))

    async def memories(self, owner: Owner, which: MemoryFilter, *, limit: int, offset: int = 0) -> Page[KeptMemory]:
        """Current facts, newest first."""
        return await self._ask(reading.memories(owner, which, limit=limit, offset=offset))

    async def memory(self, owner: Owner, memory_id: str) -> KeptMemory:
        """This very version."""
        return await self._ask(reading.memory(owner, memory_id))

    async def memories_by_id(self, owner: Owner, memory_ids: Sequence[str]) -> Mapping[str, KeptMemory]:
        """These versions, by id."""
        return await self._ask(reading.memories_by_id(owner, memory_ids))

    async def versions(self, owner: Owner, lineages: Sequence[str]) -> Mapping[str, Sequence[KeptMemory]]:
        """All versions by lineage, newest first."""
        return await self._ask(reading.versions(owner, lineages))

    async def connected(self, owner: Owner, memory_ids: Sequence[str]) -> Mapping[str, Sequence[KeptMemory]]:
        """The current memories connected with each of these."""
        return await self._ask(reading.connected(owner, memory_ids))

    async def remove_memory(self, owner: Owner, memory_id: str, *, with_previous: bool) -> None:
        """Forget this version, or it and all before it."""
        work = erasing.remove_memory(owner, memory_id, with_previous=with_previous, now=self._clock.now())
        await self._commits.perform(work)

    async def conflict(self, owner: Owner, conflict_id: str) -> KeptConflict:
        """The conflict."""
        return await self._ask(reading.conflict(owner, conflict_id))

    async def conflicts(
        self,
        owner: Owner,
        *,
        limit: int,
        offset: int = 0,
        status: ConflictStatus | None = None,
        by_resolution: bool = False,
        ascending: bool = False,
    ) -> Page[KeptConflict]:
        """Conflicts, newest first unless ``ascending``."""
        question = reading.ConflictQuestion(
            limit=limit, offset=offset, status=status, by_resolution=by_resolution, ascending=ascending
        )
        return await self._ask(reading.conflicts(owner, question))

    async def resolve(
        self, owner: Owner, resolution: ConflictResolution, *, answers: Sequence[ConflictAnswer], now: datetime
    ) -> KeptConflict:
        """Apply the resolution and close the conflict, both or neither."""
        kept: KeptConflict = await self._commits.perform(resolve(owner, resolution, answers=answers, now=now))
        return kept

    async def summaries(
        self, owner: Owner, *, limit: int | None = None, session_ids: Sequence[str] | None = None
    ) -> Sequence[KeptSummary]:
        """Summaries, newest session first."""
        return await self._ask(reading.summaries(owner, limit=limit, session_ids=session_ids))

    async def messages_at(self, owner: Owner, places: Sequence[tuple[str, int]]) -> Sequence[LogEntry]:
        """The messages at these places."""
        return await self._ask(said.messages_at(owner, places))

    async def utterances(self, owner: Owner, *, unprocessed_only: bool = False) -> Sequence[Utterance]:
        """Everything said in the user's sessions, oldest session first."""
        return await self._ask(said.utterances(owner, unprocessed_only=unprocessed_only))

    async def embeddings(self, owner: Owner, *, model: str) -> Mapping[str, bytes]:
        """All of the owner's vectors by this model, by digest."""
        return await self._ask(embeddings.embeddings(owner, model=model))

    async def keep_embeddings(self, owner: Owner, embedded: Sequence[Embedded], *, model: str) -> None:
        """Keep vectors of what is still there."""
        await self._commits.perform(embeddings.keep_embeddings(owner, embedded, model=model))

    async def archived_sessions(self, owner: Owner) -> Sequence[Session]:
        """All sessions, in the order they were made."""
        return [self._told(each) for each in await self._ask(archive.sessions(owner, reader=self._session_reader()))]

    async def archived_memories(self, owner: Owner) -> ArchivedMemories:
        """All that was made of the owner's conversations."""
        return await self._ask(archive.memories(owner))

    async def restore_user(self, user: User) -> bool:
        """Keep the user, unless there is one of this id."""
        new: bool = await self._commits.perform(archive.restore_user(user))
        return new

    async def restore_log(self, entries: Sequence[LogEntry]) -> None:
        """Keep rows of sessions that are not there yet."""
        await self._commits.perform(archive.restore_log(entries))

    async def restore_sessions(self, sessions: Sequence[Session]) -> int:
        """Keep sessions whose logs are there, unless they are there too."""
        run, _ = self._over()
        new: int = await self._commits.perform(archive.restore_sessions(sessions, run=run))
        return new

    async def restore_memories(self, owner: Owner, archived: ArchivedMemories) -> int:
        """Keep what is not there of these."""
        new: int = await self._commits.perform(archive.restore_memories(owner, archived))
        return new
