"""``agent-sessions export`` and ``import``: a user with everything, out of the database and into one.

They open the database themselves. A SQLite file is served by one process, so a server must be stopped before; on
PostgreSQL they may run beside servers.
"""

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated

import typer

from ..clock import SystemClock
from ..domain.errors import ConfigError, StoreInUse
from ..domain.user import DEFAULT_PROJECT
from ..ports import Owner, Store
from ..services.portability import Imported, Portability
from .memory import Project, UserId
from .options import ConfigFile, DatabaseUrl, settings
from .running import run

SELDOM = 500
"""Lines after which progress is told again."""


def export_user(
    user: UserId,
    project: Project = DEFAULT_PROJECT,
    config: ConfigFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write all of a user as lines of JSON.

    Sessions, messages, memories with their versions, conflicts and summaries, to the standard output: export USER >
    file.jsonl. With SQLite, no server may be running.
    """
    url = settings(config, database_url=database_url).settings.database.url
    run(_export(url, Owner(project, user)))


def import_user(
    file: Annotated[Path, typer.Argument(help="A file that export wrote.", show_default=False)],
    config: ConfigFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Bring a user in from an exported file.

    All of the file is checked before anything is written. What is there already stays as it is, so that an import can
    be repeated. With SQLite, no server may be running.
    """
    if not file.is_file():
        raise ConfigError(f"there is no file {file}")
    url = settings(config, database_url=database_url).settings.database.url
    run(_import(url, file))


async def _export(url: str, owner: Owner) -> None:
    written = 0
    async with _opened(url) as store:
        with _progress("sessions") as progress:
            async for line in Portability(store).export(owner, progress=progress):
                sys.stdout.write(f"{line}\n")
                written += 1
    sys.stdout.flush()
    typer.echo(f"Exported {owner.user_id}: {written} lines.", err=True)


async def _import(url: str, file: Path) -> None:
    async with _opened(url) as store:
        with _progress("lines") as progress:
            done = await Portability(store).import_(lambda: _lines(file), progress=progress)
    typer.echo(_told(done))


def _told(done: Imported) -> str:
    whom = done.owner.user_id if done.owner.project == DEFAULT_PROJECT else " of ".join(done.owner[::-1])
    if not done.new:
        return f"Nothing new: all of {whom} is there already."
    known = f" {done.known_sessions} sessions were there already and stay as they are." if done.known_sessions else ""
    return f"Imported {whom}: {done.sessions} sessions, {done.memories} memories and what belongs to them.{known}"


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from opened


@contextlib.asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    from ..store import open_store  # takes most of a second

    store = open_store(url, clock=SystemClock())
    try:
        await store.open()
    except StoreInUse as error:
        raise StoreInUse(f"{error}. Stop the server before; with PostgreSQL that is not needed") from error
    try:
        yield store
    finally:
        await store.close()


class _Progress:
    """Tells in a terminal how far it is."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False

    def __call__(self, done: int, of: int) -> None:
        if sys.stderr.isatty() and (done % SELDOM == 0 or done == of) and of > SELDOM:
            typer.echo(f"\r{done} of {of} {self._what}", err=True, nl=False)
            self._shown = True

    def finish(self) -> None:
        """Leave the line."""
        if self._shown:
            typer.echo(err=True)


@contextlib.contextmanager
def _progress(what: str) -> Iterator[_Progress]:
    progress = _Progress(what)
    try:
        yield progress
    finally:
        progress.finish()
