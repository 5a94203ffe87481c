"""``agent-sessions sessions``: look after the sessions of a running server."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from .client import Client
from .options import ConfigFile, ServerUrl, settings
from .running import run
from .times import length, moment, span
from .transcript import entries, silences
from .where import connection

app = typer.Typer(help="Look after the sessions of a running server.", no_args_is_help=True)

SessionId = Annotated[str, typer.Argument(help="The session's id.", show_default=False)]


@app.command("list")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """Live sessions, oldest first."""
    run(_list(connection(settings(config), url), limit))


@app.command("show")
def show_session(
    session_id: SessionId,
    messages: Annotated[int, typer.Option(min=0, max=100, help="How many of the newest messages to show.")] = 10,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """One session and its newest messages.

    What got no reply says why. Times are in UTC.
    """
    run(_show(connection(settings(config), url), session_id, messages=messages))


@app.command("end")
def end_session(session_id: SessionId, url: ServerUrl = None, config: ConfigFile = None) -> None:
    """End a session for good."""
    run(_end(connection(settings(config), url), session_id))


async def _list(server: Client, limit: int) -> None:
    async with server as client:
        names = {agent["id"]: agent["name"] for agent in await client.agents()}
        page = await client.sessions(limit=limit)
    if not page["sessions"]:
        typer.echo("No live sessions.")
        return
    typer.echo(f"{'SESSION':36}  {'AGENT':16}  {'USER':36}  {'ENDS IN':>9}")
    for session in page["sessions"][:limit]:
        agent = names.get(session["agentId"], session["agentId"])
        ends = span(session["timeRemaining"])
        typer.echo(f"{session['sessionId']}  {agent[:16]:16}  {session['userId']:36}  {ends:>9}")
    if page["total"] > limit:
        typer.echo(f"... {limit} of {page['total']}; more with --limit")


async def _show(server: Client, session_id: str, *, messages: int) -> None:
    async with server as client:
        session = await client.session(session_id)
        names = {agent["id"]: agent["name"] for agent in await client.agents()}
        for name, value in _facts(session, names).items():
            typer.echo(f"{name:10} {value}")
        if messages:
            await _tell(client, session, names, limit=messages)


async def _tell(client: Client, session: Mapping[str, Any], names: Mapping[str, str], *, limit: int) -> None:
    """The newest messages, oldest first, with why there is no reply where there is none."""
    known = session["agentId"] in names  # one that was deleted has no runs to ask for
    pending = await client.pending(session["agentId"], room=session["channelId"]) if known else []
    page = await client.messages(session["sessionId"], limit=limit)
    newest = list(reversed(page["messages"]))
    missing = await silences(client, session, newest, pending=pending)
    if not newest:
        typer.echo("\nNothing was said yet.")
    if page["hasMore"]:
        typer.echo("\n... earlier messages with --messages")
    for entry in entries(newest, missing, names=names):
        typer.echo(f"\n{entry}")


def _facts(session: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    agent, timeout = session["agentId"], session["timeoutConfig"]
    near = " (soon)" if session["isNearExpiration"] else ""
    renewing = "which renews it" if timeout["autoRenew"] else "which does not renew it"
    idle, longest = length(timeout["timeoutMinutes"]), length(timeout["maxDurationMinutes"])
    return {
        "Session": session["sessionId"],
        "Agent": f"{names[agent]} ({agent})" if agent in names else f"{agent} (deleted)",
        "User": session["userId"],
        "Began": f"{moment(session['createdAt'])} UTC",
        "Ends": f"{moment(session['expiresAt'])} UTC, in {span(session['timeRemaining'])}{near}",
        "Timeout": f"{idle} without activity, {renewing}; {longest} at most",
        "Renewals": session["renewalCount"],
    }


async def _end(server: Client, session_id: str) -> None:
    async with server as client:
        await client.end(session_id)
    typer.echo(f"Ended {session_id}.")
