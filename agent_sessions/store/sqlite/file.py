"""One SQLite file: its lock against other processes, its one writing connection, its readers, and their threads."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from ...domain.errors import StoreInUse, StoreUnavailable
from ..failures import OutOfReach
from .failures import translated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

T = TypeVar("T")

MILLISECOND = timedelta(milliseconds=1)

READERS = 3
"""Threads that read. More only take turns: Python runs one at a time."""

CHECKPOINT_AT = 32 * 2**20
"""Bytes of the write-ahead log at which it is moved into the file. Larger moves are fewer and cost less in all, because
a page that was written several times is moved once."""

FRAME = 4096 + 24
"""Bytes of a page in the write-ahead log."""

FRAMES_AT = 16
"""Where the index of the write-ahead log (``-shm``) counts its frames: "mxFrame" of sqlite.org/walformat.html."""

WRITER_CACHE = 65_536
"""KiB of pages the writer keeps: enough for the inner pages of a million sessions' indexes."""


class SqliteFile:
    """Runs functions with a connection, in the thread where they belong. Errors come out translated."""

    def __init__(self, path: Path, *, busy_timeout: timedelta) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        self._log_index = f"{path}-shm"
        self._lock = FileLock(f"{path}.lock", timeout=0, thread_local=False)
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._engine: Engine | None = None
        self._write_thread: ThreadPoolExecutor | None = None
        self._checkpoint_thread: ThreadPoolExecutor | None = None
        self._checkpointing = False
        self._read_threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Take the file. Raises StoreInUse when another process has it."""
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._checkpoint_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-checkpoint")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        try:
            await asyncio.get_running_loop().run_in_executor(self._write_thread, self._take)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the file, after whatever is still being read or written."""
        loop = asyncio.get_running_loop()
        if self._read_threads is not None:
            await asyncio.to_thread(self._read_threads.shutdown)
        if (checkpoints := self._checkpoint_thread) is not None:
            self._checkpoint_thread = None
            await asyncio.to_thread(checkpoints.shutdown)
        if self._write_thread is not None:
            await loop.run_in_executor(self._write_thread, self._release)
            await asyncio.to_thread(self._write_thread.shutdown)
        self._read_threads = self._write_thread = None

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run this with the writing connection, alone. A transaction it leaves open by an error is rolled back."""
        return await self._run(self._write_thread, self._written, work)

    async def write_core(self, work: Callable[[Connection], T]) -> T:
        """Run this in a transaction of SQLAlchemy over the same connection, alone."""
        return await self._run(self._write_thread, self._written_core, work)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run this with a connection that can only read, beside writers and other readers."""
        return await self._run(self._read_threads, self._read, work)

    async def _run(
        self, threads: ThreadPoolExecutor | None, how: Callable[[Callable[..., T]], T], work: Callable[..., T]
    ) -> T:
        if threads is None:
            raise StoreUnavailable("The store is closed")
        return await asyncio.get_running_loop().run_in_executor(threads, how, work)

    def _written(self, work: Callable[[sqlite3.Connection], T]) -> T:
        assert self._writer is not None
        with translated(self.path):
            try:
                result = work(self._writer)
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        self._checkpoint_if_large()
        return result

    def _checkpoint_if_large(self) -> None:
        """Have the write-ahead log moved into the file beside the writer, which would stand still for a second else."""
        if not self._checkpointing and self._checkpoint_thread is not None and self._log_size() >= CHECKPOINT_AT:
            self._checkpointing = True
            self._checkpoint_thread.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        """Move what is there, then, with the writer standing still, the little that came meanwhile: only a log that
        was moved whole is begun anew. Its file is kept and written over, which costs the system less than to make it
        grow again. What fails is moved the next time."""
        try:
            with suppress(sqlite3.Error), closing(self._connect()) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            assert self._write_thread is not None
            self._write_thread.submit(self._finish_checkpoint).result()
        finally:
            self._checkpointing = False

    def _finish_checkpoint(self) -> None:
        """Does not wait for readers: where there are some, the log is begun anew after a later write."""
        assert self._writer is not None
        with suppress(sqlite3.Error):
            self._writer.execute("PRAGMA busy_timeout = 0")
            self._writer.execute("PRAGMA wal_checkpoint(RESTART)")
        self._writer.execute(f"PRAGMA busy_timeout = {self._busy_timeout // MILLISECOND}")

    def _log_size(self) -> int:
        """Bytes of the write-ahead log in use; its file is as large as it ever was. There is none before a write."""
        try:
            with open(self._log_index, "rb", buffering=0) as index:
                index.seek(FRAMES_AT)
                return int.from_bytes(index.read(4), sys.byteorder) * FRAME
        except FileNotFoundError:
            return 0

    def _written_core(self, work: Callable[[Connection], T]) -> T:
        assert self._engine is not None
        with translated(self.path), self._engine.begin() as connection:
            return work(connection)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(self.path):
            return work(self._reader())

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._connections.append(connection)
        return connection

    def _take(self) -> None:
        self._make_folder()
        if self.path.is_dir():
            raise OutOfReach(f"The database file {self.path} cannot be opened: it is a folder")
        self._take_lock()
        with translated(self.path):
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = FULL")
            self._writer.execute("PRAGMA wal_autocheckpoint = 0")
            self._writer.execute(f"PRAGMA cache_size = -{WRITER_CACHE}")
            self._engine = _engine(self._writer)

    def _take_lock(self) -> None:
        """The lock takes some errors of the file system for a lock that is held, and waits: so those are looked for."""
        lock = f"{self.path}.lock"
        try:
            try:
                self._lock.acquire()
            except Timeout as error:
                os.close(os.open(lock, os.O_RDWR | os.O_CREAT))
                raise StoreInUse(f"Another process is using the database file {self.path}") from error
        except OSError as error:
            raise OutOfReach(f"The lock file {lock} cannot be written: {error.strerror}") from error

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutOfReach(f"The folder {self.path.parent} cannot be made: {error.strerror}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_timeout.total_seconds(), isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _release(self) -> None:
        for connection in (*self._connections, self._writer):
            if connection is not None:
                connection.close()
        self._connections.clear()
        self._writer = self._engine = None
        self._local = threading.local()
        self._lock.release()


def _engine(connection: sqlite3.Connection) -> Engine:
    """SQLAlchemy over the one writing connection, which begins its transactions itself."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(begun: Connection) -> None:
        begun.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
