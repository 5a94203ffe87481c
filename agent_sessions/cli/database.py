"""``agent-sessions db``: care for the database."""

import typer

from ..clock import SystemClock
from ..config.show import hide_password
from ..ports import Store
from .options import ConfigFile, DatabaseUrl, settings
from .running import run

app = typer.Typer(help="Care for the database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Care for the database."""


@app.command()
def upgrade(config: ConfigFile = None, database_url: DatabaseUrl = None) -> None:
    """Bring the tables up to date.

    Makes the database file where there is none. The server does the same at each start.
    """
    from ..store import open_store  # takes most of a second

    url = settings(config, database_url=database_url).settings.database.url
    run(_open_and_close(open_store(url, clock=SystemClock())))
    typer.echo(f"Up to date: {hide_password(url)}")


async def _open_and_close(store: Store) -> None:
    try:
        await store.open()
    finally:
        await store.close()
