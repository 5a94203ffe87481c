"""``agent-sessions webhooks``: how the webhooks of a running server stand, what they gave up, and trying that again."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ..config import Loaded
from .client import Client
from .options import ConfigFile, ServerUrl, settings
from .running import run
from .where import configured_url

WEBHOOKS = "/api/messaging/webhooks"

app = typer.Typer(help="Look after webhooks of a running server.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The webhook's name in the settings.", show_default=False)]


class WebhookClient(Client):
    """Calls one server about its webhooks. Raises ServerUnreachable and Refused."""

    async def webhooks(self) -> list[Mapping[str, Any]]:
        """How each stands."""
        found: list[Mapping[str, Any]] = (await self._call("GET", WEBHOOKS))["webhooks"]
        return found

    async def dead_letters(self, name: str, *, after: int, limit: int) -> Mapping[str, Any]:
        """What was given up, oldest first."""
        path = f"{WEBHOOKS}/{quote(name, safe='')}/dead-letters?after={after}&limit={limit}"
        return await self._call("GET", path)

    async def replay(self, name: str, asked: Mapping[str, Any]) -> int:
        """Try what was given up again; how many events."""
        answer = await self._call("POST", f"{WEBHOOKS}/{quote(name, safe='')}/replay", asked)
        count: int = answer["replayed"]
        return count


@app.command("list")
def list_webhooks(url: ServerUrl = None, config: ConfigFile = None) -> None:
    """Every webhook, how it does and what waits for it."""
    run(_list(_connection(settings(config), url)))


@app.command("dead")
def list_dead_letters(
    name: Name,
    after: Annotated[int, typer.Option(min=0, help="Only those with greater ids.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many to show.")] = 20,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """Events that a webhook was not told in the end, oldest first."""
    run(_dead(_connection(settings(config), url), name, after=after, limit=limit))


@app.command("replay")
def replay(
    name: Name,
    after: Annotated[int, typer.Option(min=0, help="Only those with greater ids.")] = 0,
    up_to: Annotated[int | None, typer.Option("--up-to", min=0, help="Only those with ids up to this.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="Only those of this session.")] = None,
    url: ServerUrl = None,
    config: ConfigFile = None,
) -> None:
    """Try events that were given up again; a webhook that was gone is taken for back."""
    asked = {"after": after, "upTo": up_to, "sessionId": session}
    run(_replay(_connection(settings(config), url), name, asked))


def _connection(loaded: Loaded, url: str | None) -> WebhookClient:
    return WebhookClient(url or configured_url(loaded), token=loaded.settings.auth.token)


async def _list(server: WebhookClient) -> None:
    async with server as client:
        found = await client.webhooks()
    if not found:
        typer.echo("No webhooks.")
        return
    typer.echo(f"{'WEBHOOK':24}  {'STATE':8}  {'WAITING':>8}  {'DEAD':>6}  SINCE")
    for each in found:
        waiting, dead = each["sessionsWaiting"], each["deadLetters"]
        typer.echo(f"{each['name']:24}  {each['state']:8}  {waiting:8}  {dead:6}  {each['waitingSince'] or '-'}")


async def _dead(server: WebhookClient, name: str, *, after: int, limit: int) -> None:
    async with server as client:
        page = await client.dead_letters(name, after=after, limit=limit)
    if not page["deadLetters"]:
        typer.echo("Nothing was given up.")
    for each in page["deadLetters"]:
        typer.echo(f"{each['id']}  {each['at']}  {each['type']}  {each['webhookId']}  {each['reason']}")
    if page["nextAfter"] is not None:
        typer.echo(f"... more with --after {page['nextAfter']}")


async def _replay(server: WebhookClient, name: str, asked: Mapping[str, Any]) -> None:
    async with server as client:
        count = await client.replay(name, asked)
    typer.echo(f"Trying {count} {'event' if count == 1 else 'events'} again.")
