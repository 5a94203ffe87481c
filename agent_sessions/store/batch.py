"""What happens inside one transaction: rules applied one after another to working copies, and what is then written.

Pure computation; knows neither databases nor tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..domain.errors import SessionNotFound
from ..domain.session import MemoryStatus
from ..ports import Repeated
from . import rows

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..domain.log import LogEntry
    from ..domain.session import Change, Session
    from ..ports import Decide
    from .memory.procedures import Procedure

CREATIONS = ""
"""The scope of idempotency keys under which sessions were made; a message's key has its session's id as scope."""


class Key(NamedTuple):
    """An idempotency key and where it counts."""

    scope: str
    key: str


class Used(NamedTuple):
    """What was written under a key."""

    session_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Upshot:
    """What a piece of work did. ``answer``: what whoever asked for it is told.

    ``erased``: the rows that sessions had until then; ``renamed``: ids of sessions whose user goes by ``user_id`` now;
    ``added``: sessions brought in as they were elsewhere; ``rewritten``: ids of sessions whose logs lost messages.
    """

    answer: Any = None
    erased: Sequence[Sequence[Any]] = ()
    renamed: Sequence[str] = ()
    user_id: str = ""
    added: Sequence[Session] = ()
    rewritten: Sequence[str] = ()

    @property
    def other_logs(self) -> list[str]:
        """Ids of the sessions whose logs are not what they were with more rows."""
        return [*(row[0] for row in self.erased), *self.rewritten, *(session.id for session in self.added)]


@dataclass(slots=True, eq=False)
class Operation:
    """One write that somebody waits for: a new session (``new``), or a rule for the session ``session_id``.

    ``told``: instead of either, sessions whose renewals were told already and are to be written; done with None.
    ``work``: what is done beside, in a transaction that this operation has for itself. It is left undone where there is
    a rule and that finds nothing to do; its answer takes the place of the session where there is no rule.
    """

    session_id: str
    done: asyncio.Future[Any]
    rule: Decide | None = None
    new: Change | None = None
    idempotency_key: str | None = None
    work: Procedure[Upshot] | None = None
    told: Sequence[str] = ()

    @property
    def key(self) -> Key | None:
        """The idempotency key with its scope."""
        if self.idempotency_key is None:
            return None
        return Key(CREATIONS if self.new else self.session_id, self.idempotency_key)


@dataclass(slots=True)
class Wanted:
    """What operations need to know: these sessions, and what was written under these keys."""

    sessions: list[str]
    keys: list[Key]


@dataclass(slots=True)
class Told:
    """A renewal somebody was told of that is not written: the session before it and after it, and its row, if any.

    ``since``: when the first of the renewals that it sums up was told.
    """

    durable: Session
    session: Session
    entry: LogEntry | None
    since: datetime


@dataclass(slots=True)
class Loaded:
    """What the database knows of what was wanted. ``told`` goes into the transaction before anything else."""

    sessions: dict[str, Session]
    used: dict[Key, Used]
    told: Mapping[str, Told] = field(default_factory=dict)


@dataclass(slots=True)
class Writes:
    """What one transaction writes, as rows, and what becomes known after its commit.

    ``before`` and ``after``: each session as it was durable (None: it is new) and as it becomes. ``published``: the
    changes in order, with the rows each added to a log.
    """

    created: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    rewritten: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    moved: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    keys: list[tuple[str, str, str, int]] = field(default_factory=list)
    webhooks: list[tuple[Any, ...]] = field(default_factory=list)
    before: dict[str, Session | None] = field(default_factory=dict)
    after: dict[str, Session] = field(default_factory=dict)
    published: list[tuple[Session, tuple[LogEntry, ...]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.published)


def wanted_by(operations: list[Operation]) -> Wanted:
    """What must be loaded before these operations can be applied."""
    sessions = dict.fromkeys(operation.session_id for operation in operations if operation.rule is not None)
    for operation in operations:
        if operation.told:
            sessions |= dict.fromkeys(operation.told)
    return Wanted(list(sessions), [key for operation in operations if (key := operation.key) is not None])


class Batch:
    """Applies operations in order; each sees what those before it did."""

    def __init__(self, loaded: Loaded, *, run: int) -> None:
        self.writes = Writes()
        self._run = run
        self._sessions = loaded.sessions
        self._used = loaded.used
        self._claimed: set[str] = set()
        self._begun: set[str] = set()
        for told in loaded.told.values():
            self._record(told.durable, told.session, (told.entry,) if told.entry else ())
        self._told = len(self.writes.published)

    @property
    def changed(self) -> bool:
        """Whether any operation changed anything."""
        return len(self.writes.published) > self._told

    def apply(self, operation: Operation) -> Session | None:
        """What the operation returns. What it raises leaves no trace in the batch."""
        if operation.told:
            return None  # what was told is in the batch from the beginning
        return self._create(operation, operation.new) if operation.new else self._change(operation)

    def _create(self, operation: Operation, new: Change) -> Session:
        key = operation.key
        if key is not None and (used := self._used.get(key)):
            return self._session(used.session_id)
        self._record(None, new.session, new.entries)
        self._use(key, new)
        return new.session

    def _change(self, operation: Operation) -> Session:
        before, key = self._session(operation.session_id), operation.key
        if key is not None and (used := self._used.get(key)):
            raise Repeated(used.session_id, used.seq)
        assert operation.rule is not None
        change = operation.rule(before)
        if change is None:
            return before
        self._record(before, change.session, change.entries)
        self._use(key, change)
        return change.session

    def _session(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            raise SessionNotFound(session_id)
        return session

    def _use(self, key: Key | None, change: Change) -> None:
        if key is None or not change.entries:
            return
        used = self._used[key] = Used(change.session.id, change.entries[0].seq)
        self.writes.keys.append((*key, *used))

    def _record(self, before: Session | None, after: Session, entries: tuple[LogEntry, ...]) -> None:
        """Note what is to be written. Encodes first, so that what cannot be stored is refused without a trace."""
        log = [rows.entry_row(entry) for entry in entries]
        self._place(before, after)
        writes = self.writes
        writes.log += log
        writes.before.setdefault(after.id, before)
        writes.after[after.id] = self._sessions[after.id] = after
        writes.published.append((after, entries))

    def _place(self, before: Session | None, after: Session) -> None:
        """Keep the session's row with those to insert, to rewrite or to move, in place of an earlier one."""
        writes, session_id = self.writes, after.id
        claims = session_id in self._claimed or _claims(before, after)
        begins = session_id in self._begun or _begins(before, after)
        if before is None or session_id in writes.created:
            writes.created[session_id] = rows.session_row(after, run=self._run, claims=claims, begins=begins)
        elif session_id in writes.rewritten or not rows.only_moved(before, after):
            writes.rewritten[session_id] = rows.session_row(after, run=self._run, claims=claims, begins=begins)
            writes.moved.pop(session_id, None)
        else:
            writes.moved[session_id] = rows.moving_row(after, run=self._run, claims=claims, begins=begins)
        if claims:
            self._claimed.add(session_id)
        if begins:
            self._begun.add(session_id)


def _claims(before: Session | None, after: Session) -> bool:
    """Whether a message begins to wait for its reply."""
    waited = before.awaiting if before else ()
    if after.awaiting is waited:
        return False
    return len(after.awaiting) > len(waited) or not set(after.awaiting).issubset(waited)


def _begins(before: Session | None, after: Session) -> bool:
    """Whether the conversation begins to be processed."""
    processing = MemoryStatus.PROCESSING
    return after.processing.status is processing and (before is None or before.processing.status is not processing)
