"""The command line: ``agent-sessions``.

Exit codes: 0 done, 1 it could not be done, 2 a mistake in what was asked for or in the settings.
"""

import os
import sys
from typing import Annotated

import typer

from .. import __version__
from ..domain.errors import AgentSessionsError, ConfigError
from . import chatting, configuration, database, memory, moving, serving, sessions, webhooks

app = typer.Typer(
    help="A session and memory server for AI agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serving.serve)
app.command("chat")(chatting.chat)
app.add_typer(sessions.app, name="sessions")
app.add_typer(memory.app, name="memory")
app.add_typer(webhooks.app, name="webhooks")
app.command("export")(moving.export_user)
app.command("import")(moving.import_user)
app.add_typer(configuration.app, name="config")
app.add_typer(database.app, name="db")


@app.command("version")
def tell_version() -> None:
    """Say which version this is."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    typer.echo(f"agent-sessions {__version__} (Python {python})")


def _tell_version_and_leave(asked: bool) -> None:
    if asked:
        tell_version()
        raise typer.Exit


@app.callback()
def anywhere(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version_and_leave, help="Say which version this is."),
    ] = False,
) -> None:
    """A session and memory server for AI agents."""


def main() -> None:
    """Run the command line; whatever the user can mend is told in words, without a traceback."""
    sys.path.append("")  # callables beside config.yaml are found, as they are with python -m
    try:
        app()
    except ConfigError as mistake:
        _give_up(str(mistake), code=2)
    except AgentSessionsError as failure:
        _give_up(str(failure), code=1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone: not even a flush at exit
        sys.exit(1)


def _give_up(reason: str, *, code: int) -> None:
    typer.secho(f"Error: {reason}", fg=typer.colors.RED, err=True)
    sys.exit(code)
