"""Talks to a running server over HTTP, as any client would."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from ..domain.errors import AgentSessionsError

SESSIONS = "/api/messaging/sessions"
NOTHING = 204
"""The status of answers that hold nothing."""


class ServerUnreachable(AgentSessionsError):
    """Nothing answers at the address."""

    code = "SERVER_UNREACHABLE"


class Refused(AgentSessionsError):
    """The server answered, but not with what was asked for. ``status`` is the answer's, ``code`` the server's word."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream: its name and what it carries."""

    name: str
    content: Mapping[str, Any]


class Client:
    """Calls one server. Use in ``async with``. Raises ServerUnreachable and Refused."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"X-API-KEY": token} if token else {}

    async def __aenter__(self) -> Self:
        patience = aiohttp.ClientTimeout(total=None, sock_connect=5)
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=patience)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.close()

    async def agents(self) -> list[Mapping[str, Any]]:
        """The server's agents, those that run first."""
        found: list[Mapping[str, Any]] = (await self._call("GET", "/api/agents"))["data"]["agents"]
        return found

    async def create_session(self, *, agent_id: str, user_id: str) -> Mapping[str, Any]:
        """Begin a session."""
        return await self._call("POST", SESSIONS, {"agentId": agent_id, "userId": user_id})

    async def session(self, session_id: str) -> Mapping[str, Any]:
        """How a session stands."""
        return await self._call("GET", f"{SESSIONS}/{session_id}")

    async def sessions(self, *, limit: int) -> Mapping[str, Any]:
        """Live sessions, oldest first, and how many there are."""
        return await self._call("GET", f"{SESSIONS}?limit={limit}")

    async def messages(self, session_id: str, *, limit: int) -> Mapping[str, Any]:
        """The newest messages of a session, newest first, and whether there are earlier ones."""
        return await self._call("GET", f"{SESSIONS}/{session_id}/messages?limit={limit}")

    async def pending(self, agent_id: str, *, room: str) -> list[str]:
        """Ids of the messages of a room that the agent has yet to answer, oldest first."""
        answer = await self._call("GET", f"/api/agents/{agent_id}/runs?roomId={room}&status=started&limit=100")
        return [run["runId"] for run in reversed(answer["data"]["runs"])]

    async def run(self, agent_id: str, message_id: str, *, room: str) -> Mapping[str, Any]:
        """What became of a message in a room that the agent was to answer."""
        answer = await self._call("GET", f"/api/agents/{agent_id}/runs/{message_id}?roomId={room}")
        run: Mapping[str, Any] = answer["data"]
        return run

    async def renew(self, session_id: str) -> Mapping[str, Any]:
        """Move a session's end."""
        return await self._call("POST", f"{SESSIONS}/{session_id}/renew")

    async def end(self, session_id: str) -> None:
        """End a session for good."""
        await self._call("DELETE", f"{SESSIONS}/{session_id}")

    async def send(self, session_id: str, text: str) -> AsyncIterator[ServerEvent]:
        """Say something and follow the reply as it is made. Leaving the iteration early stops the reply."""
        body = {"content": text, "transport": "sse"}
        try:
            async with self._http.post(f"{self.url}{SESSIONS}/{session_id}/messages", json=body) as answer:
                if answer.content_type != "text/event-stream":
                    await _content(answer)
                async for event in _events(answer.content):
                    yield event
        except aiohttp.ClientConnectionError as error:
            raise _unreachable(self.url) from error

    async def _call(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        try:
            async with self._http.request(method, self.url + path, json=body) as answer:
                return await _content(answer)
        except aiohttp.ClientConnectionError as error:
            raise _unreachable(self.url) from error
        except (aiohttp.InvalidURL, aiohttp.ClientError) as error:
            raise ServerUnreachable(f"{self.url} is not the address of a server: {error}") from error


async def answers(url: str) -> bool:
    """Whether a server is there."""
    try:
        async with Client(url) as client:
            await client._call("GET", "/healthz")
    except ServerUnreachable:
        return False
    except Refused:
        return True
    return True


async def _content(answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The answer's JSON. Raises Refused for errors, and for answers of something that is no agent-sessions server."""
    if answer.status == NOTHING:
        return {}
    try:
        content = json.loads(await answer.read())
    except ValueError as error:
        raise Refused(answer.status, f"{answer.url.origin()} is no agent-sessions server") from error
    if answer.status < 400 and isinstance(content, dict):
        return content
    raise Refused(answer.status, _reason(answer.status, content))


def _reason(status: int, content: Any) -> str:
    """Why the server refused, from any of the wire's error bodies."""
    if status == 401:
        return "the server wants its key: set ELIZA_SERVER_AUTH_TOKEN, or auth.token in config.yaml, to the one it has"
    told = (content.get("error") or content.get("detail")) if isinstance(content, dict) else None
    message = told.get("message") if isinstance(told, dict) else told
    return str(message or f"the server answered with status {status}")


def _unreachable(url: str) -> ServerUnreachable:
    return ServerUnreachable(f"no server answers at {url}. Start one with agent-sessions serve, or name it with --url")


async def _events(stream: aiohttp.StreamReader) -> AsyncIterator[ServerEvent]:
    """Server-sent events as their lines come in; comments are skipped."""
    name, content = "message", ""
    async for raw in stream:
        line = raw.decode().rstrip("\r\n")
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            content += value
        elif not line and content:
            yield ServerEvent(name, json.loads(content))
            name, content = "message", ""
