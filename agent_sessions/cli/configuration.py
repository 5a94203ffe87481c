"""``agent-sessions config``: what is set, where it came from, and whether it can be used."""

import json
from typing import Annotated

import typer

from ..config.show import rows, sample
from .options import ConfigFile, settings
from .running import run

app = typer.Typer(help="See what is set, where it came from, and whether it can be used.", no_args_is_help=True)

COLUMN = 36
"""Characters for values, so that most lines fit a terminal; what is longer moves its origin to the right."""


@app.command()
def show(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object by setting, for programs.")] = False,
) -> None:
    """Print every setting and where it came from.

    Secrets stay hidden.
    """
    table = list(rows(settings(config)))
    if as_json:
        typer.echo(json.dumps({row.path: {"value": row.value, "origin": row.origin} for row in table}, indent=2))
        return
    widest = max(len(row.path) for row in table)
    for row in table:
        typer.echo(f"{row.path:{widest}}  {row.value:{COLUMN}}  {row.origin}")


@app.command("check")
def check_settings(config: ConfigFile = None) -> None:
    """Tell every mistake in the settings.

    Also whether each agent could run. Nothing is opened or written.
    """
    from ..app import check  # takes most of a second

    loaded = settings(config)
    run(check(loaded.settings))
    agents = ", ".join(f"{agent.name} ({agent.kind})" for agent in loaded.settings.agents) or "none"
    typer.echo(f"No mistakes in {loaded.file or 'the defaults (no config.yaml here)'}. Agents: {agents}.")


@app.command("sample")
def print_sample() -> None:
    """Print a config.yaml with every setting.

    Each with its default, unit, environment variable and meaning.
    """
    typer.echo(sample(), nl=False)
