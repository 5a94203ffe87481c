"""``agent-sessions memory``: look into what a running server remembers of a user, and make it forget."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ..config import Loaded
from ..domain.errors import ConfigError
from ..domain.user import DEFAULT_PROJECT
from .memory_client import MemoryClient
from .options import ConfigFile, ServerUrl, settings
from .running import run
from .where import configured_url

app = typer.Typer(help="See what is remembered, and make it forget.", no_args_is_help=True)

UserId = Annotated[str, typer.Argument(help="The user's id, as agents or the memory wire know it.", show_default=False)]
MemoryId = Annotated[str, typer.Argument(help="The memory's id.", show_default=False)]
Project = Annotated[str, typer.Option("--project", help="The project whose user it is.")]


@app.command("list")
def list_memories(
    user: UserId,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    project: Project = DEFAULT_PROJECT,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """What is remembered of a user, newest first."""
    run(_list(connection(settings(config), url, project), user, limit))


@app.command("search")
def search_memory(
    user: UserId,
    query: Annotated[str, typer.Argument(help="What to look for, as one would ask for it.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 10,
    project: Project = DEFAULT_PROJECT,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """Look something up: memories, what was said, and summaries.

    Best first, each with why it was found.
    """
    run(_search(connection(settings(config), url, project), user, query, limit=limit))


@app.command("show")
def show_memory(
    user: UserId,
    memory_id: MemoryId,
    project: Project = DEFAULT_PROJECT,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """One memory with its earlier versions and what is connected with it."""
    run(_show(connection(settings(config), url, project), user, memory_id))


@app.command("forget")
def forget(
    user: UserId,
    memory: Annotated[str | None, typer.Option("--memory", help="Forget this memory.")] = None,
    with_previous: Annotated[
        bool, typer.Option("--with-previous", help="With --memory: forget the versions before it, too.")
    ] = False,
    session: Annotated[
        str | None, typer.Option("--session", help="Erase this session with everything made from it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Erase the user with all there is.")] = False,
    project: Project = DEFAULT_PROJECT,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """Forget a memory, a session or everything of a user, for good."""
    if (memory is not None) + (session is not None) + everything != 1:
        raise ConfigError("say what to forget: one of --memory ID, --session ID and --everything")
    if with_previous and memory is None:
        raise ConfigError("--with-previous goes with --memory")
    server = connection(settings(config), url, project)
    if memory is not None:
        run(_forget_memory(server, user, memory, with_previous=with_previous))
    elif session is not None:
        run(_forget_session(server, user, session))
    else:
        run(_forget_user(server, user))


def connection(loaded: Loaded, url: str | None, project: str) -> MemoryClient:
    """A client of the server at ``url``, or of the one these settings would serve, with the project's key."""
    return MemoryClient(url or configured_url(loaded), project=project, key=_key(loaded, project))


def _key(loaded: Loaded, project: str) -> str | None:
    """A key of the project, else the server's."""
    for entry in loaded.settings.projects:
        if entry.id == project:
            named = (os.environ[name] for name in entry.keys_env if name in os.environ)
            return next(iter((*entry.keys, *named)), None)
    return loaded.settings.auth.token


async def _list(server: MemoryClient, user: str, limit: int) -> None:
    async with server as client:
        page = await client.memories(user, limit=limit)
    if not page["items"]:
        typer.echo("Nothing is remembered.")
    for memory in page["items"]:
        filed = f"  [{', '.join(memory['categories'])}]" if memory["categories"] else ""
        typer.echo(f"{memory['memory_id']}  {_days(memory)}  {memory['content']}{filed}")
    if page["has_more"]:
        typer.echo(f"... {len(page['items'])} of {page['total']}; more with --limit")


async def _search(server: MemoryClient, user: str, query: str, *, limit: int) -> None:
    async with server as client:
        found = await client.search(user, query, limit=limit)
    if not found:
        typer.echo("Nothing was found.")
    for place, each in enumerate(found, start=1):
        who = f", {each['role']}" if each["role"] else ""
        typer.echo(f"{place}. {each['content']}")
        typer.echo(f"   {each['kind']}{who}, {each['start'][:10]}, similarity {each['similarity']:.2f}, {each['id']}")
        if each["why"]:
            typer.echo(f"   {each['why']}")


async def _show(server: MemoryClient, user: str, memory_id: str) -> None:
    async with server as client:
        memory = await client.memory(user, memory_id)
    typer.echo(memory["content"])
    for name, value in _facts(memory).items():
        typer.echo(f"{name:11}{value}")
    for earlier in memory["previous_versions"] or ():
        typer.echo(f"\nVersion {earlier['version_number']}, until {earlier['expired_at'][:10]}: {earlier['content']}")
        typer.echo(f"{'Because':11}{earlier['expiration_reason']}")
    if memory["connected_memories"]:
        typer.echo("\nConnected:")
    for other in memory["connected_memories"] or ():
        typer.echo(f"{other['memory_id']}  {other['content']}")


def _facts(memory: Mapping[str, Any]) -> dict[str, object]:
    facts = {
        "Memory": memory["memory_id"],
        "About": _days(memory),
        "Made": memory["created_at"][:19],
        "Session": memory["session_id"],
        "Version": f"{memory['version_number']} of {memory['total_versions']}",
        "Categories": ", ".join(memory["categories"]) or "none",
    }
    if memory["merge_conflict_in_progress"]:
        facts["Conflict"] = f"{memory['merge_conflict_id']} waits for an answer"
    return facts


async def _forget_memory(server: MemoryClient, user: str, memory_id: str, *, with_previous: bool) -> None:
    async with server as client:
        await client.forget_memory(user, memory_id, with_previous=with_previous)
    typer.echo(f"Forgot {memory_id}.")


async def _forget_session(server: MemoryClient, user: str, session_id: str) -> None:
    async with server as client:
        await client.forget_session(user, session_id)
    typer.echo(f"Forgot session {session_id} and what was made from it.")


async def _forget_user(server: MemoryClient, user: str) -> None:
    async with server as client:
        await client.forget_user(user)
    typer.echo(f"Forgot everything of {user}.")


def _days(memory: Mapping[str, Any]) -> str:
    """The day a memory is about, or the days."""
    first, last = memory["event_date_start"][:10], memory["event_date_end"][:10]
    return first if first == last else f"{first} to {last}"
