"""One conversation in the terminal: what is heard, what is shown, and how much time is left."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import typer

from ..domain.errors import AgentSessionsError
from .client import Client, Refused, ServerEvent
from .times import span

HELP = """\
/renew    move the end of the session
/end      end the session and begin another
/help     this
/quit     leave; the session lives on until its time is out (so does Ctrl-D)
All else is said to the agent, which may know further words with a /."""


class NoAgent(AgentSessionsError):
    """The server has no agent to talk to, or none of this name."""

    code = "NO_AGENT"


class Farewell(Exception):
    """The user leaves."""


class Conversation:
    """A session between a user and an agent. Inside ``async with`` it warns when the session comes near its end."""

    def __init__(self, client: Client, agent: Mapping[str, Any], session: Mapping[str, Any], *, user_id: str) -> None:
        self._client = client
        self._agent = agent
        self._session = session
        self._user_id = user_id
        self._time = asyncio.get_running_loop().time
        self._take(session)

    @classmethod
    async def begin(cls, client: Client, *, agent: str | None, user_id: str, session_id: str | None) -> Self:
        """Begin a session with the agent of this name or id, or go on in one. Raises NoAgent, Refused."""
        agents = await client.agents()
        if session_id:
            session = await client.session(session_id)
            agent = session["agentId"]
            user_id = session["userId"]
        chosen = _chosen(agents, agent)
        if not session_id:
            created = await client.create_session(agent_id=chosen["id"], user_id=user_id)
            session = await client.session(created["sessionId"])
        return cls(client, chosen, session, user_id=user_id)

    async def __aenter__(self) -> Self:
        self._watch = asyncio.get_running_loop().create_task(self._keep_watch(), name="warn of the session's end")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._watch.cancel()
        await asyncio.wait((self._watch,))

    @property
    def greeting(self) -> str:
        """What to show first."""
        return f"You are talking to {self._agent['name']}. Session {self._session_id}. /help tells more.\n"

    @property
    def goodbye(self) -> str:
        """What to show last."""
        return f"Go on within {span(self._left)} with: agent-sessions chat --session {self._session_id}"

    @property
    def prompt(self) -> str:
        """What to show before the user speaks: how long the session lives."""
        return f"[{span(self._left)}] you> "

    async def hear(self, line: str) -> None:
        """Do what the line says, or say it to the agent and show the reply. Raises Farewell."""
        match line.strip().lower():
            case "/help":
                typer.echo(HELP)
            case "/renew":
                await self._guarded(self._renew)
            case "/end":
                await self._guarded(self._end)
                await self._another()
            case "/quit" | "/exit" | "/bye":
                raise Farewell
            case _:
                await self._say(line)  # agents have words with / of their own

    async def _say(self, text: str) -> None:
        await self._guarded(lambda: self._hear_out(text))
        await self._guarded(self._look)

    async def _hear_out(self, text: str) -> None:
        typer.secho(f"{self._agent['name']}> ", bold=True, nl=False)
        shown = False
        try:
            async for event in self._client.send(self._session_id, text):
                shown = _show(event, shown=shown)
        finally:
            typer.echo()

    async def _renew(self) -> None:
        self._take(await self._client.renew(self._session_id))
        typer.echo(f"The session now ends in {span(self._left)}.")

    async def _end(self) -> None:
        await self._client.end(self._session_id)
        typer.echo("The session is ended.")

    async def _look(self) -> None:
        self._take(await self._client.session(self._session_id))

    async def _another(self) -> None:
        created = await self._client.create_session(agent_id=self._agent["id"], user_id=self._user_id)
        self._take(await self._client.session(created["sessionId"]))
        typer.echo(f"A new session begins: {self._session_id}")

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do it; a session that is over makes place for another, any other refusal is told and the talk goes on."""
        try:
            await step()
        except Refused as refused:
            typer.secho(str(refused), fg=typer.colors.YELLOW)
            if refused.status in (404, 410):
                await self._another()

    def _take(self, session: Mapping[str, Any]) -> None:
        self._session = session
        self._ends_at = self._time() + session["timeRemaining"] / 1000

    @property
    def _session_id(self) -> str:
        return str(self._session["sessionId"])

    @property
    def _left(self) -> float:
        """Milliseconds until the session ends, as far as this side knows."""
        return float(max(self._ends_at - self._time(), 0) * 1000)

    async def _keep_watch(self) -> None:
        """Say when the session comes near its end, once for each time it does, also while the user is thinking."""
        warned_for = ""
        while True:
            threshold = self._session["timeoutConfig"]["warningThresholdMinutes"] * 60_000
            await asyncio.sleep(max((self._left - threshold) / 1000, 1))
            if self._left <= threshold and warned_for != self._session["expiresAt"]:
                warned_for = self._session["expiresAt"]
                warning = f"\nThis session ends in {span(self._left)}. Say something, or /renew."
                typer.secho(warning, fg=typer.colors.YELLOW)


def _show(event: ServerEvent, *, shown: bool) -> bool:
    """Print what an event brings; returns whether any text of the reply was shown so far."""
    match event.name:
        case "chunk":
            typer.echo(event.content["chunk"], nl=False)
            return True
        case "done" if not shown:
            typer.echo(event.content.get("text") or "(no answer)", nl=False)
        case "error":
            typer.secho(f"{' ' if shown else ''}({event.content.get('error')})", fg=typer.colors.RED, nl=False)
    return shown


def _chosen(agents: list[Mapping[str, Any]], wanted: str | None) -> Mapping[str, Any]:
    running = [agent for agent in agents if agent["status"] == "active"]
    if wanted is None and running:
        return running[0]
    for agent in running:
        if wanted is not None and wanted.lower() in (str(agent["id"]).lower(), str(agent["name"]).lower()):
            return agent
    known = ", ".join(str(agent["name"]) for agent in running) or "none"
    raise NoAgent(f"no agent named {wanted} runs on this server; running: {known}" if wanted else "no agent runs here")
