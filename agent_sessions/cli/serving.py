"""``agent-sessions serve``: the server, in the foreground, until it is told to stop."""

import typer

from .. import logs
from ..config import Loaded
from .banner import banner
from .options import ConfigFile, DatabaseUrl, Host, Port, RedisUrl, settings
from .running import listening, run, spare_the_collector, until_told_to_stop


def serve(
    config: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    database_url: DatabaseUrl = None,
    redis_url: RedisUrl = None,
) -> None:
    """Serve agents over HTTP until told to stop.

    Ctrl-C or SIGTERM stops within seconds; a second one at once.
    """
    loaded = settings(config, host=host, port=port, database_url=database_url, redis_url=redis_url)
    logs.configure(level=loaded.settings.log.level, form=loaded.settings.log.format)
    run(_serve(loaded))


async def _serve(loaded: Loaded) -> None:
    async with listening(loaded.settings) as (services, url):
        logs.listen(services.log_lines.note)
        spare_the_collector()
        typer.echo(banner(loaded, services, url))
        await until_told_to_stop(lambda: typer.echo("Stopping ..."))
    typer.echo("Stopped.")
