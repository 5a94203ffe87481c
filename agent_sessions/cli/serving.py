"""``agent-sessions serve``: the server, in the foreground, until it is told to stop."""

import typer

from .. import __version__, logs
from ..config import Loaded
from ..services import Services
from .agent_kinds import refuse_unknown_kinds
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
    refuse_unknown_kinds(loaded)
    run(_serve(loaded))


async def _serve(loaded: Loaded) -> None:
    async with listening(loaded.settings) as (services, url):
        logs.listen(services.log_lines.note)
        spare_the_collector()
        typer.echo(_banner(loaded, services, url))
        await until_told_to_stop(lambda: typer.echo("Stopping ..."))
    typer.echo("Stopped.")


def _banner(loaded: Loaded, services: Services, url: str) -> str:
    """What people want to know at the start."""
    agents = [f"{agent.character.name} ({agent.kind}, {agent.status})" for agent in services.agents.all()]
    lines = {
        "URL": url,
        "Agents": ", ".join(agents) or "none; name some in config.yaml under agents:",
        "Store": services.store.description,
        "Memory": _memory(loaded),
        "Settings": str(loaded.file) if loaded.file else "defaults (no config.yaml here)",
        "Access": _access(loaded),
    }
    told = "\n".join(f"  {typer.style(f'{name:9}', dim=True)} {text}" for name, text in lines.items())
    title = typer.style(f"agent-sessions {__version__}", bold=True)
    return f"\n{title}\n\n{told}\n\nTalk to an agent: agent-sessions chat. Stop with Ctrl-C.\n"


def _access(loaded: Loaded) -> str:
    """Who is let in."""
    if loaded.settings.auth.token:
        return "with the token"
    return "open, to this machine alone" if loaded.settings.server.on_loopback else "open to everybody on the network"


def _memory(loaded: Loaded) -> str:
    """What remembers, and by what memories are made."""
    memory, model = loaded.settings.memory, loaded.settings.extraction.model
    return memory.backend if memory.backend != "local" else f"local, made by {model or 'rule'}"
