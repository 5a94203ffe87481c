"""``agent-sessions chat``: talk to an agent in the terminal, in a session whose time is shown."""

import contextlib
import getpass
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import typer

from .. import logs
from ..config import Loaded, Settings
from ..domain.agent import string_to_uuid
from .background import BackgroundLoop
from .client import Client, answers
from .conversation import Conversation, Farewell
from .options import ConfigFile, DatabaseUrl, ServerUrl, settings
from .running import listening
from .where import configured_url


def chat(
    agent: Annotated[
        str | None, typer.Option("--agent", help="Name or id of the agent.  [default: the first that runs]")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="Id of the user you are.  [default: one of your own]")
    ] = None,
    session: Annotated[str | None, typer.Option("--session", help="Go on in this session.")] = None,
    url: ServerUrl = None,
    config: ConfigFile = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Talk to an agent in the terminal.

    With the server that runs, or with one that lives as long as the conversation. Each line is a message; the prompt
    shows how long the session still lives, and /help tells what else can be said.
    """
    loaded = settings(config, database_url=database_url)
    logs.configure(level="warning", form=loaded.settings.log.format)
    user_id = string_to_uuid(user or f"terminal:{getpass.getuser()}")
    begun = _begun(loaded, url, agent=agent, user_id=user_id, session_id=session)
    with BackgroundLoop() as loop, loop.inside(begun) as conversation:
        typer.echo(conversation.greeting)
        _talk(loop, conversation)


def _talk(loop: BackgroundLoop, conversation: Conversation) -> None:
    """Line by line until the end of the input, /quit or Ctrl-C; Ctrl-C during a reply only stops the reply."""
    for line in _lines(conversation):
        try:
            loop.wait_for(conversation.hear(line))
        except KeyboardInterrupt:
            typer.echo(" (stopped)")
        except Farewell:
            break
    typer.echo(conversation.goodbye)


def _lines(conversation: Conversation) -> Iterator[str]:
    while True:
        try:
            line = input(conversation.prompt if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                typer.echo()
            return
        if line.strip():
            yield line


@contextlib.asynccontextmanager
async def _begun(
    loaded: Loaded, url: str | None, *, agent: str | None, user_id: str, session_id: str | None
) -> AsyncIterator[Conversation]:
    async with _server(loaded, url) as address, Client(address, token=loaded.settings.auth.token) as client:
        conversation = await Conversation.begin(client, agent=agent, user_id=user_id, session_id=session_id)
        async with conversation:
            yield conversation


@contextlib.asynccontextmanager
async def _server(loaded: Loaded, url: str | None) -> AsyncIterator[str]:
    """The address of the server that runs, else of one that is started here on a free port and ends with the chat."""
    address = url or configured_url(loaded)
    if url or await answers(address):
        yield address
        return
    async with listening(_for_this_chat(loaded.settings)) as (_services, own):
        typer.echo(f"No server runs at {address}; this conversation brings its own.")
        yield own


def _for_this_chat(settings: Settings) -> Settings:
    """The same server, for this machine alone, on any free port."""
    server = settings.server.model_copy(update={"host": "127.0.0.1", "port": 0})
    return settings.model_copy(update={"server": server})
